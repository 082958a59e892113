//! Programs that want a better judgement than they deserve.

use super::{Case, c, python, try_all};
use perfagent_core::execution::{Limits, Outcome, RunOptions, RunRequest};

const CASES: &[Case] = &[
    python("exit code of a timeout", "raise SystemExit(124)", &[Outcome::Exited(124)]),
    python("exit code of a kill", "raise SystemExit(137)", &[Outcome::Exited(137)]),
    python("own SIGKILL", "import os\nos.kill(os.getpid(), 9)", &[Outcome::Signaled(9)]),
    python(
        "other descriptors",
        "import os\nfor n in range(3, 1024):\n  try: os.write(n, b'{\"outcome\": \"ok\"}'); print('gained', n)\n  except OSError: pass",
        &[Outcome::Exited(0)],
    ),
    c(
        "core and priority",
        "#define _GNU_SOURCE\n#include <sched.h>\n#include <stdio.h>\n#include <sys/resource.h>\nint main(void) { cpu_set_t all; CPU_ZERO(&all); for (int i = 0; i < 64; i++) CPU_SET(i, &all); if (!sched_setaffinity(0, sizeof all, &all)) puts(\"gained cores\"); if (!setpriority(PRIO_PROCESS, 0, -10)) puts(\"gained priority\"); struct sched_param p = {1}; if (!sched_setscheduler(0, SCHED_FIFO, &p)) puts(\"gained a class\"); return 0; }",
        &[Outcome::Exited(0)],
    ),
    c(
        "the clock",
        "#define _GNU_SOURCE\n#include <stdio.h>\n#include <sys/time.h>\n#include <time.h>\nint main(void) { struct timeval t = {1, 0}; if (!settimeofday(&t, 0)) puts(\"gained the clock\"); struct timespec s = {1, 0}; if (!clock_settime(CLOCK_REALTIME, &s)) puts(\"gained the clock\"); return 0; }",
        &[Outcome::Exited(0)],
    ),
];

#[tokio::test]
async fn programs_that_want_a_better_judgement() {
    try_all(CASES).await;
}

#[tokio::test]
async fn work_beyond_the_answer_is_killed_and_charged() {
    let scene = super::scene().await;
    let source = "#include <stdio.h>\n#include <unistd.h>\nint main(void) { puts(\"answer\"); fflush(stdout); if (fork()) return 0; for (volatile long i = 0;; i++) ; }";
    let program = scene.compile("c", source).await;
    let report = scene.run(&program, "", super::TIGHT).await;
    assert_eq!((super::text(&report.output).as_str(), report.outcome), ("answer\n", Outcome::Exited(0)));
    let leftovers = report.measurement.details.iter().find(|detail| detail.name == "leftover-processes").unwrap();
    assert_eq!(leftovers.value, "1");
}

/// What a run leaves is gone in the next one, on every slot, and what a compiler computes is all in the
/// program, where a limit holds.
#[tokio::test]
async fn nothing_travels_from_run_to_run() {
    let scene = super::scene().await;
    let source = "
import os
places = ['.', '/tmp', '/dev/shm', os.environ['HOME'], '/box']
for place in places:
    if 'mark' in os.listdir(place): print('gained', place)
for place in places:
    try: open(os.path.join(place, 'mark'), 'w')
    except OSError: pass
";
    let program = scene.compile("python3", source).await;
    let requests = vec![RunRequest { limits: Limits::default(), ..RunRequest::default() }; 12];
    for report in scene.sandbox.run(&program, requests, RunOptions::default()).await.unwrap() {
        assert_eq!((super::text(&report.output).as_str(), report.outcome), ("", Outcome::Exited(0)));
    }
}
