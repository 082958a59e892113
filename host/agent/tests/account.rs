//! What a run has spent, from its journal.

mod common;

use common::{record, reply, started};
use perfagent_agent::{added_cost, spent};
use perfagent_core::chat::{ChatReply, Message, Role, Usage};
use perfagent_core::event::{BudgetScope, Record, Resource, RunEvent, StopReason};
use perfagent_core::spec::{Models, WeightedModel};
use perfagent_model::budget::{Price, Prices, Spent, Usd, reserved};
use std::time::Duration;

fn messages() -> Vec<Message> {
    vec![Message::new(Role::System, "rules"), Message::new(Role::User, "Improve this.")]
}

fn prompt(iteration: u32) -> RunEvent {
    RunEvent::PromptBuilt { iteration, messages: messages() }
}

/// A reply that cost 100 tokens and 50, and 7 before it that were lost.
fn costly(iteration: u32) -> RunEvent {
    let RunEvent::ModelReplied { reply, .. } = reply(iteration, "x") else { unreachable!() };
    let reply = ChatReply { usage: Usage::new(100, 50, false), lost: Usage::new(5, 2, true), ..reply };
    RunEvent::ModelReplied { iteration, reply }
}

fn out_of_budget() -> RunEvent {
    RunEvent::Finished { reason: StopReason::Budget { scope: BudgetScope::Run, resource: Resource::Calls } }
}

fn spent_by(events: Vec<RunEvent>) -> Spent {
    let start = std::iter::once(RunEvent::Started(Box::new(started(true))));
    let records: Vec<Record> = start.chain(events).map(record).collect();
    let prices = Prices::from_iter([("any".to_owned(), Price::per_million(1.0, 10.0))]);
    let spent = spent(&records, &prices);
    assert_eq!(spent.wall_time, Duration::from_nanos(7 * records.len() as u64));
    spent
}

#[test]
fn replies_cost_what_they_cost() {
    let spent = spent_by(vec![prompt(1), costly(1), prompt(2), costly(2)]);
    assert_eq!((spent.calls, spent.tokens), (2, 2 * 157));
    assert_eq!(spent.usd, Usd::from_dollars(2.0 * (105.0 + 52.0 * 10.0) / 1e6));
}

#[test]
fn a_call_of_which_nothing_is_known_costs_all_it_could() {
    let most = reserved(&started(true).spec.model.request(1, messages())).total_tokens;
    assert!(most > 4000, "the longest reply is part of it");
    let cut_off = spent_by(vec![prompt(1)]);
    assert_eq!((cut_off.calls, cut_off.tokens), (1, most));
    let twice = spent_by(vec![prompt(1), RunEvent::Resumed { iteration: 1 }]);
    assert_eq!((twice.calls, twice.tokens), (2, 2 * most));
    let then_replied = spent_by(vec![prompt(1), RunEvent::Resumed { iteration: 1 }, costly(1)]);
    assert_eq!((then_replied.calls, then_replied.tokens), (2, most + 157));
}

#[test]
fn failed_calls_cost_what_came_and_calls_that_were_never_sent_nothing() {
    let failed = |lost| RunEvent::CallFailed { iteration: 1, lost };
    let refused = spent_by(vec![prompt(1), failed(Usage::default())]);
    assert_eq!((refused.calls, refused.tokens), (0, 0));
    let broken = spent_by(vec![prompt(1), failed(Usage::new(5, 2, true))]);
    assert_eq!((broken.calls, broken.tokens), (1, 7));
    let again = spent_by(vec![prompt(1), failed(Usage::default()), RunEvent::Resumed { iteration: 1 }]);
    assert_eq!(again.calls, 1, "the second one is under way");
    assert_eq!(spent_by(vec![prompt(1), out_of_budget()]).calls, 0);
    assert_eq!(spent_by(vec![prompt(1), out_of_budget(), RunEvent::Resumed { iteration: 1 }, costly(1)]).calls, 1);
}

#[test]
fn what_a_kill_cut_off_stays_spent_when_nothing_is_left() {
    let most = reserved(&started(true).spec.model.request(1, messages())).total_tokens;
    let ended = spent_by(vec![prompt(1), RunEvent::Resumed { iteration: 1 }, out_of_budget()]);
    assert_eq!((ended.calls, ended.tokens), (1, most));
}

#[test]
fn a_journal_that_is_not_there_has_spent_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let records = perfagent_agent::journal::read(&directory.path().join("none.jsonl")).unwrap();
    assert_eq!(spent(&records, &Prices::default()), Spent::default());
}

#[test]
fn several_models_cost_each_its_own_price() {
    let mut begun = started(true);
    let models = ["a", "b"].map(|name| WeightedModel { name: name.to_owned(), weight: 1.0 });
    begun.spec.model.models = Models::Weighted { models: models.to_vec() };
    let model = begun.spec.model.clone();
    let events = (1..9).map(costly).chain([RunEvent::CallFailed { iteration: 9, lost: Usage::new(5, 2, true) }]);
    let records: Vec<Record> = std::iter::once(RunEvent::Started(Box::new(begun))).chain(events).map(record).collect();
    let prices = [("a", 1.0), ("b", 3.0)].map(|(name, input)| (name.to_owned(), Price::per_million(input, 10.0)));
    let prices = Prices::from_iter(prices);
    let cost: Option<f64> = records.iter().map(|record| added_cost(record, &model, &prices)).sum();
    assert!((cost.unwrap() - spent(&records, &prices).usd.dollars()).abs() < 1e-12, "{cost:?}");
    let one = Prices::from_iter([("a".to_owned(), Price::per_million(1.0, 10.0))]);
    assert_eq!(added_cost(&records[0], &model, &one), None, "what the other costs is not known");
}
