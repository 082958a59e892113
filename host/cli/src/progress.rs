//! What people see while a run goes on: a line that moves on a terminal, plain lines elsewhere.
//! All of it on standard error; standard output is for results.

use crate::narrate::Narration;
use crate::output::{Moving, note};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use perfagent_agent::state::{State, Step};
use perfagent_core::event::Record;
use std::io::IsTerminal as _;
use std::time::Duration;

/// How often the line that moves is drawn.
const TICK: Duration = Duration::from_millis(120);

/// Shows a run.
pub(crate) struct Progress {
    bar: ProgressBar,
    narration: Narration,
    _moving: Option<Moving>,
}

impl Progress {
    /// A display on standard error.
    pub(crate) fn new() -> Self {
        let (bar, moving) = if std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}").expect("the template is valid");
            bar.set_style(style);
            bar.enable_steady_tick(TICK);
            let moving = Moving::new(&bar);
            (bar, Some(moving))
        } else {
            (ProgressBar::hidden(), None)
        };
        Self { bar, narration: Narration::default(), _moving: moving }
    }

    /// What is being done, while nothing else can be said.
    pub(crate) fn doing(&self, what: impl Into<String>) {
        let what = what.into();
        if self.bar.message() != what {
            self.bar.reset_elapsed();
            self.bar.set_message(what);
        }
    }

    /// Takes in what happened.
    pub(crate) fn observe(&mut self, record: &Record, state: &State) {
        if let Some(line) = self.narration.line(record, state) {
            note(&line);
        }
        let what = match state.next() {
            Step::Evaluate { iteration, .. } => format!("[{iteration}] judging"),
            Step::Confirm { iteration, .. } => format!("[{iteration}] measuring again"),
            Step::AskModel { iteration, .. } => format!("[{iteration}] waiting for the model"),
            Step::BuildPrompt { iteration } | Step::Extract { iteration, .. } => format!("[{iteration}] working"),
            Step::Decide(_) | Step::Done(_) => return,
        };
        let tokens = self.narration.tokens();
        self.doing(if tokens > 0 { format!("{what} · {tokens} tokens so far") } else { what });
    }

    /// Takes the moving line away and gives what was collected.
    pub(crate) fn finish(self) -> Narration {
        self.narration
    }
}

/// Counts what is done: a bar on a terminal, a line each elsewhere.
pub(crate) struct Count {
    bar: ProgressBar,
    /// On a terminal.
    moving: Option<Moving>,
}

impl Count {
    /// A count up to `total`.
    pub(crate) fn new(total: usize) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = if is_terminal { ProgressBar::new(total as u64) } else { ProgressBar::hidden() };
        let moving = is_terminal.then(|| {
            let template = "{bar:24} {pos}/{len} {elapsed} left {eta} {wide_msg}";
            bar.set_style(ProgressStyle::with_template(template).expect("the template is valid"));
            Moving::new(&bar)
        });
        bar.set_length(total as u64);
        Self { bar, moving }
    }

    /// One more is done.
    pub(crate) fn step(&self, line: &str) {
        self.bar.inc(1);
        self.bar.set_message(line.to_owned());
        if self.moving.is_none() {
            note(&format!("[{}/{}] {line}", self.bar.position(), self.bar.length().unwrap_or(0)));
        }
    }

    /// So many that were counted in will not be done.
    pub(crate) fn leave_out(&self, count: usize) {
        self.bar.set_length(self.bar.length().unwrap_or(0).saturating_sub(count as u64));
    }
}
