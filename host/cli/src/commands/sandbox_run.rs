//! `perfagent sandbox run`: one program on standard input.

use crate::args::{HoldOptions, SandboxRunArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::{read_text, start_sandbox};
use crate::output::{self, json, note};
use crate::surroundings::{Surroundings, variable};
use perfagent_agent::files::MAX_INPUT_BYTES;
use perfagent_core::bounded;
use perfagent_core::execution::{
    CompileError, CompileRequest, Limits, Measurement, Outcome, Policy, RunOptions, RunReport, RunRequest,
};
use perfagent_core::isolation::Isolation;
use perfagent_sandbox::{Program, Sandbox};
use serde::Serialize;
use std::path::Path;

/// What `--json` prints.
#[derive(Serialize)]
struct Printed<'a> {
    outcome: &'a Outcome,
    output: String,
    output_dropped_bytes: u64,
    error_output: String,
    error_dropped_bytes: u64,
    measurement: &'a Measurement,
    isolation: &'a Isolation,
}

/// Runs a program; its output goes where this program's goes.
pub(crate) async fn sandbox_run(args: &SandboxRunArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let (sandbox, language) = open(&args.hold, &args.program, surroundings).await?;
    let program = compile(&sandbox, &args.program, &language).await?;
    let input = standard_input()?;
    let request = RunRequest { input, arguments: args.arguments.clone(), limits: args.hold.limits() };
    let options = RunOptions { policy: Policy::Measure, max_parallel: None };
    let mut reports = sandbox.run(&program, vec![request], options).await.map_err(sandbox_failed)?;
    let report = reports.pop().ok_or_else(|| Failure::new(Exit::Internal, "the sandbox gave no report"))?;
    if args.hold.json() {
        output::print(&json(&Printed {
            outcome: &report.outcome,
            output: String::from_utf8_lossy(&report.output).into_owned(),
            output_dropped_bytes: report.output_dropped_bytes,
            error_output: String::from_utf8_lossy(&report.error_output).into_owned(),
            error_dropped_bytes: report.error_dropped_bytes,
            measurement: &report.measurement,
            isolation: sandbox.isolation(),
        }))?;
    } else {
        output::pass_on(&report.output, &report.error_output)?;
        note(&summary(&report, sandbox.isolation()));
    }
    Ok(if report.outcome == Outcome::Exited(0) { Exit::Success } else { Exit::NoSolution })
}

/// A sandbox for `file`, and the language that the file is in.
pub(crate) async fn open(
    hold: &HoldOptions,
    file: &Path,
    surroundings: &Surroundings,
) -> Result<(Sandbox, String), Failure> {
    let settings = hold.settings(&variable)?;
    let sandbox = start_sandbox(&settings, surroundings).await?;
    let language = language_of(&sandbox, hold, file);
    let unknown = || {
        let known: Vec<_> = sandbox.languages().iter().map(|language| language.name.as_str()).collect();
        let message =
            format!("{}: its language is not known; name it with --lang: {}", file.display(), known.join(", "));
        Failure::new(Exit::Usage, message)
    };
    language.ok_or_else(unknown).map(|language| (sandbox.clone(), language))
}

/// The language that `file` is in: the one that was named, or that of its extension.
pub(crate) fn language_of(sandbox: &Sandbox, hold: &HoldOptions, file: &Path) -> Option<String> {
    let extension = || file.extension().map(|extension| extension.to_string_lossy().into_owned());
    let name = hold.language.clone().or_else(extension)?;
    Some(sandbox.languages().for_file(&name)?.name.clone())
}

/// The program in `file`.
pub(crate) async fn compile(sandbox: &Sandbox, file: &Path, language: &str) -> Result<Program, Failure> {
    let source = read_text(file, "program")?;
    let request =
        CompileRequest { language: language.to_owned(), source, files: Vec::new(), limits: Limits::default() };
    sandbox.compile(request).await.map_err(|error| match error {
        CompileError::Rejected(rejection) => {
            note(rejection.message.trim_end());
            Failure::new(Exit::NoSolution, format!("{}: the compiler does not accept it", file.display()))
        }
        CompileError::Failed(failure) => sandbox_failed(failure),
    })
}

pub(crate) fn sandbox_failed(failure: perfagent_core::execution::Failure) -> Failure {
    Failure::new(Exit::Sandbox, failure.message)
}

/// All of standard input; nothing where a person would have to type it.
pub(crate) fn standard_input() -> Result<Vec<u8>, Failure> {
    let input = std::io::stdin().lock();
    if std::io::IsTerminal::is_terminal(&input) {
        return Ok(Vec::new());
    }
    let unreadable = |error| Failure::from_error(Exit::Files, &error).of("standard input");
    bounded::read(input, MAX_INPUT_BYTES).map_err(unreadable)
}

/// How a run ended and what it used, in one line.
fn summary(report: &RunReport, isolation: &Isolation) -> String {
    let used = &report.measurement;
    let milliseconds = |ns: u64| ns as f64 / 1e6;
    let charged = used.peak_charged_bytes.map(|bytes| format!(" (charged {:.1} MB)", bytes as f64 / 1.024e6));
    format!(
        "{} · wall {:.1} ms · user {:.1} ms · system {:.1} ms · peak {:.1} MB{} · {:.4} MB·s · tier {} of 5",
        ending(&report.outcome),
        milliseconds(used.wall_ns),
        milliseconds(used.user_ns),
        milliseconds(used.system_ns),
        used.peak_resident_bytes as f64 / 1.024e6,
        charged.unwrap_or_default(),
        used.memory_byte_seconds / 1.024e6,
        isolation.tier,
    )
}

/// How a run ended, for people.
pub(crate) fn ending(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Exited(code) => format!("exit code {code}"),
        Outcome::Signaled(signal) => format!("signal {signal}"),
        Outcome::WallLimit => "killed: the elapsed time is past its limit".to_owned(),
        Outcome::CpuLimit => "killed: the processor time is past its limit".to_owned(),
        Outcome::MemoryLimit => "killed: the memory is past its limit".to_owned(),
        Outcome::OutputLimit => "killed: the output is past its limit".to_owned(),
        Outcome::FileLimit => "killed: written files are past their limit".to_owned(),
        Outcome::Forbidden(call) if call.is_empty() => "killed: a system call is forbidden".to_owned(),
        Outcome::Forbidden(call) => format!("killed: the system call {call} is forbidden"),
        Outcome::Other(text) => text.clone(),
    }
}
