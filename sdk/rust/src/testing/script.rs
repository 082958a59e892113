//! An execution service that does what a test says.

use crate::execution::{CompileError, CompileRequest, Execution, Failure, Round, RunOptions, RunReport, RunRequest};
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

/// What the task asked of the execution service.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// It compiled a program, successfully or not.
    Compile(CompileRequest),
    /// It ran the program that `program` was compiled to.
    Run {
        /// What the program was compiled from.
        program: CompileRequest,
        /// The runs, in order.
        requests: Vec<RunRequest>,
        /// How they were to be carried out.
        options: RunOptions,
    },
    /// It compared two programs.
    Compare {
        /// What the candidate was compiled from.
        candidate: CompileRequest,
        /// What the incumbent was compiled from.
        incumbent: CompileRequest,
        /// The runs of each round.
        requests: Vec<RunRequest>,
        /// How many rounds.
        rounds: u32,
        /// How they were to be carried out.
        options: RunOptions,
    },
    /// It dropped a compiled program.
    Drop(CompileRequest),
}

type RunRule = dyn FnMut(&CompileRequest, &RunRequest) -> Result<RunReport, Failure>;
type CompileRule = dyn FnMut(&CompileRequest) -> Result<(), CompileError>;

/// A stand-in for the execution service: closures decide what compiles and what each run reports,
/// and every call is kept.
#[derive(Clone)]
pub struct Script {
    run: Rc<RefCell<RunRule>>,
    compile: Rc<RefCell<CompileRule>>,
    calls: Rc<RefCell<Vec<Call>>>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").field("calls", &self.calls).finish_non_exhaustive()
    }
}

impl Script {
    /// Everything compiles, and `run` makes the report of each run from what the program was
    /// compiled from and the request.
    pub fn new(run: impl FnMut(&CompileRequest, &RunRequest) -> Result<RunReport, Failure> + 'static) -> Self {
        Self {
            run: Rc::new(RefCell::new(run)),
            compile: Rc::new(RefCell::new(|_: &CompileRequest| Ok(()))),
            calls: Rc::default(),
        }
    }

    /// Lets `compile` decide what compiles.
    #[must_use]
    pub fn compiling(mut self, compile: impl FnMut(&CompileRequest) -> Result<(), CompileError> + 'static) -> Self {
        self.compile = Rc::new(RefCell::new(compile));
        self
    }

    /// The handle that a task is given.
    pub fn execution(&self) -> Execution {
        Execution::script(self.clone())
    }

    /// What was asked so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.borrow().clone()
    }

    /// Forgets what was asked so far.
    pub fn clear_calls(&self) {
        self.calls.borrow_mut().clear();
    }

    pub(crate) fn compile(&self, request: &CompileRequest) -> Result<ScriptedProgram, CompileError> {
        self.note(Call::Compile(request.clone()));
        (self.compile.borrow_mut())(request)?;
        Ok(ScriptedProgram { script: self.clone(), source: request.clone() })
    }

    fn note(&self, call: Call) {
        self.calls.borrow_mut().push(call);
    }
}

/// A program of a [`Script`].
#[derive(Debug)]
pub(crate) struct ScriptedProgram {
    script: Script,
    source: CompileRequest,
}

impl ScriptedProgram {
    pub(crate) fn run(&self, requests: &[RunRequest], options: &RunOptions) -> Result<Vec<RunReport>, Failure> {
        self.script.note(Call::Run {
            program: self.source.clone(),
            requests: requests.to_vec(),
            options: options.clone(),
        });
        self.reports(requests)
    }

    pub(crate) fn compare(
        &self,
        incumbent: &Self,
        requests: &[RunRequest],
        rounds: u32,
        options: &RunOptions,
    ) -> Result<Vec<Round>, Failure> {
        self.script.note(Call::Compare {
            candidate: self.source.clone(),
            incumbent: incumbent.source.clone(),
            requests: requests.to_vec(),
            rounds,
            options: options.clone(),
        });
        (0..rounds)
            .map(|_| Ok(Round { candidate: self.reports(requests)?, incumbent: incumbent.reports(requests)? }))
            .collect()
    }

    fn reports(&self, requests: &[RunRequest]) -> Result<Vec<RunReport>, Failure> {
        let mut run = self.script.run.borrow_mut();
        requests.iter().map(|request| run(&self.source, request)).collect()
    }
}

impl Drop for ScriptedProgram {
    fn drop(&mut self) {
        self.script.note(Call::Drop(self.source.clone()));
    }
}
