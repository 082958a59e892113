//! Budgets that hold, whatever happens to a call.

use crate::server::{Answer, Server, event};
use crate::{FIRST, live, request, settings};
use futures_util::FutureExt as _;
use perfagent_core::chat::Usage;
use perfagent_core::event::{BudgetScope, Resource};
use perfagent_model::budget::{Budget, BudgetError, BudgetLimits, Charge, Price, Prices, Spent, Usd, reserved};
use perfagent_model::{ModelError, RetrySettings};
use proptest::prelude::*;
use std::time::Duration;

fn tokens(tokens: u64) -> BudgetLimits {
    BudgetLimits { tokens: Some(tokens), ..BudgetLimits::default() }
}

fn run(limits: BudgetLimits) -> Budget {
    Budget::new(BudgetScope::Run, limits, Spent::default())
}

/// What one call can need.
fn need() -> u64 {
    reserved(&request("hello")).total_tokens
}

async fn reserve(budgets: &[Budget]) -> Result<Charge, BudgetError> {
    Charge::reserve(budgets, &request("hello"), &Prices::default()).await
}

fn resource(error: &BudgetError) -> Resource {
    match error {
        BudgetError::Exhausted { resource, .. } => *resource,
        BudgetError::Unpriced { .. } => unreachable!("{error}"),
    }
}

#[tokio::test]
async fn what_a_reply_costs_is_settled_in_every_budget() {
    let server = Server::start(vec![Answer::reply("fine")]).await;
    let batch = Budget::new(BudgetScope::Batch, BudgetLimits::default(), Spent::default());
    let budgets = [run(tokens(1000)), batch];
    let prices = Prices::from_iter([("some-model".to_owned(), Price::per_million(1.0, 2.0))]);
    let mut charge = Charge::reserve(&budgets, &request("hello"), &prices).await.unwrap();
    live(settings(&server.api_base)).complete(&request("hello"), FIRST, &mut charge).await.unwrap();
    drop(charge);
    for budget in &budgets {
        let spent = budget.spent();
        assert_eq!((spent.calls, spent.tokens, spent.usd), (1, 18, Usd::from_dollars(25e-6)));
    }
}

#[tokio::test]
async fn replies_that_break_off_cost_too_and_end_the_retries_when_nothing_is_left() {
    let text = "x".repeat(400);
    let broken = || Answer::stream(&[&event(&text)]);
    // Some hundred tokens each, of which two fit.
    let server = Server::start(vec![broken(), Answer::failure(429, "", "busy"), broken(), Answer::reply("late")]).await;
    let budgets = [run(tokens(need() + 150))];
    let mut charge = reserve(&budgets).await.unwrap();
    let error = live(settings(&server.api_base)).complete(&request("hello"), FIRST, &mut charge).await.unwrap_err();
    let ModelError::Budget(error) = &error else { panic!("{error:?}") };
    assert_eq!(resource(error), Resource::Tokens);
    assert_eq!(server.asked().len(), 3);
    // 13 characters of messages and 400 of a reply, twice.
    assert_eq!(charge.lost(), Usage::new(8, 200, true));
    drop(charge);
    assert_eq!((budgets[0].spent().tokens, budgets[0].spent().calls), (208, 1));
}

#[tokio::test]
async fn a_reply_tells_what_was_lost_before_it() {
    let server = Server::start(vec![Answer::stream(&[&event("half")]), Answer::reply("whole")]).await;
    let budgets = [run(BudgetLimits::default())];
    let mut charge = reserve(&budgets).await.unwrap();
    let reply = live(settings(&server.api_base)).complete(&request("hello"), FIRST, &mut charge).await.unwrap();
    assert_eq!(reply.lost, Usage::new(4, 1, true));
    assert_eq!(budgets[0].spent().tokens, 18 + 5);
}

#[tokio::test]
async fn refusals_cost_nothing_and_calls_that_are_dropped_everything() {
    let server = Server::start(vec![Answer::failure(400, "", "no"), Answer::Hang(Vec::new())]).await;
    let budgets = [run(BudgetLimits::default())];
    let model = live(settings(&server.api_base));
    let mut charge = reserve(&budgets).await.unwrap();
    model.complete(&request("hello"), FIRST, &mut charge).await.unwrap_err();
    drop(charge);
    assert_eq!((budgets[0].spent().tokens, budgets[0].spent().calls), (0, 0));

    let mut charge = reserve(&budgets).await.unwrap();
    {
        let hello = request("hello");
        let asking = model.complete(&hello, FIRST, &mut charge);
        tokio::pin!(asking);
        while server.asked().len() < 2 {
            assert!((&mut asking).now_or_never().is_none());
            tokio::task::yield_now().await;
        }
    }
    drop(charge);
    assert_eq!((budgets[0].spent().tokens, budgets[0].spent().calls), (need(), 1));
}

#[tokio::test]
async fn each_limit_refuses_what_could_exceed_it() {
    let dollars = |usd| BudgetLimits { usd: Some(Usd::from_dollars(usd)), ..BudgetLimits::default() };
    let calls = BudgetLimits { calls: Some(0), ..BudgetLimits::default() };
    let time = BudgetLimits { wall_time: Some(Duration::ZERO), ..BudgetLimits::default() };
    let prices = Prices::from_iter([("some-model".to_owned(), Price::per_million(1.0, 2.0))]);
    for (limits, expected) in [
        (tokens(need() - 1), Resource::Tokens),
        (dollars(need() as f64 * 1e-6), Resource::Usd),
        (calls, Resource::Calls),
        (time, Resource::WallTime),
    ] {
        let error = Charge::reserve(&[run(limits)], &request("hello"), &prices).await.unwrap_err();
        assert_eq!(resource(&error), expected, "{error}");
    }
    assert!(reserve(&[run(tokens(need()))]).await.is_ok());
    let unpriced = reserve(&[run(dollars(1.0))]).await.unwrap_err();
    assert!(unpriced.to_string().contains("some-model has no price"), "{unpriced}");
}

#[tokio::test]
async fn a_call_waits_for_what_others_may_give_back() {
    let budgets = [run(tokens(need() + 20))];
    let first = reserve(&budgets).await.unwrap();
    let second = reserve(&budgets);
    tokio::pin!(second);
    assert!((&mut second).now_or_never().is_none(), "it may fit later");
    drop(first);
    assert!(second.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn no_wait_outlasts_the_time() {
    let minute = BudgetLimits { wall_time: Some(Duration::from_secs(60)), ..tokens(need()) };
    let before = Spent { wall_time: Duration::from_secs(20), ..Spent::default() };
    let budgets = [Budget::new(BudgetScope::Run, minute, before)];
    let start = tokio::time::Instant::now();
    let held = reserve(&budgets).await.unwrap();
    assert_eq!(resource(&reserve(&budgets).await.unwrap_err()), Resource::WallTime);
    assert_eq!(start.elapsed().as_secs(), 40, "less what earlier processes took");
    drop(held);
}

#[tokio::test]
async fn no_retry_is_waited_for_that_comes_too_late() {
    let server = Server::start(vec![Answer::failure(503, "", "busy")]).await;
    let mut settings = settings(&server.api_base);
    settings.retry = RetrySettings { delay: Duration::from_secs(600), ..settings.retry };
    let hour = BudgetLimits { wall_time: Some(Duration::from_secs(300)), ..BudgetLimits::default() };
    let mut charge = reserve(&[run(hour)]).await.unwrap();
    let error = live(settings.clone()).complete(&request("hello"), FIRST, &mut charge).await.unwrap_err();
    assert!(matches!(error, ModelError::Budget(_)), "{error:?}");

    let server = Server::start(vec![Answer::failure(503, "", "busy")]).await;
    settings.api_base.clone_from(&server.api_base);
    settings.total_timeout = Duration::from_secs(300);
    let error = crate::ask(settings).await.unwrap_err();
    assert!(matches!(error, ModelError::Deadline { attempts: 1, last: Some(_), .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("total_timeout"));
}

#[tokio::test]
async fn a_reply_that_goes_on_and_on_ends_with_the_calls_time() {
    let piece = event("x").into_bytes();
    let slow = Answer::Endless { head: crate::server::stream_head(), piece };
    let server = Server::start(vec![slow]).await;
    let mut settings = settings(&server.api_base);
    settings.total_timeout = Duration::from_millis(50);
    let error = crate::ask(settings).await.unwrap_err();
    // A quick machine reaches the bound on bytes before.
    assert!(matches!(error, ModelError::Deadline { .. } | ModelError::Protocol { .. }), "{error:?}");
}

/// One step of a story of calls: reserve, settle with so many tokens, or drop.
fn stories() -> impl Strategy<Value = Vec<(u8, u64)>> {
    proptest::collection::vec((0..3_u8, 0..400_u64), 1..40)
}

proptest! {
    #[test]
    fn no_story_exceeds_a_budget_by_more_than_one_reply(limit in 0..2000_u64, story in stories()) {
        let budgets = [run(tokens(limit))];
        let mut open = Vec::new();
        let mut beyond = 0;
        for (step, used) in story {
            match step {
                0 => open.extend(reserve(&budgets).now_or_never().and_then(Result::ok)),
                1 => if let Some(mut charge) = open.pop() {
                    beyond += used.saturating_sub(need());
                    charge.settle(Usage::new(used, 0, false));
                },
                _ => drop(open.pop()),
            }
            prop_assert!(budgets[0].spent().tokens <= limit + beyond);
        }
    }
}
