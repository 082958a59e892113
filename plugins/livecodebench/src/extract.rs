//! Finds the program in a model's reply.

mod plausible;

use perfagent_task::text::is_same_program;
use perfagent_task::{Finding, fence};

/// What a fence of Python may be marked with.
const NAMES: [&str; 3] = ["python", "python3", "py"];

/// The last block that is marked as Python, else the last without a mark, else the whole reply where
/// it holds no fence and looks like a program.
pub(crate) fn extract(reply: &str, current: &str) -> Finding {
    let blocks = fence::code_blocks(reply);
    let marked = blocks.iter().rfind(|block| NAMES.contains(&block.language.as_str()));
    let found = marked.or_else(|| blocks.iter().rfind(|block| block.language.is_empty()));
    let code = match found {
        Some(block) => block.code.clone(),
        None if blocks.is_empty() && !reply.contains("```") && plausible::is_program(reply) => {
            format!("{}\n", reply.trim_end())
        }
        None => return Finding::NoSolution("no fenced block with a Python program".to_owned()),
    };
    if code.trim().is_empty() {
        Finding::NoSolution("the fenced block is empty".to_owned())
    } else if is_same_program(&code, current) {
        Finding::Identical
    } else {
        Finding::Changed(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CURRENT: &str = "a = 1\nprint(a)\n";

    fn changed(code: &str) -> Finding {
        Finding::Changed(code.to_owned())
    }

    #[test]
    fn the_last_python_block_wins() {
        let reply = "```python\nfirst()\n```\n```Python3\nsecond()\n```\n```\nthird()\n```\n```text\nx\n```";
        assert_eq!(extract(reply, CURRENT), changed("second()\n"));
        assert_eq!(extract("```\na()\n```\n```\nb()\n```\n```text\nx\n```", CURRENT), changed("b()\n"));
        assert_eq!(extract("cut off:\n```py\nx = 1\ny = 2", CURRENT), changed("x = 1\ny = 2\n"));
        assert_eq!(extract("```python\na = 1  \nprint(a)\n\n```", CURRENT), Finding::Identical);
    }

    #[test]
    fn a_reply_without_a_fence_may_be_a_program() {
        assert_eq!(
            extract("import sys\nprint(sys.stdin.read())", CURRENT),
            changed("import sys\nprint(sys.stdin.read())\n")
        );
        assert_eq!(extract(CURRENT, CURRENT), Finding::Identical);
    }

    #[test]
    fn everything_else_leaves_the_program_as_it_is() {
        for reply in
            ["", "Sorry, I cannot.", "```python\n\n```", "```js\nx()\n```", "x = ```1```", "Use print (it works) here."]
        {
            assert!(matches!(extract(reply, CURRENT), Finding::NoSolution(_)), "{reply}");
        }
    }

    proptest! {
        #[test]
        fn a_fenced_program_is_found_as_written(code in "[a-z =\n]{0,60}[a-z]") {
            let reply = format!("Words.\n```python\n{code}\n```\nMore words.\n");
            prop_assert_eq!(extract(&reply, CURRENT), changed(&format!("{code}\n")));
        }

        #[test]
        fn no_reply_makes_it_panic(reply in "(```|```py|a = 1|\n| |'|\"|\\(|\\)|é|#|\\\\){0,30}", text in any::<String>()) {
            let _ = (extract(&reply, CURRENT), extract(&text, CURRENT));
        }
    }
}
