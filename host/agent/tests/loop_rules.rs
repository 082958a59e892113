//! The rules of the loop, step by step, without a model or a plugin.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod common;

use common::{evaluated, evaluation, extracted, measured, reply, started};
use perfagent_agent::state::{State, Step};
use perfagent_core::chat::{Message, Role};
use perfagent_core::event::{RunEvent, Started, StopReason, Verdict};
use perfagent_core::spec::{Acceptance, LoopSpec};
use perfagent_core::task::{EditStatus, EditVerdict, Evaluation, Extraction, Finding};
use proptest::prelude::*;

/// Applies the decision that the state asks for and gives its verdict.
fn decide(state: &mut State) -> Verdict {
    let Step::Decide(event) = state.next().clone() else { unreachable!("no decision is due: {:?}", state.next()) };
    state.apply(&event).unwrap();
    match event {
        RunEvent::Decided { verdict, .. } => verdict,
        other => unreachable!("{other:?} is no decision"),
    }
}

/// Goes through prompt and reply of an iteration and finds `solution` in it.
fn propose(state: &mut State, iteration: u32, solution: &str) {
    ask(state, iteration);
    state.apply(&extracted(iteration, Finding::Changed(solution.to_owned()))).unwrap();
}

fn ask(state: &mut State, iteration: u32) {
    let messages = state.messages(format!("prompt {iteration}"));
    state.apply(&RunEvent::PromptBuilt { iteration, messages }).unwrap();
    state.apply(&reply(iteration, &format!("reply {iteration}"))).unwrap();
}

fn judged(started: Started, metric: f64) -> State {
    let mut state = State::new(started);
    state.apply(&evaluated(0, metric, true)).unwrap();
    assert_eq!(decide(&mut state), Verdict::FirstValid);
    state
}

#[test]
fn a_placeholder_is_not_judged() {
    let mut state = State::new(started(false));
    assert_eq!(decide(&mut state), Verdict::NotJudged);
    assert_eq!(state.next(), &Step::BuildPrompt { iteration: 1 });
    assert_eq!(state.current().solution, "start");
    assert!(state.best().is_none());

    propose(&mut state, 1, "valid");
    state.apply(&evaluated(1, 9.0, true)).unwrap();
    assert_eq!(decide(&mut state), Verdict::FirstValid);
    assert_eq!(state.best().unwrap().iteration, 1);
}

/// Judges `first` in iteration 1 as the solution "new", after a best one with the metric 5.
fn judged_once(first: &Evaluation, change: impl FnOnce(&mut LoopSpec)) -> State {
    let mut begin = started(true);
    begin.spec.iteration.adopt_only_if_improved = true;
    change(&mut begin.spec.iteration);
    let mut state = judged(begin, 5.0);
    propose(&mut state, 1, "new");
    state.apply(&RunEvent::Evaluated { iteration: 1, result: Ok(first.clone()) }).unwrap();
    state
}

fn confirm(state: &mut State, result: Result<Evaluation, String>) -> Verdict {
    assert_eq!(state.next(), &Step::Confirm { iteration: 1, solution: "new".to_owned() });
    state.apply(&RunEvent::Confirmed { iteration: 1, result }).unwrap();
    decide(state)
}

#[test]
fn a_new_best_is_the_best_when_a_second_measurement_says_so_too() {
    let lucky = measured(2.0, 0.4, 0.1);
    let mut state = judged_once(&lucky, |_| {});
    assert_eq!(confirm(&mut state, Ok(measured(4.0, 0.8, 0.1))), Verdict::Improved);
    let best = state.best().unwrap();
    assert_eq!((best.solution.as_str(), best.evaluation.metric.0), ("new", 4.0), "the second one is announced");
    assert_eq!(best.evaluation.ratio.unwrap().estimate, 0.8);

    for (second, verdict, note) in [
        (Ok(measured(4.9, 0.98, 0.1)), Verdict::Unconfirmed, "seemed better, but not when it was measured again,"),
        (Ok(measured(5.5, 1.1, 0.05)), Verdict::Unconfirmed, "seemed better, but not when it was measured again,"),
        (Ok(evaluation(f64::INFINITY, false)), Verdict::Failed, "failed"),
        (Err("the plugin trapped".to_owned()), Verdict::Failed, "failed"),
    ] {
        let mut state = judged_once(&lucky, |bounds| bounds.early_stop_no_improve = 1);
        assert_eq!(confirm(&mut state, second), verdict);
        assert_eq!(state.best().unwrap().evaluation.metric.0, 5.0);
        assert_eq!(state.current().solution, "start");
        let said = &state.current().notes[0];
        assert!(said.starts_with(&format!("Your last change {note} and was taken back: ")), "{said}");
        assert_eq!(state.next(), &Step::Done(StopReason::NoImprovement));
    }
}

#[test]
fn the_best_is_compared_with_the_first_through_what_was_measured_in_turn() {
    let mut state = State::new(started(true));
    assert_eq!(state.best_over_first(), None);
    state.apply(&evaluated(0, 5.0, true)).unwrap();
    assert_eq!(decide(&mut state), Verdict::FirstValid);
    assert_eq!(state.best_over_first(), Some(1.0));

    // The machine became three times as slow meanwhile, and later as fast as before.
    for (iteration, metric, ratio, expected) in [(1, 7.5, 0.5, 0.5), (2, 8.0, 1.1, 0.5), (3, 1.25, 0.5, 0.25)] {
        propose(&mut state, iteration, "new");
        let second = measured(metric, ratio, 0.1);
        state.apply(&RunEvent::Evaluated { iteration, result: Ok(second.clone()) }).unwrap();
        if matches!(state.next(), Step::Confirm { .. }) {
            state.apply(&RunEvent::Confirmed { iteration, result: Ok(second) }).unwrap();
        }
        decide(&mut state);
        assert_eq!(state.best_over_first(), Some(expected), "after iteration {iteration}");
    }
}

#[test]
fn tasks_that_do_not_measure_in_turn_are_compared_by_their_metrics() {
    for (first, second, expected) in [(5.0, 4.0, Some(0.8)), (0.0, -1.0, None)] {
        let mut state = judged(started(true), first);
        propose(&mut state, 1, "new");
        state.apply(&evaluated(1, second, true)).unwrap();
        assert_eq!(decide(&mut state), Verdict::Improved);
        assert_eq!(state.best_over_first(), expected);
    }
}

#[test]
fn only_what_luck_can_make_is_measured_again() {
    let decides = |first: &Evaluation, acceptance| {
        let state = judged_once(first, |bounds| bounds.acceptance = acceptance);
        match state.next() {
            Step::Decide(RunEvent::Decided { verdict, .. }) => Some(*verdict),
            _ => None,
        }
    };
    let better = measured(2.0, 0.4, 0.1);
    assert_eq!(decides(&better, Acceptance::Interval), None);
    assert_eq!(decides(&better, Acceptance::Raw), Some(Verdict::Improved));
    assert_eq!(decides(&evaluation(2.0, true), Acceptance::Interval), Some(Verdict::Improved), "nothing is measured");
    let without_samples = Evaluation { samples: Vec::new(), ..better };
    assert_eq!(decides(&without_samples, Acceptance::Interval), Some(Verdict::Improved));
    assert_eq!(decides(&measured(4.9, 0.98, 0.1), Acceptance::Interval), Some(Verdict::WithinNoise));
}

#[test]
fn journals_without_a_confirmation_stay_what_they_were() {
    let mut state = judged_once(&measured(2.0, 0.4, 0.1), |_| {});
    state.apply(&RunEvent::Decided { iteration: 1, verdict: Verdict::Improved, best: Some(1) }).unwrap();
    assert_eq!(state.best().unwrap().evaluation.metric.0, 2.0);
}

#[test]
fn the_newest_is_adopted_unless_only_the_best_may_be() {
    for adopt_only_if_improved in [false, true] {
        let mut begin = started(true);
        begin.spec.iteration.adopt_only_if_improved = adopt_only_if_improved;
        let mut state = judged(begin, 5.0);
        propose(&mut state, 1, "worse");
        state.apply(&evaluated(1, 8.0, true)).unwrap();
        assert_eq!(decide(&mut state), Verdict::NotBetter);
        let current = state.current();
        if adopt_only_if_improved {
            assert_eq!(current.solution, "start");
            assert_eq!(current.evaluation.as_ref().unwrap().metric.0, 5.0);
            assert_eq!(current.notes, ["Your last change was not better and was taken back: metric 8."]);
        } else {
            assert_eq!(current.solution, "worse");
            assert!(current.notes.is_empty());
        }
        assert_eq!(state.best().unwrap().solution, "start");
    }
}

#[test]
fn a_failed_candidate_does_not_end_the_loop() {
    let mut state = judged(started(true), 5.0);
    propose(&mut state, 1, "broken");
    state.apply(&RunEvent::Evaluated { iteration: 1, result: Err("the plugin trapped".to_owned()) }).unwrap();
    assert_eq!(decide(&mut state), Verdict::Failed);
    assert_eq!(state.last_error(), Some("the plugin trapped"));
    assert_eq!(state.current().notes, ["It could not be judged: the plugin trapped."]);

    propose(&mut state, 2, "wrong");
    state.apply(&evaluated(2, f64::INFINITY, false)).unwrap();
    assert_eq!(decide(&mut state), Verdict::Failed);

    propose(&mut state, 3, "good");
    state.apply(&evaluated(3, 1.0, true)).unwrap();
    assert_eq!(decide(&mut state), Verdict::Improved);
    assert_eq!(state.next(), &Step::Done(StopReason::MaxIterations));
    assert_eq!(state.iterations_done(), 3);
    assert_eq!(state.best().unwrap().solution, "good");
}

#[test]
fn unchanged_replies_say_why_and_count_as_no_improvement() {
    let mut begin = started(true);
    begin.spec.iteration.early_stop_no_improve = 2;
    let mut state = judged(begin, 5.0);

    ask(&mut state, 1);
    let verdicts =
        vec![EditVerdict { status: EditStatus::NotFound, message: "nearest is line 3".into(), lines: vec![3] }];
    let extraction = Extraction { finding: Finding::EditsFailed("1 block".into()), verdicts };
    state.apply(&RunEvent::Extracted { iteration: 1, extraction }).unwrap();
    assert_eq!(decide(&mut state), Verdict::Unchanged);
    assert_eq!(
        state.current().notes,
        [
            "Edit block 1 was not applied, its SEARCH text was not found: nearest is line 3",
            "None of the edits in your last reply could be applied: 1 block."
        ]
    );
    assert_eq!(state.current().solution, "start");
    assert!(state.current().evaluation.is_some());

    ask(&mut state, 2);
    assert!(state.current().notes.is_empty(), "notes speak of the last reply only");
    state.apply(&extracted(2, Finding::Identical)).unwrap();
    assert_eq!(decide(&mut state), Verdict::Unchanged);
    assert_eq!(state.next(), &Step::Done(StopReason::NoImprovement));
}

#[test]
fn the_whole_chat_is_sent_where_wanted() {
    for include_all_history in [false, true] {
        let mut begin = started(true);
        begin.spec.iteration.include_all_history = include_all_history;
        let mut state = judged(begin, 5.0);
        propose(&mut state, 1, "worse");
        state.apply(&evaluated(1, 8.0, true)).unwrap();
        decide(&mut state);
        let messages = state.messages("prompt 2".to_owned());
        let mut expected = vec![Message::new(Role::System, "rules")];
        if include_all_history {
            expected.push(Message::new(Role::User, "prompt 1"));
            expected.push(Message::new(Role::Assistant, "reply 1"));
        }
        expected.push(Message::new(Role::User, "prompt 2"));
        assert_eq!(messages, expected);
    }
}

#[test]
fn a_length_limit_is_told_to_the_model() {
    let mut state = judged(started(true), 5.0);
    let messages = state.messages("prompt".to_owned());
    state.apply(&RunEvent::PromptBuilt { iteration: 1, messages }).unwrap();
    let RunEvent::ModelReplied { iteration, mut reply } = reply(1, "half a") else { unreachable!() };
    reply.finish_reason = perfagent_core::chat::FinishReason::Length;
    state.apply(&RunEvent::ModelReplied { iteration, reply }).unwrap();
    state.apply(&extracted(1, Finding::NoSolution("no fenced block".into()))).unwrap();
    decide(&mut state);
    assert_eq!(state.current().notes.len(), 2);
    assert!(state.current().notes[0].contains("output limit"));
}

#[test]
fn events_out_of_order_are_refused() {
    let mut state = State::new(started(true));
    let error = state.apply(&reply(1, "too early")).unwrap_err();
    assert_eq!(error.to_string(), "model_replied cannot follow here, in iteration 0");
    assert!(state.apply(&evaluated(1, 1.0, true)).is_err(), "of another iteration");
}

proptest! {
    /// Whatever metrics come, the best is the best valid one, and the loop ends when it must.
    #[test]
    fn the_best_is_kept(metrics in proptest::collection::vec((prop_oneof![Just(f64::NAN), -9.0..9.0f64], any::<bool>()), 1..12)) {
        let mut begin = started(true);
        begin.spec.iteration.max_iterations = u32::try_from(metrics.len()).unwrap() - 1;
        let mut state = State::new(begin);
        for (iteration, (metric, success)) in (0..).zip(&metrics) {
            if iteration > 0 {
                propose(&mut state, iteration, &format!("solution {iteration}"));
            }
            state.apply(&RunEvent::Evaluated { iteration, result: Ok(evaluation(*metric, *success)) }).unwrap();
            decide(&mut state);
        }
        prop_assert_eq!(state.next(), &Step::Done(StopReason::MaxIterations));
        let best = metrics.iter().filter(|(metric, success)| *success && !metric.is_nan()).map(|(metric, _)| *metric).reduce(f64::min);
        prop_assert_eq!(state.best().map(|best| best.evaluation.metric.0), best);
    }
}
