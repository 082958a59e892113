//! Finds the solution in a model's reply.

use crate::config::Mode;
use crate::language::Language;
use perfagent_task::text::is_same_program;
use perfagent_task::{EditStatus, EditVerdict, Extraction, Finding, edit, fence};

/// Finds the solution in `reply`; edits apply to `current`.
pub(crate) fn extract(mode: Mode, language: &Language, reply: &str, current: &str) -> Extraction {
    match mode {
        Mode::Diff => edited(language, reply, current),
        Mode::Direct => Extraction::new(written(language, reply, current)),
    }
}

fn edited(language: &Language, reply: &str, current: &str) -> Extraction {
    let outcome = edit::apply(current, reply);
    if outcome.verdicts.is_empty() {
        return Extraction::new(rewritten(language, reply, current));
    }
    let verdicts: Vec<EditVerdict> = outcome.verdicts.into_iter().map(EditVerdict::from).collect();
    let has_applied =
        |verdict: &EditVerdict| matches!(verdict.status, EditStatus::Applied | EditStatus::AppliedReindented);
    let finding = if verdicts.iter().any(has_applied) {
        compared(outcome.program, current)
    } else {
        let count = verdicts.len();
        Finding::EditsFailed(format!(
            "none of the reply's {count} edit block{} applies",
            if count == 1 { "" } else { "s" }
        ))
    };
    Extraction { finding, verdicts }
}

/// The program of a reply without edits: its only block that may be in the language.
fn rewritten(language: &Language, reply: &str, current: &str) -> Finding {
    let names = language.fence_names();
    let mut blocks = fence::code_blocks(reply);
    blocks.retain(|block| block.language.is_empty() || names.contains(&block.language.as_str()));
    blocks.retain(|block| !block.code.trim().is_empty());
    match (blocks.pop(), blocks.is_empty()) {
        (Some(block), true) => compared(block.code, current),
        (Some(_), false) => Finding::NoSolution(
            "no SEARCH/REPLACE block, and several fenced blocks of which any could be the program".to_owned(),
        ),
        (None, _) => {
            Finding::NoSolution(format!("no SEARCH/REPLACE block, and no whole {} program in a fence", language.title))
        }
    }
}

fn written(language: &Language, reply: &str, current: &str) -> Finding {
    match fence::last_code_block(reply, &language.fence_names()) {
        Some(block) if !block.code.trim().is_empty() => compared(block.code, current),
        Some(_) => Finding::NoSolution("the fenced block is empty".to_owned()),
        None => Finding::NoSolution(format!("no fenced block with a {} program", language.title)),
    }
}

fn compared(found: String, current: &str) -> Finding {
    if is_same_program(&found, current) { Finding::Identical } else { Finding::Changed(found) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::LANGUAGES;
    use proptest::prelude::*;

    const CURRENT: &str = "a = 1\nb = 2\n";

    fn found(mode: Mode, reply: &str) -> Extraction {
        extract(mode, Language::named("python3").unwrap(), reply, CURRENT)
    }

    fn changed(code: &str) -> Finding {
        Finding::Changed(code.to_owned())
    }

    #[test]
    fn edits_apply_and_their_verdicts_are_passed_on() {
        let reply = "<<<<<<< SEARCH\nb = 2\n=======\nb = 3\n>>>>>>> REPLACE\n\
                     <<<<<<< SEARCH\nc = 2\n=======\nc = 3\n>>>>>>> REPLACE\n";
        let extraction = found(Mode::Diff, reply);
        assert_eq!(extraction.finding, changed("a = 1\nb = 3\n"));
        let statuses: Vec<_> = extraction.verdicts.iter().map(|verdict| verdict.status).collect();
        assert_eq!(statuses, [EditStatus::Applied, EditStatus::NotFound]);
    }

    #[test]
    fn edits_that_do_nothing_are_told_apart() {
        let missing = found(Mode::Diff, "<<<<<<< SEARCH\nc\n=======\nd\n>>>>>>> REPLACE\n");
        assert_eq!(missing.finding, Finding::EditsFailed("none of the reply's 1 edit block applies".to_owned()));
        let same = found(Mode::Diff, "<<<<<<< SEARCH\nb = 2\n=======\nb = 2  \n>>>>>>> REPLACE\n");
        assert_eq!(same.finding, Finding::Identical);
    }

    #[test]
    fn a_whole_program_passes_in_diff_mode() {
        assert_eq!(found(Mode::Diff, "Here:\n```py\na = 3\n```\n").finding, changed("a = 3\n"));
        assert_eq!(found(Mode::Diff, "```\na = 3\n```\nprints\n```text\n3\n```").finding, changed("a = 3\n"));
        assert_eq!(found(Mode::Diff, "```python\na = 1  \nb = 2\n\n```").finding, Finding::Identical);
        for reply in ["no code", "```py\na\n```\n```py\nb\n```", "```\n```"] {
            assert!(matches!(found(Mode::Diff, reply).finding, Finding::NoSolution(_)), "{reply}");
        }
    }

    #[test]
    fn every_name_of_a_language_marks_its_fences() {
        for language in &LANGUAGES {
            for name in language.fence_names() {
                let reply = format!("```text\nno\n```\n```{name}\nnew\n```\n```text\nno\n```\n");
                for mode in [Mode::Direct, Mode::Diff] {
                    assert_eq!(extract(mode, language, &reply, CURRENT).finding, changed("new\n"), "{name}");
                }
            }
        }
    }

    #[test]
    fn direct_takes_the_last_block_of_the_language_else_the_last() {
        let reply = "```python\nfirst\n```\n```Python3\nsecond\n```\n```text\nthird\n```\n";
        assert_eq!(found(Mode::Direct, reply).finding, changed("second\n"));
        assert_eq!(found(Mode::Direct, "```js\nx\n```\n```\ny\n```").finding, changed("y\n"));
        assert_eq!(found(Mode::Direct, "```py\na = 1\nb = 2\n```").finding, Finding::Identical);
        for reply in ["none", "```py\n\n```"] {
            assert!(matches!(found(Mode::Direct, reply).finding, Finding::NoSolution(_)), "{reply}");
        }
    }

    proptest! {
        #[test]
        fn a_fenced_program_is_found_as_written(code in "[a-z =\n]{0,60}[a-z]") {
            let reply = format!("Words.\n```python\n{code}\n```\nMore words.\n");
            let expected = if is_same_program(&code, CURRENT) { Finding::Identical } else { changed(&format!("{code}\n")) };
            prop_assert_eq!(&found(Mode::Direct, &reply).finding, &expected);
            prop_assert_eq!(&found(Mode::Diff, &reply).finding, &expected);
        }

        #[test]
        fn no_reply_makes_it_panic(reply in "(<<<<<<< SEARCH|=======|>>>>>>> REPLACE|```py|a = 1|\n| ){0,30}") {
            let _ = (found(Mode::Diff, &reply), found(Mode::Direct, &reply));
        }
    }
}
