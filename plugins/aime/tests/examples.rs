//! The examples that ship: their answer, and what becomes of their replies.

use perfagent_aime::Aime;
use perfagent_task::testing::{Harness, Script, exited};
use perfagent_task::{Finding, Task};

const INSTANCE: &[u8] = include_bytes!("../examples/odd-points.json");

fn load() -> Harness<Aime> {
    let script = Script::new(|_, _| Ok(exited(0, "")));
    Harness::load("odd-points", INSTANCE, "{}", &script).expect("the example is right")
}

/// Paths from (x, y) to the corner (8, 8) that visit `odd` more points with both coordinates odd.
fn paths(x: u32, y: u32, odd: u32) -> u32 {
    let here = x % 2 * (y % 2);
    if x > 8 || y > 8 || here > odd {
        return 0;
    }
    if (x, y) == (8, 8) {
        return u32::from(odd == 0);
    }
    paths(x + 1, y, odd - here) + paths(x, y + 1, odd - here)
}

#[test]
fn the_instance_has_the_answer_that_counting_gives() {
    assert_eq!(Aime::metadata("stem", INSTANCE).unwrap().id, "odd-points");
    let count = paths(0, 0, 1);
    assert_eq!(load().evaluate(&format!("Answer: {count}"), None).unwrap().metric, 1.0);
}

#[test]
fn each_reply_is_what_its_name_says() {
    let replies = [
        (include_str!("../examples/odd-points.replies/wrong.md"), -1.0),
        (include_str!("../examples/odd-points.replies/right.md"), 1.0),
    ];
    for (reply, metric) in replies {
        let mut task = load();
        let start = task.initial_solution().unwrap();
        let Finding::Changed(solution) = task.extract(reply, &start.code).unwrap().finding else {
            panic!("no solution in {reply}");
        };
        assert_eq!(task.evaluate(&solution, None).unwrap().metric, metric, "{solution}");
    }
}
