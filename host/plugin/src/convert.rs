//! Between the interface's types and the host's own: the same data under two names.

use crate::bindings::exports::perfagent::task::runner as out;
use crate::bindings::perfagent::task::{execution as wit, toolkit};
use crate::error::TaskError;
use crate::text;
use perfagent_core::execution::{
    CompileError, CompileRequest, Detail, Failure, FailureKind, Limits, Outcome, Policy, Rejection, Round, RunOptions,
    RunReport, RunRequest, SourceFile,
};
use perfagent_core::metric::Metric;
use perfagent_core::task::{Attempt, EditStatus, EditVerdict, Evaluation, Extraction, Finding, PromptContext, Ratio};

fn limits(limits: wit::Limits) -> Limits {
    Limits {
        wall_ms: limits.wall_ms,
        cpu_ms: limits.cpu_ms,
        memory_bytes: limits.memory_bytes,
        processes: limits.processes,
        output_bytes: limits.output_bytes,
        file_bytes: limits.file_bytes,
    }
}

pub(crate) fn compile_request(request: wit::CompileRequest) -> CompileRequest {
    let file = |file: wit::File| SourceFile { path: file.path, content: file.content };
    CompileRequest {
        language: request.language,
        source: request.source,
        files: request.files.into_iter().map(file).collect(),
        limits: limits(request.limits),
    }
}

pub(crate) fn run_request(request: wit::RunRequest) -> RunRequest {
    RunRequest { input: request.input, arguments: request.arguments, limits: limits(request.limits) }
}

pub(crate) fn run_options(options: &wit::RunOptions) -> RunOptions {
    let policy = match options.policy {
        wit::Policy::Check => Policy::Check,
        wit::Policy::Measure => Policy::Measure,
    };
    RunOptions { policy, max_parallel: options.max_parallel }
}

pub(crate) fn failure_to_wit(failure: Failure) -> wit::Failure {
    let kind = match failure.kind {
        FailureKind::Unavailable => wit::FailureKind::Unavailable,
        FailureKind::Refused => wit::FailureKind::Refused,
        FailureKind::Exhausted => wit::FailureKind::Exhausted,
        FailureKind::Internal => wit::FailureKind::Internal,
    };
    wit::Failure { kind, message: failure.message, retryable: failure.retryable }
}

pub(crate) fn compile_error_to_wit(error: CompileError) -> wit::CompileError {
    match error {
        CompileError::Rejected(Rejection { outcome, message }) => {
            wit::CompileError::Rejected(wit::Rejection { outcome: outcome_to_wit(outcome), message })
        }
        CompileError::Failed(failure) => wit::CompileError::Failed(failure_to_wit(failure)),
    }
}

fn outcome_to_wit(outcome: Outcome) -> wit::Outcome {
    match outcome {
        Outcome::Exited(code) => wit::Outcome::Exited(code),
        Outcome::Signaled(signal) => wit::Outcome::Signaled(signal),
        Outcome::WallLimit => wit::Outcome::WallLimit,
        Outcome::CpuLimit => wit::Outcome::CpuLimit,
        Outcome::MemoryLimit => wit::Outcome::MemoryLimit,
        Outcome::OutputLimit => wit::Outcome::OutputLimit,
        Outcome::FileLimit => wit::Outcome::FileLimit,
        Outcome::Forbidden(call) => wit::Outcome::Forbidden(call),
        Outcome::Other(what) => wit::Outcome::Other(what),
    }
}

pub(crate) fn report_to_wit(report: RunReport) -> wit::RunReport {
    let measurement = report.measurement;
    wit::RunReport {
        outcome: outcome_to_wit(report.outcome),
        output: report.output,
        output_dropped_bytes: report.output_dropped_bytes,
        error_output: report.error_output,
        error_dropped_bytes: report.error_dropped_bytes,
        measurement: wit::Measurement {
            wall_ns: measurement.wall_ns,
            user_ns: measurement.user_ns,
            system_ns: measurement.system_ns,
            peak_resident_bytes: measurement.peak_resident_bytes,
            peak_charged_bytes: measurement.peak_charged_bytes,
            memory_byte_seconds: measurement.memory_byte_seconds,
            instructions: measurement.instructions,
            details: measurement.details.into_iter().map(detail_to_wit).collect(),
        },
    }
}

pub(crate) fn round_to_wit(round: Round) -> wit::Round {
    let reports = |reports: Vec<RunReport>| reports.into_iter().map(report_to_wit).collect();
    wit::Round { candidate: reports(round.candidate), incumbent: reports(round.incumbent) }
}

fn detail_to_wit(detail: Detail) -> wit::Detail {
    wit::Detail { name: detail.name, value: detail.value }
}

pub(crate) fn detail(detail: wit::Detail) -> Detail {
    Detail { name: detail.name, value: detail.value }
}

pub(crate) fn ratio(ratio: toolkit::Ratio) -> Ratio {
    Ratio { estimate: ratio.estimate, low: ratio.low, high: ratio.high, confidence: ratio.confidence }
}

pub(crate) fn context_to_wit(context: &PromptContext) -> out::PromptContext {
    out::PromptContext {
        system_template: context.system_template.clone(),
        optimization_template: context.optimization_template.clone(),
        additional_requirements: context.additional_requirements.clone(),
        local_memory: context.local_memory.clone(),
        global_memory: context.global_memory.clone(),
        details: Vec::new(),
    }
}

pub(crate) fn attempt_to_wit(attempt: &Attempt) -> out::Attempt {
    out::Attempt {
        solution: attempt.solution.clone(),
        evaluation: attempt.evaluation.as_ref().map(evaluation_to_wit),
        notes: attempt.notes.clone(),
    }
}

fn evaluation_to_wit(evaluation: &Evaluation) -> out::Evaluation {
    let ratio = |ratio: &Ratio| toolkit::Ratio {
        estimate: ratio.estimate,
        low: ratio.low,
        high: ratio.high,
        confidence: ratio.confidence,
    };
    out::Evaluation {
        metric: evaluation.metric.0,
        success: evaluation.success,
        summary: evaluation.summary.clone(),
        artifacts: serde_json::to_string(&evaluation.artifacts).expect("JSON objects have string keys"),
        samples: evaluation.samples.iter().map(|Metric(sample)| *sample).collect(),
        ratio: evaluation.ratio.as_ref().map(ratio),
        details: evaluation.details.iter().cloned().map(detail_to_wit).collect(),
    }
}

pub(crate) fn extraction(extraction: out::Extraction) -> Extraction {
    let finding = match extraction.finding {
        out::Finding::Changed(solution) => Finding::Changed(solution),
        out::Finding::NoSolution(why) => Finding::NoSolution(text::message(&why)),
        out::Finding::EditsFailed(why) => Finding::EditsFailed(text::message(&why)),
        out::Finding::Identical => Finding::Identical,
        out::Finding::Other(why) => Finding::Other(text::message(&why)),
    };
    Extraction { finding, verdicts: extraction.verdicts.into_iter().map(verdict).collect() }
}

fn verdict(verdict: toolkit::EditVerdict) -> EditVerdict {
    let status = match verdict.status {
        toolkit::EditStatus::Applied => EditStatus::Applied,
        toolkit::EditStatus::AppliedReindented => EditStatus::AppliedReindented,
        toolkit::EditStatus::NotFound => EditStatus::NotFound,
        toolkit::EditStatus::Ambiguous => EditStatus::Ambiguous,
        toolkit::EditStatus::Malformed => EditStatus::Malformed,
    };
    EditVerdict { status, message: text::message(&verdict.message), lines: verdict.lines }
}

pub(crate) fn task_error(error: out::TaskError) -> TaskError {
    let clean = |message: String| text::message(&message);
    match error {
        out::TaskError::BadInstance(message) => TaskError::BadInstance(clean(message)),
        out::TaskError::BadConfig(message) => TaskError::BadConfig(clean(message)),
        out::TaskError::BadTemplate(message) => TaskError::BadTemplate(clean(message)),
        out::TaskError::Execution(message) => TaskError::Execution(clean(message)),
        out::TaskError::Internal(message) => TaskError::Internal(clean(message)),
        out::TaskError::Other(message) => TaskError::Other(clean(message)),
    }
}
