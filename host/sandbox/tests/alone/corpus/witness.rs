//! A well-behaved program that runs beside the others.

use crate::{Scene, text};
use perfagent_core::execution::{Limits, Outcome, RunOptions, RunReport, RunRequest};
use perfagent_sandbox::Program;
use std::future::Future;

/// Sums numbers over 8 MB, in about 20 ms.
const SOURCE: &str = "
#include <stdio.h>
#include <stdlib.h>
enum { COUNT = 1 << 20 };
int main(void) {
    unsigned long *numbers = malloc(COUNT * sizeof *numbers), sum = 0;
    for (int round = 0; round < 10; round++)
        for (long i = 0; i < COUNT; i++) { numbers[i] = i * 2654435761u + round; sum += numbers[i] >> 7; }
    printf(\"%lu\\n\", sum);
}";

/// How far its memory may differ from what it was when nothing else ran.
const MEMORY_BYTES: u64 = 2 << 20;
/// How much more processor time it may take: caches are shared.
const CPU_FACTOR: u64 = 4;
const CPU_SLACK_NS: u64 = 50_000_000;

/// The program, and its report when nothing else ran.
pub(super) struct Witness {
    program: Program,
    before: RunReport,
}

fn cpu_ns(report: &RunReport) -> u64 {
    report.measurement.user_ns + report.measurement.system_ns
}

impl Witness {
    pub(super) async fn call(scene: &Scene) -> Self {
        let program = scene.compile("c", SOURCE).await;
        let before = scene.run(&program, "", Limits::default()).await;
        assert_eq!(before.outcome, Outcome::Exited(0));
        assert!(before.measurement.peak_resident_bytes > 8 << 20 && cpu_ns(&before) > 1_000_000, "{before:?}");
        Self { program, before }
    }

    /// Carries `hostile` out and runs the witness over and over until that is done, and once more.
    pub(super) async fn beside(
        &self,
        scene: &Scene,
        hostile: impl Future<Output = Result<(), String>>,
    ) -> Result<(), String> {
        tokio::pin!(hostile);
        let mut done = None;
        while done.is_none() {
            let look = self.look(scene);
            tokio::pin!(look);
            tokio::select! {
                result = &mut hostile => {
                    done = Some(result);
                    look.await?;
                }
                looked = &mut look => looked?,
            }
        }
        done.unwrap_or(Ok(()))?;
        self.look(scene).await.map_err(|problem| format!("afterwards {problem}"))
    }

    async fn look(&self, scene: &Scene) -> Result<(), String> {
        let reports = scene.sandbox.run(&self.program, vec![RunRequest::default()], RunOptions::default()).await;
        let report = reports.map_err(|failure| format!("the witness fails: {failure:?}"))?.remove(0);
        let memory = |report: &RunReport| report.measurement.peak_resident_bytes;
        let is_right = report.outcome == Outcome::Exited(0)
            && report.output == self.before.output
            && memory(&report).abs_diff(memory(&self.before)) <= MEMORY_BYTES
            && cpu_ns(&report) <= cpu_ns(&self.before) * CPU_FACTOR + CPU_SLACK_NS;
        let shown = || format!("the witness says {:?}: {report:?}, before {:?}", text(&report.output), self.before);
        if is_right { Ok(()) } else { Err(shown()) }
    }
}
