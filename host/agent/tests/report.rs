//! What reports read from journals, whoever wrote those.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod common;

use common::{evaluated, evaluation, extracted, record, reply, started};
use perfagent_agent::report::{Along, Height, Runs, compare, curve};
use perfagent_core::event::{Record, RunEvent, StopReason, Verdict};
use perfagent_core::metric::Metric;
use perfagent_core::task::{Finding, Ratio};
use proptest::prelude::*;
use std::fs;
use std::path::Path;

/// The journal of a run that starts with `first`, makes `better` of it, and then fails.
fn run(id: &str, first: f64, better: f64) -> Vec<Record> {
    let mut begun = started(true);
    begun.metadata.id = id.to_owned();
    begun.spec.iteration.max_iterations = 2;
    begun.instance.language = Some("cpp".to_owned());
    let ratio = Ratio { estimate: better / first, low: 0.4, high: 0.6, confidence: 0.95 };
    let mut improved = evaluation(better, true);
    improved.ratio = Some(ratio);
    let asked = |iteration| RunEvent::PromptBuilt { iteration, messages: Vec::new() };
    let changed = |iteration, code: &str| extracted(iteration, Finding::Changed(code.to_owned()));
    let decided = |iteration, verdict, best| RunEvent::Decided { iteration, verdict, best: Some(best) };
    let mut replied = reply(1, "first");
    if let RunEvent::ModelReplied { reply, .. } = &mut replied {
        reply.usage.total_tokens = 50;
    }
    [
        RunEvent::Started(Box::new(begun)),
        evaluated(0, first, true),
        decided(0, Verdict::FirstValid, 0),
        asked(1),
        replied,
        changed(1, "better"),
        RunEvent::Evaluated { iteration: 1, result: Ok(improved) },
        decided(1, Verdict::Improved, 1),
        asked(2),
        reply(2, "second"),
        changed(2, "wrong"),
        evaluated(2, f64::INFINITY, false),
        decided(2, Verdict::Failed, 1),
        RunEvent::Finished { reason: StopReason::MaxIterations },
    ]
    .map(record)
    .to_vec()
}

fn bytes(records: &[Record]) -> Vec<u8> {
    records
        .iter()
        .flat_map(|record| serde_json::to_string(record).unwrap().into_bytes().into_iter().chain([b'\n']))
        .collect()
}

fn write(base: &Path, name: &str, bytes: &[u8]) {
    let directory = base.join(name);
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join(format!("{name}.journal.jsonl")), bytes).unwrap();
}

#[test]
fn runs_are_folded_and_what_cannot_be_read_is_named() {
    let base = tempfile::tempdir().unwrap();
    let whole = bytes(&run("a", 2.0, 1.0));
    write(base.path(), "instance", &whole);
    write(base.path(), "instance.sample-2", &bytes(&run("a", 2.0, 1.0)[..4]));
    write(base.path(), "instance.old-1", &whole);
    write(base.path(), "damaged", &[b"nonsense\n", whole.as_slice()].concat());
    write(base.path(), "mixed", &bytes(&[run("a", 2.0, 1.0).remove(0), record(evaluated(7, 1.0, true))]));
    let all = Runs::read(base.path()).unwrap();
    let names: Vec<_> = all.runs.iter().map(|run| (run.name.as_str(), run.sample, run.ended)).collect();
    assert_eq!(names, [("instance", 1, true), ("instance.sample-2", 2, false)]);
    let skipped = all.skipped.join("\n");
    assert!(all.skipped.len() == 2 && skipped.contains("damaged.journal.jsonl, line 1"), "{skipped}");
    assert!(skipped.contains("evaluated cannot follow here"), "{skipped}");

    let run = &all.runs[0];
    assert_eq!((run.grade.metric, run.grade.success, run.first_metric), (Metric(1.0), true, Some(Metric(2.0))));
    assert_eq!((run.usage.total_tokens, run.iterations, run.best_over_first), (50, 2, Some(0.5)));
    let [improvement] = run.improvements.as_slice() else { unreachable!("{run:?}") };
    assert_eq!((improvement.iteration, improvement.metric, improvement.ratio.unwrap().high), (1, Metric(1.0), 0.6));
    assert_eq!(all.score().pass_at[0].share, 1.0, "a run that has not ended counts for nothing");
    let own = Runs::read(&base.path().join("instance")).unwrap();
    assert_eq!(own.runs.len(), 1, "a run's own directory will do");
}

#[test]
fn curves_and_comparisons_are_over_all_runs() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for number in 0..8 {
        let (id, first) = (format!("i{number}"), 2.0 + f64::from(number));
        write(one.path(), &id, &bytes(&run(&id, first, first / 2.0)));
        write(other.path(), &id, &bytes(&run(&id, first, first / 4.0)));
    }
    let (one, other) = (Runs::read(one.path()).unwrap(), Runs::read(other.path()).unwrap());
    let height = Height::of(&[&one]);
    let iterations = curve(&one, Along::Iterations, height);
    let near = |steps: &[(f64, f64)], expected: &[(f64, f64)]| {
        steps.len() == expected.len() && steps.iter().zip(expected).all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() < 1e-9)
    };
    assert!(near(&iterations, &[(0.0, 1.0), (1.0, 0.5), (2.0, 0.5)]), "{iterations:?}");
    let tokens = curve(&one, Along::Tokens, height);
    assert!(near(&tokens, &[(0.0, 1.0), (50.0, 0.5)]), "{tokens:?}");

    // Beside runs that improved, those that did not are drawn on the same axis.
    let idle = tempfile::tempdir().unwrap();
    write(idle.path(), "i0", &bytes(&run("i0", 2.0, 1.0)[..3]));
    let idle = Runs::read(idle.path()).unwrap();
    assert_eq!((Height::of(&[&idle]), Height::of(&[&idle, &one])), (Height::Valid, Height::Ratio));
    assert_eq!(curve(&idle, Along::Iterations, Height::of(&[&idle, &one])), [(0.0, 1.0)]);

    let compared = compare(&one, &other).unwrap();
    assert_eq!((compared.pairs, compared.both_valid), (8, 8));
    let ratio = compared.ratio.unwrap();
    assert!((ratio.estimate - 0.5).abs() < 1e-9 && ratio.high < 1.0, "{ratio:?}");
    assert_eq!(compared.valid_difference[0], 0.0);
    assert_eq!(compare(&one, &Runs::default()), None);
}

proptest! {
    #[test]
    fn no_change_to_a_journal_does_harm(at in 0..10_000_usize, byte in any::<u8>(), cut in any::<bool>()) {
        let mut journal = bytes(&run("a", 2.0, 1.0));
        let at = at % journal.len();
        if cut {
            journal.remove(at);
        } else {
            journal[at] = byte;
        }
        let base = tempfile::tempdir().unwrap();
        write(base.path(), "a", &journal);
        let runs = Runs::read(base.path()).unwrap();
        prop_assert_eq!(runs.runs.len() + runs.skipped.len(), 1);
        runs.score();
        curve(&runs, Along::Tokens, Height::of(&[&runs]));
        compare(&runs, &runs);
    }
}
