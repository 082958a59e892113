//! What a run came to.

use crate::files::RunFiles;
use crate::state::State;
use perfagent_core::event::StopReason;
use perfagent_core::result::AgentResult;

/// The result of the run in `state`: `stop_reason` is why it came to its end, `error` why it stopped before.
pub(crate) fn agent_result(
    state: &State,
    files: &RunFiles,
    stop_reason: Option<StopReason>,
    error: Option<String>,
) -> AgentResult {
    let is_done = error.is_none() && !matches!(stop_reason, Some(StopReason::Budget { .. }));
    let request = is_done.then(|| state.started().spec.digest());
    let direction = state.started().task.direction;
    let best = state.best();
    let newest = state.current();
    let evaluation = best.map(|best| &best.evaluation).or(newest.evaluation.as_ref());
    AgentResult {
        instance_id: state.started().metadata.id.clone(),
        success: best.is_some() && error.is_none(),
        solution: best.map_or(&newest.solution, |best| &best.solution).clone(),
        metric: evaluation.map_or(direction.worst(), |evaluation| evaluation.metric),
        artifacts: evaluation.map(|evaluation| evaluation.artifacts.clone()).unwrap_or_default(),
        total_iterations: state.iterations_done(),
        trajectory_file: files.trajectory.as_ref().map(|path| path.to_string_lossy().into_owned()),
        stop_reason: stop_reason.filter(|_| error.is_none()),
        error: error.or_else(|| match best {
            Some(_) => None,
            None => Some(state.last_error().unwrap_or("no reply held a solution").to_owned()),
        }),
        first_metric: state.first_metric(),
        best_over_first: state.best_over_first(),
        usage: state.usage(),
        cost_usd: None,
        request,
    }
}
