//! How long a plugin takes for what a host asks of it.

use crate::chain;
use crate::contract::Example;
use perfagent_core::task::{Attempt, PromptContext};
use perfagent_plugin::{InstanceSource, Plugin, PluginError, PluginHost, Services};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often something is repeated: until `budget` is over, but at least and at most so often.
struct Pace {
    at_least: usize,
    at_most: usize,
    budget: Duration,
}

const SLOW: Pace = Pace { at_least: 2, at_most: 10, budget: Duration::from_secs(3) };
const LOADS: Pace = Pace { at_least: 10, at_most: 100, budget: Duration::from_secs(2) };
const CALLS: Pace = Pace { at_least: 20, at_most: 5_000, budget: Duration::from_millis(500) };

/// What was timed, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// What was done, for example `system-prompt`.
    pub what: &'static str,
    /// Elapsed times in ascending order, nanoseconds; or why there are none.
    pub times_ns: Result<Vec<u64>, String>,
}

impl Timing {
    fn new(what: &'static str, times: Result<Vec<u64>, PluginError>) -> Self {
        Self { what, times_ns: times.map_err(|error| chain(&error)) }
    }
}

/// The median of ascending values, and an interval that holds that of all values with a confidence of
/// 95 %, from the ranks of the binomial distribution (in its normal approximation). For few values the
/// interval is that of all values.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ranks lie among the values")]
pub fn median(ascending: &[u64]) -> Option<(u64, [u64; 2])> {
    let count = ascending.len();
    let last = count.checked_sub(1)?;
    let half_width = 0.98 * (count as f64).sqrt();
    let low = (count as f64 / 2.0 - half_width - 1.0).floor().max(0.0) as usize;
    let high = ((count as f64 / 2.0 + half_width).ceil() as usize).min(last);
    let middle = ascending[last / 2].midpoint(ascending[count / 2]);
    Some((middle, [ascending[low.min(last)], ascending[high]]))
}

/// Repeats `work`, which gives its own time.
async fn repeat(
    pace: &Pace,
    mut work: impl AsyncFnMut() -> Result<Duration, PluginError>,
) -> Result<Vec<u64>, PluginError> {
    let begun = Instant::now();
    let mut times = Vec::new();
    while times.len() < pace.at_least || times.len() < pace.at_most && begun.elapsed() < pace.budget {
        let took = work().await?;
        times.push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }
    times.sort_unstable();
    Ok(times)
}

/// Makes what a session of the plugin gets.
pub type MakeServices<'a> = &'a (dyn Fn() -> Services + Sync);

/// Makes hosts as new processes would.
pub struct Hosts<'a> {
    /// One that keeps nothing.
    pub bare: &'a (dyn Fn() -> Result<PluginHost, PluginError> + Sync),
    /// One that keeps what it compiles, always in the same directory, which is empty at first.
    pub keeping: &'a (dyn Fn() -> Result<PluginHost, PluginError> + Sync),
}

/// Times how long `component`, the bytes of its file, takes to load and to answer for the first time.
pub async fn loads(hosts: &Hosts<'_>, component: &[u8], services: MakeServices<'_>) -> Vec<Timing> {
    let load = async |host: Result<PluginHost, PluginError>| {
        let host = host?;
        let begun = Instant::now();
        host.load(component, || {}).await?;
        Ok(begun.elapsed())
    };
    let cold = repeat(&SLOW, async || load((hosts.bare)()).await).await;
    let cached = match load((hosts.keeping)()).await {
        Ok(_) => repeat(&LOADS, async || load((hosts.keeping)()).await).await,
        Err(error) => Err(error),
    };
    let answered = repeat(&LOADS, async || {
        let (host, services) = ((hosts.keeping)()?, services());
        let begun = Instant::now();
        host.load(component, || {}).await?.open(services).await?.describe().await?;
        Ok(begun.elapsed())
    });
    vec![
        Timing::new("compile and load", cold),
        Timing::new("load, compiled before", cached),
        Timing::new("load, compiled before, and first call", answered.await),
    ]
}

/// Times starts of `plugin`, and the call that needs no instance.
pub async fn starts(plugin: &Plugin, services: MakeServices<'_>) -> Vec<Timing> {
    let start = repeat(&CALLS, async || {
        let services = services();
        let begun = Instant::now();
        // Its end is not part of its start.
        let _session = plugin.open(services).await?;
        Ok(begun.elapsed())
    });
    let start = start.await;
    let whole = repeat(&CALLS, async || {
        let services = services();
        let begun = Instant::now();
        let mut session = plugin.open(services).await?;
        session.describe().await?;
        drop(session);
        Ok(begun.elapsed())
    });
    let whole = whole.await;
    let describe = async {
        let mut session = plugin.open(services()).await?;
        repeat(&CALLS, async || timed(session.describe_again()).await).await
    };
    vec![
        Timing::new("start: a fresh store and instance", start),
        Timing::new("start, one call, end", whole),
        Timing::new("describe", describe.await),
    ]
}

/// Times the calls that need an instance: reading it, prompts, an extraction and an evaluation of its
/// initial solution.
///
/// # Errors
/// A task that does not read the instance.
pub async fn calls(
    plugin: &Plugin,
    services: MakeServices<'_>,
    example: &Example,
    config: &Map<String, Value>,
) -> Result<Vec<Timing>, PluginError> {
    let config = serde_json::to_string(config).expect("maps have string keys");
    let Example { name, data } = example;
    let source = InstanceSource { name: name.clone(), data: Arc::clone(data), config };
    let mut session = plugin.open(services()).await?;
    let metadata = repeat(&CALLS, async || timed(session.metadata(name, data)).await).await;
    let load = repeat(&LOADS, async || {
        let mut session = plugin.open(services()).await?;
        session.describe().await?;
        timed(session.load(source.clone())).await
    });
    let load = load.await;

    let mut task = session.load(source).await?;
    let initial = task.initial_solution().await?.code;
    let context = PromptContext::default();
    let attempt = Attempt { solution: initial.clone(), evaluation: None, notes: Vec::new() };
    let reply = format!("A reply with the program once more:\n```\n{initial}\n```\n");
    let system = repeat(&CALLS, async || timed(task.system_prompt(&context)).await).await;
    let optimization = repeat(&CALLS, async || timed(task.optimization_prompt(&context, &attempt)).await).await;
    let extract = repeat(&CALLS, async || timed(task.extract(&reply, &initial)).await).await;
    let evaluate = repeat(&SLOW, async || timed(task.evaluate(&initial, None)).await).await;
    Ok(vec![
        Timing::new("metadata", metadata),
        Timing::new("load", load),
        Timing::new("system-prompt", system),
        Timing::new("optimization-prompt", optimization),
        Timing::new("extract", extract),
        Timing::new("evaluate, initial solution", evaluate),
    ])
}

async fn timed<T>(call: impl Future<Output = Result<T, PluginError>>) -> Result<Duration, PluginError> {
    let begun = Instant::now();
    call.await?;
    Ok(begun.elapsed())
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_lies_in_its_interval() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[7]), Some((7, [7, 7])));
        assert_eq!(median(&[1, 2, 4, 9]), Some((3, [1, 9])));
        let hundred: Vec<u64> = (0..100).collect();
        // The exact interval has the ranks 40 and 61, counted from 1, and a confidence of 96 %.
        assert_eq!(median(&hundred), Some((49, [39, 60])));
    }
}
