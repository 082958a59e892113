//! SEARCH/REPLACE blocks as models write them, well and badly, and the programs that come of them.

use perfagent_toolkit::edit::{Outcome, Status, apply};

/// What a row is about, program, SEARCH part, replacement, program after it, verdict with its lines.
type BlockRow = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);
/// What a row is about, program, reply, program after it, verdicts with their lines.
type ReplyRow = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

fn block(search: &str, replace: &str) -> String {
    format!("<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n")
}

fn verdicts(outcome: &Outcome) -> Vec<String> {
    outcome.verdicts.iter().map(|verdict| format!("{:?} {:?}", verdict.status, verdict.lines)).collect()
}

fn check(name: &str, program: &str, reply: &str, expected: &str, expected_verdicts: &[&str]) {
    let outcome = apply(program, reply);
    assert_eq!(verdicts(&outcome), expected_verdicts, "{name}: {:#?}", outcome.verdicts);
    assert_eq!(outcome.program, expected, "{name}");
}

fn check_blocks(rows: &[BlockRow]) {
    for (name, program, search, replace, expected, verdict) in rows {
        check(name, program, &block(search, replace), expected, &[verdict]);
    }
}

fn check_replies(rows: &[ReplyRow]) {
    for (name, program, reply, expected, verdicts) in rows {
        check(name, program, reply, expected, verdicts);
    }
}

/// A reply of three blocks, two of them in one fence, as `marker` characters, `fence` and `end`
/// write it. Without its closing marker the last block is the end of what was said.
fn reply(marker: usize, fence: &str, end: &str, is_closed: bool) -> String {
    let [open, divide, close] = [("<", " SEARCH"), ("=", ""), (">", " REPLACE")]
        .map(|(character, word)| format!("{}{word}", character.repeat(marker)));
    let unfence = fence.trim_end_matches(char::is_alphabetic);
    let (close_last, farewell) = match (is_closed, fence) {
        (true, _) => (close.as_str(), "That is all."),
        (false, "") => ("", ""),
        (false, _) => ("", "That is where it ends."),
    };
    #[rustfmt::skip]
    let lines = [
        "Two in one:", fence, &open, "a", &divide, "A", &close, "", "and", &open, "b", &divide, &close, unfence,
        "Last:", fence, &open, "c", "d", &divide, "c", "C", "D", close_last, unfence, farewell,
    ];
    lines.join(end)
}

#[test]
fn markers_fences_and_line_ends_may_be_any() {
    let fences = ["", "```", "```python", "````diff", "~~~", "~~~~~text"];
    let ends = [("", "\n"), ("", "\r\n"), ("  ", "\n"), (" \t", "\r\n")];
    for (marker, fence) in (5..=9).flat_map(|marker| fences.map(|fence| (marker, fence))) {
        for ((blanks, end), is_closed) in ends.into_iter().flat_map(|end| [(end, true), (end, false)]) {
            let text = reply(marker, fence, &format!("{blanks}{end}"), is_closed);
            // Blanks at the end of new lines may be meant.
            for (program, expected) in [
                ("a\nb\nc\nd\n", format!("A{blanks}\nc\nC{blanks}\nD{blanks}\n")),
                ("a \r\nb\t\r\nc\r\nd", format!("A{blanks}\r\nc\r\nC{blanks}\r\nD{blanks}")),
            ] {
                check(&text, program, &text, &expected, &["Applied [1]", "Applied [2]", "Applied [2, 3]"]);
            }
        }
    }
}

#[test]
fn blocks_are_told_from_the_text_around_and_in_them() {
    #[rustfmt::skip]
    let rows: &[ReplyRow] = &[
        ("no block", "a\n", "Nothing to change.\n=======\n", "a\n", &[]),
        ("no newline at the end", "a\n", "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE", "b\n", &["Applied [1]"]),
        ("markers of several lengths", "a\n", "<<<<< SEARCH\na\n=========\nb\n>>>>>>> REPLACE\n", "b\n",
            &["Applied [1]"]),
        ("4 characters", "a\n", "<<<< SEARCH\na\n=======\nb\n>>>> REPLACE\n", "a\n", &["Malformed []"]),
        ("10 characters", "a\n", "<<<<<<<<<< SEARCH\na\n=======\nb\n>>>>>>>>>> REPLACE\n", "a\n", &["Malformed []"]),
        ("fenced code in a longer fence", "a\n",
            "````md\n<<<<<<< SEARCH\na\n=======\n```\nb\n```\n>>>>>>> REPLACE\n````\n",
            "```\nb\n```\n", &["Applied [1]"]),
        ("list item", "a\n", "- so:\n  ```\n  <<<<<<< SEARCH\n  a\n  =======\n  b\n  >>>>>>> REPLACE\n  ```\n", "b\n",
            &["AppliedReindented [1]"]),
        ("cut where the replacement holds a fence", "a\n", "```\n<<<<<<< SEARCH\na\n=======\n```\nb\n```\n```\n", "a\n",
            &["Malformed []"]),
        ("cut where a shorter fence follows", "a\n", "````\n<<<<<<< SEARCH\na\n=======\nb\n```\n", "a\n",
            &["Malformed []"]),
        ("cut where another fence follows", "a\n", "~~~\n<<<<<<< SEARCH\na\n=======\nb\n```\n", "a\n",
            &["Malformed []"]),
        ("not closed before the next", "a\nb\n",
            "<<<<<<< SEARCH\na\n=======\nA\n<<<<<<< SEARCH\nb\n=======\nB\n>>>>>>> REPLACE\n", "a\nB\n",
            &["Malformed []", "Applied [2]"]),
        ("not divided", "a\n", "<<<<<<< SEARCH\na\nb\n>>>>>>> REPLACE\n", "a\n", &["Malformed []"]),
        ("cut before it is divided", "a\n", "<<<<<<< SEARCH\na\n", "a\n", &["Malformed []"]),
        ("cut within its closing marker", "a\n", "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPL", "a\n",
            &["Malformed []"]),
        ("cut at the begin of its closing marker", "a\n", "<<<<<<< SEARCH\na\n=======\nb\n>>", "a\n",
            &["Malformed []"]),
        ("cut before the replacement", "a\n", "<<<<<<< SEARCH\na\n=======\n", "a\n", &["Malformed []"]),
        ("cut in the divider", "a\n", "<<<<<<< SEARCH\na\n=====", "a\n", &["Malformed []"]),
        ("not opened", "a\n", "a\n=======\nb\n>>>>>>> REPLACE\n", "a\n", &["Malformed []"]),
        ("a conflict of git's in it", "a\n", "<<<<<<< SEARCH\na\n=======\n<<<<<<< HEAD\n>>>>>>> REPLACE\n", "a\n",
            &["Malformed []"]),
        ("divider in SEARCH", "t\n=======\n", "<<<<<<< SEARCH\nt\n=======\n=======\nu\n>>>>>>> REPLACE\n",
            "t\n=======\n", &["Malformed []"]),
        ("divider in both parts", "t\n=======\n",
            "<<<<<<< SEARCH\nt\n=======\n=======\nu\n=======\n>>>>>>> REPLACE\n", "t\n=======\n", &["Malformed []"]),
        ("divider in the replacement of a cut block", "t\n", "<<<<<<< SEARCH\nt\n=======\nu\n=====\n", "t\n",
            &["Malformed []"]),
        ("dividers as long as either marker", "t\n=====\n",
            "<<<<<<< SEARCH\nt\n=====\n=======\nu\n>>>>> REPLACE\n", "t\n=====\n", &["Malformed []"]),
        ("divider shorter than the markers", "t\n=====\n",
            "<<<<<<< SEARCH\nt\n=====\n=======\nu\n=====\n>>>>>>> REPLACE\n", "u\n=====\n", &["Applied [1, 2]"]),
        ("divider longer than the markers", "t\n=======\n",
            "<<<<< SEARCH\nt\n=======\n=====\nu\n=======\n>>>>> REPLACE\n", "u\n=======\n", &["Applied [1, 2]"]),
        ("divider further in", "t\n  =======\n", "<<<<<<< SEARCH\nt\n  =======\n=======\nu\n>>>>>>> REPLACE\n", "u\n",
            &["Applied [1, 2]"]),
        ("a block in longer markers", "<<<<<<< SEARCH\n=======\n>>>>>>> REPLACE\n",
            "<<<<<<<< SEARCH\n<<<<<<< SEARCH\n=======\n>>>>>>> REPLACE\n========\nx\n>>>>>>>> REPLACE\n", "x\n",
            &["Applied [1, 2, 3]"]),
        ("a block in longer markers that are not divided", "a\n",
            "<<<<<<<< SEARCH\n<<<<<<< SEARCH\na\n=======\n>>>>>>> REPLACE\n>>>>>>>> REPLACE\n", "a\n",
            &["Malformed []", "Malformed []"]),
        ("more `=` than a divider has", "t\n==========\n",
            "<<<<<<< SEARCH\nt\n==========\n=======\nu\n>>>>>>> REPLACE\n", "u\n", &["Applied [1, 2]"]),
    ];
    check_replies(rows);
}

#[test]
fn blocks_apply_in_order_and_each_alone() {
    let apply_all = |program: &str, blocks: &[(&str, &str)], expected: &str, verdicts: &[&str]| {
        let reply: String = blocks.iter().map(|(search, replace)| block(search, replace)).collect();
        check(&reply, program, &reply, expected, verdicts);
    };
    apply_all("a\n", &[("a\n", "b\nb\n"), ("b\nb\n", "c\n")], "c\n", &["Applied [1]", "Applied [1, 2]"]);
    apply_all("a\nz\n", &[("a\n", "a\nb\n"), ("z\n", "y\n")], "a\nb\ny\n", &["Applied [1]", "Applied [3]"]);
    apply_all("a\n", &[("a\n", "b\n"), ("a\n", "c\n")], "b\n", &["Applied [1]", "NotFound []"]);
    apply_all("a\n", &[("a\n", ""), ("", "b\n")], "b\n", &["Applied [1]", "Applied []"]);
    apply_all("a\nb\n", &[("b\n", "a\n"), ("a\n", "c\n")], "a\na\n", &["Applied [2]", "Ambiguous [1, 2]"]);
    apply_all(
        "a\nb\nb\n  c\n",
        &[("a\n", "A\n"), ("x\n", "X\n"), ("b\n", "B\n"), ("", "E\n"), ("c\n", "C\n"), ("b\n  C\n", "d\n")],
        "A\nb\nd\n",
        &["Applied [1]", "NotFound []", "Ambiguous [2, 3]", "Malformed []", "AppliedReindented [4]", "Applied [3, 4]"],
    );
}

#[test]
fn parts_may_be_empty_and_have_blank_lines_around() {
    #[rustfmt::skip]
    let rows: &[BlockRow] = &[
        ("empty SEARCH, empty program", "", "", "a\n\nb\n", "a\n\nb\n", "Applied []"),
        ("blank SEARCH, blank program", " \n\n", "\n", "a\n", "a\n", "Applied [1, 2]"),
        ("empty SEARCH, blanks without newline", " ", "", "a\n", "a\n", "Applied [1]"),
        ("empty SEARCH, a program", "a\n", "", "b\n", "a\n", "Malformed []"),
        ("blank SEARCH, a program with a blank line", "a\n\n", "\n", "b\n", "a\n\n", "Malformed []"),
        ("empty replacement", "a\nb\nc\n", "b\n", "", "a\nc\n", "Applied [2]"),
        ("empty replacement at the start", "a\nb\n", "a\n", "", "b\n", "Applied [1]"),
        ("empty replacement at an end without newline", "a\nb", "b\n", "", "a", "Applied [2]"),
        ("empty replacement of all", "a\nb\n", "a\nb\n", "", "", "Applied [1, 2]"),
        ("empty replacement between blank lines", "a\n\nb\n\nc\n", "b\n\n", "", "a\n\nc\n", "Applied [3, 4]"),
        ("last line without newline", "a\nb", "b\n", "c\nd\n", "a\nc\nd", "Applied [2]"),
        ("lines after the last without newline", "a\r\nb", "b\n", "b\nc\n", "a\r\nb\r\nc", "Applied [2]"),
        ("first line where the last has no newline", "a\nb", "a\n", "c\n", "c\nb", "Applied [1]"),
        ("only new lines get the ends that most have", "a\r\nb\nc\r\n", "a\nb\nc\n", "a\nb\nd\n", "a\r\nb\nd\r\n",
            "Applied [1, 2, 3]"),
        ("leading blank line in both parts", "a\nb\n", "\nb\n", "\nc\n", "a\nc\n", "Applied [2]"),
        ("leading blank line in SEARCH", "a\nb\n", "\nb\n", "c\n", "a\nc\n", "Applied [2]"),
        ("leading blank line in the replacement", "a\nb\n", "b\n", "\nb\n", "a\n\nb\n", "Applied [2]"),
        ("leading blank line that the program has", "a\n\nb\n", "\nb\n", "\nc\n", "a\n\nc\n", "Applied [2, 3]"),
        ("leading blank line that says which", "b\n\nb\n", "\nb\n", "\nc\n", "b\n\nc\n", "Applied [2, 3]"),
        ("blank lines around an indented line", "a\n  b\n", "\nb\n\n", "\nc\n\n", "a\n  c\n", "AppliedReindented [2]"),
        ("wrappers that the program lacks", "a\nb\n", "# EVOLVE-BLOCK-START\nb\n# EVOLVE-BLOCK-END\n",
            "# EVOLVE-BLOCK-START\nc\n# EVOLVE-BLOCK-END\n", "a\nc\n", "Applied [2]"),
        ("wrapper in one part alone", "a\nb\n", "b\n", "// EVOLVE-BLOCK-START\nc\n", "a\nc\n", "Applied [2]"),
        ("wrappers that the program has", "# EVOLVE-BLOCK-START\nb\n# EVOLVE-BLOCK-END\n", "# EVOLVE-BLOCK-START\nb\n",
            "# EVOLVE-BLOCK-START\nc\n", "# EVOLVE-BLOCK-START\nc\n# EVOLVE-BLOCK-END\n", "Applied [1, 2]"),
        ("wrappers that the program has elsewhere", "# EVOLVE-BLOCK-START\na\nb\n# EVOLVE-BLOCK-END\n",
            "# EVOLVE-BLOCK-START\nb\n# EVOLVE-BLOCK-END\n", "# EVOLVE-BLOCK-START\nc\n# EVOLVE-BLOCK-END\n",
            "# EVOLVE-BLOCK-START\na\nc\n# EVOLVE-BLOCK-END\n", "Applied [3]"),
    ];
    check_blocks(rows);
}

#[test]
fn indentation_is_shifted_only_where_it_is_uniform() {
    #[rustfmt::skip]
    let rows: &[BlockRow] = &[
        ("deeper", "if a:\n    b\n    if c:\n        d\n", "b\nif c:\n    d\n", "if e:\n    f\n\ng\n",
            "if a:\n    if e:\n        f\n\n    g\n", "AppliedReindented [2, 3, 4]"),
        ("shallower", "b\n  c\n", "    b\n      c\n", "    d\n        e\n", "d\n    e\n", "AppliedReindented [1, 2]"),
        ("tabs", "\t\tb\r\n", "\tb\n", "\tc\n\t\td\n", "\t\tc\r\n\t\t\td\r\n", "AppliedReindented [1]"),
        ("blank lines do not count", "  a\n\n  b\n", "a\n   \nb\n", "c\n", "  c\n", "AppliedReindented [1, 2, 3]"),
        ("as written goes before shifted", "  b\nb\n", "b\n", "c\n", "  b\nc\n", "Applied [2]"),
        ("not uniform", "  a\n    b\n", "a\nb\n", "c\n", "  a\n    b\n", "NotFound [1, 2]"),
        ("tab for spaces", "    b\n", "\tb\n", "\tc\n", "    b\n", "NotFound [1]"),
        ("replacement at the margin", "b\n", "  b\n", "c\n", "b\n", "NotFound [1]"),
        ("several shifted", "  b\n    b\n", "b\n", "c\n", "  b\n    b\n", "Ambiguous [1, 2]"),
        ("shifted around left out lines", "  a\n  x\n  b\n", "a\n...\nb\n", "c\n...\nd\n", "  c\n  x\n  d\n",
            "AppliedReindented [1, 3]"),
    ];
    check_blocks(rows);
}

#[test]
fn lines_left_out_stay() {
    #[rustfmt::skip]
    let rows: &[BlockRow] = &[
        ("between", "a\nx\ny\nb\n", "a\n...\nb\n", "A\n...\nB\n", "A\nx\ny\nB\n", "Applied [1, 4]"),
        ("as a comment", "a\nx\nb\n", "a\n  # ... the rest ...\nb\n", "A\n  # ... the rest ...\nB\nc\n", "A\nx\nB\nc\n",
            "Applied [1, 3]"),
        ("twice, nothing in one", "a\nb\nx\nc\n", "a\n...\nb\n...\nc\n", "a\n...\n...\nd\n", "a\nx\nd\n",
            "Applied [1, 2, 4]"),
        ("before and after", "x\na\ny\n", "...\na\n...\n", "...\nb\n...\n", "x\nb\ny\n", "Applied [2]"),
        ("the end stands before, too", "b\na\nx\nb\n", "a\n...\nb\n", "a\n...\nc\n", "b\na\nx\nc\n", "Applied [2, 4]"),
        ("the end stands further in, too", "a\n  b\nb\n", "a\n...\nb\n", "a\n...\nc\n", "a\n  b\nc\n",
            "Applied [1, 3]"),
        ("the program's own dots", "def f():\n    ...\n", "    ...\n", "    return 1\n", "def f():\n    return 1\n",
            "Applied [2]"),
        ("the end is missing", "a\nx\n", "a\n...\nb\n", "c\n...\nd\n", "a\nx\n", "NotFound [1, 2]"),
        ("several ends", "a\nb\nx\nb\n", "a\n...\nb\n", "c\n...\nd\n", "a\nb\nx\nb\n", "Ambiguous [2, 4]"),
        ("no partner in the replacement", "a\nx\nb\n", "a\n...\nb\n", "c\n", "a\nx\nb\n", "Malformed []"),
        ("no partner in SEARCH", "a\nx\nb\n", "a\n", "...\nb\n", "a\nx\nb\n", "Malformed []"),
        ("partner elsewhere", "x\na\n", "...\na\n", "b\n...\n", "x\na\n", "Malformed []"),
        ("nothing between two", "a\nb\n", "a\n...\n...\nb\n", "c\n...\n...\nd\n", "a\nb\n", "Malformed []"),
        ("nothing else", "a\n", "...\n", "...\n", "a\n", "Malformed []"),
    ];
    check_blocks(rows);
}

#[test]
fn text_in_several_places_or_in_a_part_of_a_line_is_refused() {
    #[rustfmt::skip]
    let rows: &[BlockRow] = &[
        ("three places", "b\na\nb\nb\n", "b\n", "c\n", "b\na\nb\nb\n", "Ambiguous [1, 3, 4]"),
        ("places that overlap", "b\nb\nb\n", "b\nb\n", "c\n", "b\nb\nb\n", "Ambiguous [1, 2]"),
        ("a line before says which", "b\na\nb\n", "a\nb\n", "a\nc\n", "b\na\nc\n", "Applied [2, 3]"),
        ("a line after says which", "b\na\nb\n", "b\na\n", "c\na\n", "c\na\nb\n", "Applied [1, 2]"),
        ("start of a line", "abc = 1\n", "abc\n", "d\n", "abc = 1\n", "NotFound [1]"),
        ("end of a line", "x\nabc = 1\n", "= 1\n", "= 2\n", "x\nabc = 1\n", "NotFound [2]"),
        ("a whole line and a part of the next", "one = 1\ntwo = 2\n", "one = 1\ntwo\n", "three\n", "one = 1\ntwo = 2\n",
            "NotFound [1, 2]"),
        ("a part of one line, the whole of another", "ab\na\n", "a\n", "c\n", "ab\nc\n", "Applied [2]"),
        ("other case", "Abc\n", "abc\n", "d\n", "Abc\n", "NotFound []"),
    ];
    check_blocks(rows);
}

#[test]
fn verdicts_say_what_to_do_better() {
    let program = "def f(x):\n    total = 0\n    for i in x:\n        total += i\n    return total\n\nend\nend\n";
    for (status, search, replace, parts) in [
        (Status::Applied, "def f(x):\n", "def f(y):\n", &["line 1 replaced by 1 line"][..]),
        (Status::Applied, "    total = 0\n    for i in x:\n", "", &["lines 2 to 3 deleted"]),
        (Status::AppliedReindented, "return total\n", "return 1\n", &["line 5 replaced", "indented by 4 spaces more"]),
        (Status::Ambiguous, "end\n", "", &["2 places, starting at lines 7, 8", "add lines before or after"]),
        (
            Status::NotFound,
            "total = 0\n  for i in x:\n",
            "",
            &["line 2 is indented by 4 spaces, in the block by nothing", "line 3 is indented by 4 spaces"],
        ),
        (Status::NotFound, "    def f(x):\n", "end\n", &["found at line 1", "indented too little", "`end`"]),
        (Status::NotFound, "total =\n", "", &["not found as a whole line", "line 2", "`    total = 0`"]),
        (
            Status::NotFound,
            "    total = 0\n    for k in x:\n        total += i\n",
            "",
            &[
                "nearest text of the program is lines 2 to 4:\n",
                "\n    2 |     total = 0\n    3 |     for i in x:\n    4 |         total += i\n",
                "line 3 differs: the block has `    for k in x:`",
            ],
        ),
        (Status::NotFound, "~\n", "", &["nothing in the program is like it"]),
        (Status::Malformed, "", "x\n", &["the SEARCH part is empty", "the program is not empty"]),
        (Status::Malformed, "end\n=======\n", "", &["lines 3 and 4", "another number of characters"]),
        (
            Status::Malformed,
            "def f(x):\n...\nend\n",
            "",
            &["0 `...` lines and the SEARCH part 1", "must have its partner"],
        ),
    ] {
        let outcome = apply(program, &block(search, replace));
        let [verdict] = &outcome.verdicts[..] else { panic!("{search}: {:?}", outcome.verdicts) };
        assert_eq!(verdict.status, status, "{search}: {}", verdict.message);
        for part in parts {
            assert!(verdict.message.contains(part), "{part:?} is not in {:?}", verdict.message);
        }
    }
    let cut = apply("a\n", "<<<<<<< SEARCH\na\n=======\nb\n");
    assert!(cut.verdicts[0].message.contains("closing marker was missing"), "{:?}", cut.verdicts);
}
