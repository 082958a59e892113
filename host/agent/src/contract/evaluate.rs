//! `evaluate`: a solution, judged.

use super::ledger::{Fault, Ledger, Verdict, failed, fault};
use super::{Example, Loaded, Suite};
use crate::NoExecution;
use perfagent_core::metric::{Direction, Metric};
use perfagent_core::task::Evaluation;
use perfagent_plugin::{InstanceSource, PluginError, Services, TaskError};
use std::sync::Arc;

const JUDGED: &str = "a judgement, with a JSON object as artifacts and a line for people as summary";

/// Checks how a task judges.
pub(super) async fn check(suite: &Suite<'_>, example: &Example, of: (&mut Loaded, &mut Ledger<'_>)) {
    let (loaded, ledger) = of;
    let initial = initial(loaded).await;
    let valid = initial.as_ref().ok().filter(|(_, judged)| judged.success).map(|(_, judged)| judged.metric);
    ledger.record("evaluate.initial", initial.map(|(note, _)| note));
    ledger.record("evaluate.empty", refused(loaded, ("an empty solution", ""), valid).await);
    let garbage = "}{ this is no solution (( \u{0}\u{fffd}";
    ledger.record("evaluate.garbage", refused(loaded, ("garbage", garbage), valid).await);
    ledger.record("evaluate.no-sandbox", without_sandbox(suite, example, loaded).await);
}

async fn evaluate(loaded: &mut Loaded, (given, solution): (&str, &str)) -> Result<Evaluation, Fault> {
    match loaded.task.evaluate(solution, None).await {
        Ok(evaluation) if evaluation.summary.trim().is_empty() => {
            Err(fault(JUDGED, format!("with {given} the summary is empty"), "say in one line what was found"))
        }
        Ok(evaluation) => Ok(evaluation),
        Err(PluginError::Task { error: TaskError::Execution(message), .. }) => {
            Err(Fault::Skip(format!("no program can be run here: {message}")))
        }
        Err(error) => Err(failed(JUDGED, given, &error)),
    }
}

async fn initial(loaded: &mut Loaded) -> Result<(String, Evaluation), Fault> {
    if !loaded.initial.judged {
        return Err(Fault::Skip("the initial solution is a placeholder".to_owned()));
    }
    let code = loaded.initial.code.clone();
    let given = ("the initial solution", code.as_str());
    let first = evaluate(loaded, given).await?;
    let again = evaluate(loaded, given).await?;
    let expected = "the same verdict on the same solution, and a finite metric where it is valid";
    if first.success != again.success {
        let word = |valid: bool| if valid { "valid" } else { "not valid" };
        return Err(fault(
            expected,
            format!(
                "the initial solution was {} ({}), then {} ({})",
                word(first.success),
                first.summary,
                word(again.success),
                again.summary
            ),
            "judge the same tests each time, and forget what an earlier evaluation left",
        ));
    }
    if let Some(odd) = [&first, &again].into_iter().find(|it| it.success && !it.metric.0.is_finite()) {
        return Err(fault(
            expected,
            format!("the metric of a valid solution is {}", odd.metric),
            "give a metric that can be compared, or `success: false`",
        ));
    }
    let note =
        if first.success { format!("metric {}, then {}", first.metric, again.metric) } else { first.summary.clone() };
    Ok((note, first))
}

/// What is no solution must not be valid, nor look better than one; `valid` is the metric of one.
async fn refused(loaded: &mut Loaded, given: (&str, &str), valid: Option<Metric>) -> Verdict {
    let expected = "what is no solution is judged with `success: false` and an infinite metric";
    let judged = evaluate(loaded, given).await?;
    if judged.success {
        return Err(fault(
            expected,
            format!("{} is valid: {}", given.0, judged.summary),
            "check the solution before the metric is made",
        ));
    }
    let direction = loaded.task.description().direction;
    let metric = judged.metric;
    // A task that scores, such as 1 for right and −1 for wrong, may keep its score.
    let is_score = direction == Direction::Maximize && metric.0.is_finite();
    let is_worse = valid.is_none_or(|valid| direction.is_better(valid, metric));
    if metric == direction.worst() || is_score && is_worse {
        return Ok(judged.summary);
    }
    Err(fault(
        expected,
        format!("with {} the metric is {metric}", given.0),
        match direction {
            Direction::Minimize => "give infinity",
            Direction::Maximize => "give minus infinity, or a score below that of every valid solution",
        },
    ))
}

/// A host whose sandbox is away says so to the task, which passes it on.
async fn without_sandbox(suite: &Suite<'_>, example: &Example, loaded: &Loaded) -> Verdict {
    let expected = "a judgement that needs no program, or the error `execution`";
    let services = Services { execution: Arc::new(NoExecution), ..(suite.services)() };
    let config = serde_json::to_string(suite.config).expect("maps have string keys");
    let source = InstanceSource { name: example.name.clone(), data: Arc::clone(&example.data), config };
    let judged = async {
        let mut task = suite.plugin.open(services).await?.load(source).await?;
        task.evaluate(&loaded.initial.code, None).await
    };
    match judged.await {
        Ok(judged) => Ok(judged.summary),
        Err(PluginError::Task { error: TaskError::Execution(message), .. }) if !message.trim().is_empty() => {
            Ok(message)
        }
        Err(error) => Err(failed(expected, "no sandbox", &error)),
    }
}
