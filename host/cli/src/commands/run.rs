//! `perfagent` without a command: optimises one instance.

use super::stage::{Order, Place, Stage, Tapes, Undone, tell_leftover};
use crate::args::RunArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::narrate::{Narration, number};
use crate::opening::warn;
use crate::output::{json, note, print};
use crate::surroundings::{Surroundings, variable};
use perfagent_agent::files::{self, RunFiles};
use perfagent_core::event::StopReason;
use perfagent_core::result::AgentResult;

/// Optimises one instance, once for each sample.
pub(crate) async fn run(args: &RunArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let settings = args.loop_args.settings(&variable)?;
    warn(&settings);
    let order = Order {
        plugin: args.plugin.as_deref(),
        instance: &args.instance,
        place: Place::Below(&args.base_dir),
        initial_code_dir: args.loop_args.initial_code_dir.as_deref(),
        samples: args.samples,
        fresh: args.fresh,
        tapes: Tapes::of(&args.loop_args.tapes),
    };
    let mut stage = Stage::open(order, settings, surroundings).await?;
    let mut results = Vec::new();
    for sample in 1..=args.samples {
        if args.samples > 1 {
            note(&format!("sample {sample} of {}", args.samples));
        }
        match stage.run(sample).await {
            Ok(done) => {
                if !args.json {
                    print(&report(&done.narration, &done.result, &done.files))?;
                }
                results.push(done.result);
            }
            Err(Undone { failure, result }) => {
                results.extend(result);
                // The run's own failure is what the user must hear of, not that its result could not be given.
                if let Err(ungiven) = give(args, &results) {
                    note(&format!("warning: {}", ungiven.message));
                }
                return Err(failure);
            }
        }
    }
    tell_leftover(stage.model.as_ref());
    give(args, &results)?;
    Ok(exit(&results))
}

/// Gives the results as JSON where the user wants that: the one, or a list of those of several samples.
fn give(args: &RunArgs, results: &[AgentResult]) -> Result<(), Failure> {
    let text = match results {
        // Nothing has begun.
        [] => return Ok(()),
        [result] if args.samples == 1 => json(result),
        results => json(&results),
    };
    if let Some(path) = &args.output {
        files::write(path, text.as_bytes())?;
    }
    if args.json {
        print(&text)?;
    }
    Ok(())
}

/// How the runs with these results ended together.
fn exit(results: &[AgentResult]) -> Exit {
    let out_of_budget = |result: &AgentResult| matches!(result.stop_reason, Some(StopReason::Budget { .. }));
    if results.iter().any(out_of_budget) {
        Exit::Budget
    } else if results.iter().any(|result| result.success) {
        Exit::Success
    } else {
        Exit::NoSolution
    }
}

/// The table of iterations, and where everything is.
fn report(narration: &Narration, result: &AgentResult, files: &RunFiles) -> String {
    let mut lines = vec![narration.table(), String::new()];
    match (&result.error, result.success) {
        (Some(error), _) => lines.push(format!("no valid solution: {error}")),
        (None, _) => lines.push(format!("best: {}", number(result.metric.0))),
    }
    let tokens = narration.tokens();
    if tokens > 0 {
        lines.push(format!("tokens: {tokens}"));
    }
    if let Some(reason @ StopReason::Budget { .. }) = result.stop_reason {
        lines.push(format!("{reason}: with more, the same command goes on from here"));
    }
    lines.push("files:".to_owned());
    let present = [Some(&files.prediction), Some(&files.result), files.trajectory.as_ref(), Some(&files.journal)];
    for path in present.into_iter().flatten().filter(|path| path.exists()) {
        lines.push(format!("  {}", path.display()));
    }
    lines.join("\n")
}
