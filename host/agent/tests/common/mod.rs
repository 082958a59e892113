//! Runs without a model or a plugin: starts, evaluations and replies made by hand.
#![allow(dead_code, reason = "each test file uses a part")]

use perfagent_core::chat::{ChatReply, FinishReason, Usage};
use perfagent_core::digest::Digest;
use perfagent_core::event::{Record, RunEvent, Started};
use perfagent_core::isolation::{Isolation, Strictness};
use perfagent_core::metric::{Direction, Metric};
use perfagent_core::spec::{Acceptance, FORMAT, LoopSpec, ModelSpec, Models, Named, RunSpec};
use perfagent_core::task::{
    Description, Evaluation, Extraction, Finding, InitialSolution, InstanceSummary, Metadata, PromptContext, Ratio,
};
use serde_json::{Map, json};

pub(crate) fn started(judged: bool) -> Started {
    let named = |name: &str| Named { name: name.to_owned(), digest: Digest::of(name.as_bytes()) };
    Started {
        spec: RunSpec {
            format: FORMAT,
            plugin: named("plugin"),
            instance: named("instance"),
            task_config: Map::new(),
            model: ModelSpec {
                models: Models::One { name: "any".to_owned() },
                temperature: 0.1,
                max_input_tokens: None,
                max_output_tokens: 4000,
                seed: None,
            },
            prompts: PromptContext::default(),
            iteration: LoopSpec {
                max_iterations: 3,
                early_stop_no_improve: 0,
                adopt_only_if_improved: false,
                acceptance: Acceptance::Interval,
                include_all_history: false,
            },
            sandbox: Strictness::Strict,
            grants: Vec::new(),
            initial_code: None,
        },
        task: Description {
            name: "golf".to_owned(),
            version: "0.1.0".to_owned(),
            summary: "Fewer bytes".to_owned(),
            metric: "bytes".to_owned(),
            direction: Direction::Minimize,
            languages: Vec::new(),
            config_schema: json!({}),
            system_template: String::new(),
            system_variables: Vec::new(),
            optimization_template: String::new(),
            optimization_variables: Vec::new(),
        },
        metadata: Metadata { id: "instance".to_owned(), problem: "Shorten it".to_owned() },
        instance: InstanceSummary::default(),
        isolation: Isolation { tier: 1, summary: "all".to_owned(), features: Vec::new() },
        system_prompt: "rules".to_owned(),
        initial: InitialSolution { code: "start".to_owned(), judged },
    }
}

pub(crate) fn evaluation(metric: f64, success: bool) -> Evaluation {
    Evaluation {
        metric: Metric(metric),
        success,
        summary: format!("metric {metric}"),
        artifacts: Map::new(),
        samples: Vec::new(),
        ratio: None,
        details: Vec::new(),
    }
}

pub(crate) fn evaluated(iteration: u32, metric: f64, success: bool) -> RunEvent {
    RunEvent::Evaluated { iteration, result: Ok(evaluation(metric, success)) }
}

/// An evaluation that was measured in turn with the best: its ratio and the interval around it.
pub(crate) fn measured(metric: f64, ratio: f64, width: f64) -> Evaluation {
    let ratio = Ratio { estimate: ratio, low: ratio - width, high: ratio + width, confidence: 0.99 };
    Evaluation { samples: vec![Metric(metric)], ratio: Some(ratio), ..evaluation(metric, true) }
}

pub(crate) fn reply(iteration: u32, content: &str) -> RunEvent {
    RunEvent::ModelReplied {
        iteration,
        reply: ChatReply {
            content: content.to_owned(),
            finish_reason: FinishReason::Stop,
            usage: Usage::default(),
            attempts: 1,
            lost: Usage::default(),
        },
    }
}

pub(crate) fn extracted(iteration: u32, finding: Finding) -> RunEvent {
    RunEvent::Extracted { iteration, extraction: Extraction { finding, verdicts: Vec::new() } }
}

pub(crate) fn record(event: RunEvent) -> Record {
    Record { at: "2026-01-02T03:04:05Z".to_owned(), took_ns: 7, event }
}
