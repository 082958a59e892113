//! The cascade that judges a candidate: compile it, run all tests once, and measure it only if every
//! test passed; against the incumbent in turn, where there is one.

use crate::comparison::Comparison;
use crate::config::Config;
use crate::instance::Instance;
use crate::judge::{Judge, Pair, Verdict};
use crate::language::Language;
use crate::report::Report;
use crate::run::{Run, TestResult};
use crate::status::{Status, normalized};
use perfagent_task::text::is_same_program;
use perfagent_task::{
    CompileError, CompileRequest, Evaluation, Execution, Policy, Program, RunOptions, RunReport, RunRequest, TaskError,
    log,
};
use std::rc::Rc;

/// Compiled programs that are remembered: the incumbent and the last candidate.
const MAX_PROGRAMS: usize = 2;

/// What is dear and remembered between the evaluations of one instance.
#[derive(Debug, Default)]
pub(crate) struct Bench {
    judge: Judge,
    /// Compiled programs and the solutions that they hold, the last used at the end.
    programs: Vec<(String, Rc<Program>)>,
}

impl Bench {
    /// The compiled program of `solution`, remembered or made by `compile`.
    fn program(
        &mut self,
        solution: &str,
        compile: impl FnOnce() -> Result<Program, CompileError>,
    ) -> Result<Rc<Program>, CompileError> {
        let known = self.programs.iter().position(|(known, _)| known == solution);
        let entry = match known {
            Some(index) => self.programs.remove(index),
            None => (solution.to_owned(), Rc::new(compile()?)),
        };
        let program = Rc::clone(&entry.1);
        self.programs.push(entry);
        Ok(program)
    }

    /// Forgets all but the programs used last.
    fn tidy(&mut self) {
        let surplus = self.programs.len().saturating_sub(MAX_PROGRAMS);
        self.programs.drain(..surplus);
    }
}

/// One instance under its configuration, with the service that runs its programs.
pub(crate) struct Session<'a> {
    pub(crate) instance: &'a Instance,
    pub(crate) config: &'a Config,
    pub(crate) language: &'static Language,
    pub(crate) execution: &'a Execution,
    pub(crate) bench: &'a mut Bench,
}

/// The measured runs of a candidate.
pub(crate) enum Measured {
    /// It failed a test.
    Not,
    Alone(Vec<Run>),
    Compared(Comparison),
}

impl Session<'_> {
    /// Judges `candidate`.
    pub(crate) fn evaluate(&mut self, candidate: &str, incumbent: Option<&str>) -> Result<Evaluation, TaskError> {
        let program = match self.program(candidate) {
            Ok(program) => program,
            Err(CompileError::Rejected(rejection)) => return Ok(self.uncompiled(&rejection.message)),
            Err(CompileError::Failed(failure)) => return Err(failure.into()),
        };
        let requests = self.requests();
        let first = self.run(&program, &requests, Policy::Check)?;
        let measured = if first.has_passed() {
            let incumbent = incumbent.filter(|incumbent| !is_same_program(incumbent, candidate));
            match incumbent.and_then(|solution| self.incumbent(solution)) {
                Some(incumbent) => self.compare(&program, &incumbent, &requests)?,
                None => self.measure(&program, &requests)?,
            }
        } else {
            Measured::Not
        };
        self.bench.tidy();
        Ok(self.report(first, measured).evaluation())
    }

    /// The compiled program of `solution`.
    fn program(&mut self, solution: &str) -> Result<Rc<Program>, CompileError> {
        let (execution, instance, language) = (self.execution, self.instance, self.language);
        let compile = || execution.compile(&CompileRequest::new(language.name, instance.program(language, solution)));
        self.bench.program(solution, compile)
    }

    fn uncompiled(&self, message: &str) -> Evaluation {
        let message = perfagent_task::text::strip_ansi(message);
        let message = perfagent_task::text::cut_middle(message.trim(), 2000);
        let message = if message.is_empty() { "the compiler gives no reason" } else { &message };
        let first = Run { tests: self.instance.tests.iter().map(|_| TestResult::uncompiled(message)).collect() };
        self.report(first, Measured::Not).evaluation()
    }

    fn report(&self, first: Run, measured: Measured) -> Report<'_> {
        Report { config: self.config, language: self.language, tests: &self.instance.tests, first, measured }
    }

    fn requests(&self) -> Vec<RunRequest> {
        let limits = self.config.limits();
        self.instance.tests.iter().map(|test| RunRequest::new(test.input.as_str(), limits)).collect()
    }

    fn options(&self, policy: Policy) -> RunOptions {
        RunOptions { max_parallel: Some(self.config.max_workers), ..RunOptions::new(policy) }
    }

    fn run(&mut self, program: &Program, requests: &[RunRequest], policy: Policy) -> Result<Run, TaskError> {
        let reports = program.run(requests, &self.options(policy))?;
        self.judged(&reports)
    }

    fn measure(&mut self, program: &Program, requests: &[RunRequest]) -> Result<Measured, TaskError> {
        let runs = (0..self.config.num_runs).map(|_| self.run(program, requests, Policy::Measure));
        Ok(Measured::Alone(runs.collect::<Result<_, _>>()?))
    }

    /// The incumbent's program; none where it cannot be compiled any more, which costs the
    /// comparison and not the evaluation.
    fn incumbent(&mut self, solution: &str) -> Option<Rc<Program>> {
        self.program(solution)
            .inspect_err(|error| log::warning(format!("measured alone, for the incumbent does not compile: {error:?}")))
            .ok()
    }

    fn compare(
        &mut self,
        candidate: &Program,
        incumbent: &Program,
        requests: &[RunRequest],
    ) -> Result<Measured, TaskError> {
        let rounds = candidate.compare(incumbent, requests, self.config.num_runs, &self.options(Policy::Measure))?;
        let mut comparison = Comparison { candidate: Vec::new(), incumbent: Vec::new() };
        for round in rounds {
            comparison.candidate.push(self.judged(&round.candidate)?);
            comparison.incumbent.push(self.judged(&round.incumbent)?);
        }
        if comparison.candidate.is_empty() {
            return Err(TaskError::Internal("a comparison without a round".to_owned()));
        }
        Ok(Measured::Compared(comparison))
    }

    /// Judges the outputs of a run.
    fn judged(&mut self, reports: &[RunReport]) -> Result<Run, TaskError> {
        let tests = &self.instance.tests;
        if reports.len() != tests.len() {
            let message = format!("{} reports of {} tests", reports.len(), tests.len());
            return Err(TaskError::Internal(message));
        }
        let outputs: Vec<String> = reports.iter().map(|report| normalized(&report.output)).collect();
        let statuses: Vec<Status> = reports.iter().map(|report| Status::of(report, self.language)).collect();
        let pairs: Vec<Pair<'_>> = (statuses.iter().zip(&outputs).zip(tests))
            .filter(|((status, _), _)| **status == Status::Done)
            .map(|((_, output), test)| Pair { expected: &test.output, output })
            .collect();
        let verdicts = self.bench.judge.verdicts(self.execution, &self.instance.evaluator, &pairs)?;
        let mut verdicts = verdicts.into_iter();
        let results = reports.iter().zip(&outputs).zip(statuses).map(|((report, output), status)| {
            let verdict: Option<Verdict> = if status == Status::Done { verdicts.next() } else { None };
            TestResult::new(report, status, output, verdict.as_ref())
        });
        Ok(Run { tests: results.collect() })
    }
}
