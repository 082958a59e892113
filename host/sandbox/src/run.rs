//! Running programs: for their results, for measurements, and two against each other.

use crate::disturbance::{Disturbance, Watcher};
use crate::environment::{environment, words};
use crate::limits;
use crate::report::report;
use crate::slots::Turn;
use crate::{Program, Sandbox};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use perfagent_core::execution::{Detail, Failure, FailureKind, Policy, Round, RunOptions, RunReport, RunRequest};
use perfagent_launcher::protocol::{Bytes, Placement, Purpose, Run};
use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most output of all runs of one call, bytes: it is held until the last of them has ended. What the runs under way
/// write comes on top, up to their own limits.
const HELD_BYTES: u64 = 256 << 20;

/// How one run is to be, beyond the program and the request.
#[derive(Clone, Debug)]
struct Manner {
    placement: Placement,
    measured: bool,
    seed: u32,
    /// Shared by all runs of a call.
    held: Arc<Held>,
}

/// Bytes of output that the runs of one call have kept.
#[derive(Debug, Default)]
struct Held(AtomicU64);

impl Held {
    /// Counts what a run has kept, before it is read.
    fn add(&self, bytes: u64) -> Result<(), Failure> {
        let held = self.0.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if held <= HELD_BYTES {
            return Ok(());
        }
        let most = HELD_BYTES >> 20;
        let message = format!(
            "the programs of one call wrote more than {most} MiB together; run them in several calls, or with a \
             smaller limit output-bytes"
        );
        Err(Failure::new(FailureKind::Exhausted, message))
    }

    /// Forgets what runs have kept that are thrown away.
    fn remove(&self, reports: &[RunReport]) {
        let bytes: usize = reports.iter().map(|report| report.output.len() + report.error_output.len()).sum();
        self.0.fetch_sub(bytes as u64, Ordering::Relaxed);
    }
}

impl Sandbox {
    /// Runs `program` once for each request; the reports come in the order of the requests. Under
    /// [`Policy::Measure`] one after the other, on a core of their own, after runs that are thrown away.
    /// Dropping the future kills the runs.
    ///
    /// # Errors
    /// A limit is refused or the sandbox fails; what the program does is never an error.
    pub async fn run(
        &self,
        program: &Program,
        requests: Vec<RunRequest>,
        options: RunOptions,
    ) -> Result<Vec<RunReport>, Failure> {
        if options.policy == Policy::Measure {
            let turn = self.inner.slots.measuring().await?;
            let manner = self.measuring(&turn);
            self.warm_up(program, &requests, &self.measuring(&turn)).await?;
            let mut reports = Vec::new();
            for request in &requests {
                reports.push(self.run_one(program, request, &manner).await?);
            }
            return Ok(reports);
        }
        let _shared = self.inner.slots.checking().await;
        let most = options.max_parallel.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        let parallel = self.inner.slots.parallel().min(most.max(1));
        let manner = Manner { placement: self.anywhere(), measured: false, seed: 0, held: Arc::default() };
        let runs: Vec<_> = requests.iter().map(|request| self.run_in_turn(program, request, &manner)).collect();
        stream::iter(runs).buffered(parallel).try_collect().await
    }

    /// Measures one run of a program that has run just before: as [`Sandbox::run`] under
    /// [`Policy::Measure`], without the runs that are thrown away. Dropping the future kills the run.
    ///
    /// # Errors
    /// As for [`Sandbox::run`].
    pub async fn run_warm(&self, program: &Program, request: &RunRequest) -> Result<RunReport, Failure> {
        let turn = self.inner.slots.measuring().await?;
        self.run_one(program, request, &self.measuring(&turn)).await
    }

    /// Measures two programs on the same requests `rounds` times: in each round both meet every
    /// request, one right after the other, in random order. Runs of each before that are thrown away,
    /// and a pair that was disturbed is run once more. Dropping the future kills the runs.
    ///
    /// # Errors
    /// As for [`Sandbox::run`].
    #[expect(clippy::too_many_arguments, reason = "the parameters of the task interface's function")]
    pub async fn compare(
        &self,
        candidate: &Program,
        incumbent: &Program,
        requests: Vec<RunRequest>,
        rounds: u32,
        _: RunOptions,
    ) -> Result<Vec<Round>, Failure> {
        let turn = self.inner.slots.measuring().await?;
        for program in [candidate, incumbent] {
            self.warm_up(program, &requests, &self.measuring(&turn)).await?;
        }
        let mut manner = self.measuring(&turn);
        let mut done = Vec::new();
        for number in 0..rounds {
            manner.seed = number;
            done.push(self.round([candidate, incumbent], &requests, &manner).await?);
        }
        Ok(done)
    }

    async fn round(&self, programs: [&Program; 2], requests: &[RunRequest], manner: &Manner) -> Result<Round, Failure> {
        let mut round = Round { candidate: Vec::new(), incumbent: Vec::new() };
        for request in requests {
            let mut pair = self.pair(programs, request, manner).await?;
            // The rule looks at both sides alike. What is disturbed twice stays: on a busy machine
            // there is nothing better.
            if pair.1.is_some() {
                manner.held.remove(&pair.0);
                pair = self.pair(programs, request, manner).await?;
                for report in &mut pair.0 {
                    report.measurement.details.push(detail("repeated", "1".to_owned()));
                }
            }
            let [candidate, incumbent] = pair.0;
            round.candidate.push(candidate);
            round.incumbent.push(incumbent);
        }
        Ok(round)
    }

    /// Runs both programs in random order, and says what disturbed them.
    async fn pair(
        &self,
        programs: [&Program; 2],
        request: &RunRequest,
        manner: &Manner,
    ) -> Result<([RunReport; 2], Option<Disturbance>), Failure> {
        let watcher = Watcher::start(manner.placement.program.first().copied());
        let swapped = fastrand::bool();
        let [first, second] = if swapped { [programs[1], programs[0]] } else { programs };
        let one = self.run_one(first, request, manner).await?;
        let other = self.run_one(second, request, manner).await?;
        let pair = if swapped { [other, one] } else { [one, other] };
        let disturbance = watcher.seen(&pair);
        Ok((pair, disturbance))
    }

    async fn warm_up(&self, program: &Program, requests: &[RunRequest], manner: &Manner) -> Result<(), Failure> {
        if let Some(request) = requests.first() {
            for _ in 0..program.inner.language.warm_up_runs {
                let report = self.run_one(program, request, manner).await?;
                manner.held.remove(&[report]);
            }
        }
        Ok(())
    }

    fn measuring(&self, turn: &Turn<'_>) -> Manner {
        let plan = self.inner.slots.plan();
        let placement = Placement { program: vec![turn.core], launcher: plan.others.clone() };
        Manner { placement, measured: true, seed: 0, held: Arc::default() }
    }

    async fn run_in_turn(
        &self,
        program: &Program,
        request: &RunRequest,
        manner: &Manner,
    ) -> Result<RunReport, Failure> {
        let _turn = self.inner.slots.turn().await?;
        self.run_one(program, request, manner).await
    }

    async fn run_one(&self, program: &Program, request: &RunRequest, manner: &Manner) -> Result<RunReport, Failure> {
        let compiled = &program.inner;
        let language = &compiled.language;
        let bounds = limits::bounds(&request.limits, &limits::RUN)?;
        let mut command = words(&language.run, &compiled.found, bounds.memory_bytes);
        command.extend(request.arguments.iter().map(|word| Bytes(word.clone().into_bytes())));
        let run = Run {
            purpose: Purpose::Execute,
            program: compiled.name.clone(),
            links: compiled.links.clone(),
            command,
            environment: environment(language, &compiled.found, manner.seed),
            bounds,
            family: language.family.into(),
            placement: manner.placement.clone(),
            fixed_addresses: manner.measured,
        };
        let (finished, files) = self.inner.slots.run(run, input_file(&request.input)?).await?;
        manner.held.add(finished.output.kept.saturating_add(finished.error_output.kept))?;
        let (mut report, _) = report(finished, files)?;
        let details = &mut report.measurement.details;
        details.push(detail("tier", self.isolation().tier.to_string()));
        if let (true, [core]) = (manner.measured, manner.placement.program.as_slice()) {
            details.push(detail("core", core.to_string()));
            details.extend(crate::disturbance::load().map(|load| detail("load", load)));
        }
        Ok(report)
    }
}

fn detail(name: &str, value: String) -> Detail {
    Detail { name: name.to_owned(), value }
}

/// `bytes` as a file to read from.
pub(crate) fn input_file(bytes: &[u8]) -> Result<File, Failure> {
    let failed =
        |error: std::io::Error| Failure::new(FailureKind::Internal, format!("no file for a program's input: {error}"));
    let memory =
        rustix::fs::memfd_create("input", rustix::fs::MemfdFlags::CLOEXEC).map_err(|error| failed(error.into()))?;
    let mut file = File::from(memory);
    file.write_all(bytes).and_then(|()| file.rewind()).map_err(failed)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_held_up_to_a_bound() {
        let held = Held::default();
        held.add(HELD_BYTES).unwrap();
        let failure = held.add(1).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Exhausted);
        assert!(failure.message.contains("more than 256 MiB together"), "{failure}");
    }
}
