//! What is said to the harness in the sandbox, and what it answers. Frames hold bytes after their
//! length; the harness itself describes them.

use perfagent_task::{CompileRequest, File};
use serde_json::json;

/// The program that runs candidates, and the modules beside it.
const MAIN: &str = include_str!("harness/main.py");
const MODULES: [(&str, &str); 7] = [
    ("harness_candidate.py", include_str!("harness/candidate.py")),
    ("harness_frames.py", include_str!("harness/frames.py")),
    ("harness_function.py", include_str!("harness/function.py")),
    ("harness_leftovers.py", include_str!("harness/leftovers.py")),
    ("harness_plain.py", include_str!("harness/plain.py")),
    ("harness_prelude.py", include_str!("harness/prelude.py")),
    ("harness_script.py", include_str!("harness/script.py")),
];

/// Bytes that are kept of what one test prints or returns.
pub(crate) const OUTPUT_BYTES: u64 = 16 << 20;
/// Bytes that one run of the harness may report; it pauses before the next test may exceed them.
pub(crate) const RUN_OUTPUT_BYTES: u64 = 48 << 20;

/// The harness as a program for the sandbox.
pub(crate) fn program() -> CompileRequest {
    let file = |(path, content): (&str, &str)| File { path: path.to_owned(), content: content.into() };
    CompileRequest { files: MODULES.map(file).into(), ..CompileRequest::new("python3", MAIN) }
}

/// What the harness is to do, apart from the tests.
pub(crate) struct Job<'a> {
    /// The candidate.
    pub(crate) source: &'a str,
    /// The function to call; none where the candidate is a script.
    pub(crate) function: Option<&'a str>,
    pub(crate) timeout_seconds: f64,
    pub(crate) memory_bytes: u64,
    pub(crate) stop_at_first_failure: bool,
}

impl Job<'_> {
    /// The harness's standard input for tests with these inputs.
    pub(crate) fn input(&self, texts: &[&str]) -> Vec<u8> {
        let job = json!({
            "source": self.source,
            "function": self.function,
            "timeout_seconds": self.timeout_seconds,
            "memory_bytes": self.memory_bytes,
            "stop_at_first_failure": self.stop_at_first_failure,
            "tests": texts.len(),
            "output_bytes": OUTPUT_BYTES,
            "run_output_bytes": RUN_OUTPUT_BYTES,
        });
        let job = job.to_string();
        let frames = || std::iter::once(job.as_str()).chain(texts.iter().copied());
        // Exactly as much as is needed: inputs may take a good part of a plugin's memory.
        let mut input = Vec::with_capacity(frames().map(|text| text.len() + 4).sum());
        for text in frames() {
            // No text comes near four gigabytes, the whole memory of a plugin.
            input.extend((text.len() as u32).to_be_bytes());
            input.extend(text.as_bytes());
        }
        input
    }
}

/// What the harness says of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// What the function returned, in the harness's spelling.
    Value(Vec<u8>),
    /// All that the script printed.
    Printed(Vec<u8>),
    /// The first part of what the script printed: there was more than is kept.
    PrintedMore(Vec<u8>),
    OutOfTime,
    /// The program failed; the text says how.
    Failed(String),
}

/// How the harness's report ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Without a word: after the last test, or because something ended the harness.
    Silent,
    /// The tests that remain belong to another run.
    Paused,
    /// The candidate cannot even be loaded.
    Unloadable(String),
    /// The harness failed, or wrote what it never writes.
    Broken(String),
}

/// Reads the harness's standard output. Nobody else can write there; a kill may cut it anywhere.
pub(crate) fn replies(output: &[u8]) -> (Vec<Reply>, End) {
    let mut replies = Vec::new();
    let mut rest = output;
    while let Some((head, after)) = rest.split_first_chunk::<5>() {
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let Some(body) = after.get(..length) else { break };
        rest = &after[length..];
        let text = || String::from_utf8_lossy(body).into_owned();
        replies.push(match head[0] {
            b'v' => Reply::Value(body.to_owned()),
            b'o' => Reply::Printed(body.to_owned()),
            b'x' => Reply::PrintedMore(body.to_owned()),
            b't' => Reply::OutOfTime,
            b'e' => Reply::Failed(text()),
            b'l' => return (replies, End::Unloadable(text())),
            b'p' => return (replies, End::Paused),
            b'h' => return (replies, End::Broken(text())),
            other => return (replies, End::Broken(format!("a frame of the unknown kind {other}"))),
        });
    }
    (replies, End::Silent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(kind: u8, body: &str) -> Vec<u8> {
        [&[kind][..], &(body.len() as u32).to_be_bytes(), body.as_bytes()].concat()
    }

    #[test]
    fn replies_are_read_up_to_where_they_end() {
        let all =
            [frame(b'o', "1\n"), frame(b'x', "2"), frame(b'v', "3"), frame(b'e', "E()"), frame(b't', "")].concat();
        let expected = [
            Reply::Printed(b"1\n".into()),
            Reply::PrintedMore(b"2".into()),
            Reply::Value(b"3".into()),
            Reply::Failed("E()".to_owned()),
            Reply::OutOfTime,
        ];
        assert_eq!(replies(&all), (expected.to_vec(), End::Silent));
        assert_eq!(replies(&all[..all.len() - 1]), (expected[..4].to_vec(), End::Silent));
        let after = |kind, body| replies(&[frame(b't', ""), frame(kind, body), frame(b't', "")].concat());
        let before = || vec![Reply::OutOfTime];
        assert_eq!(after(b'l', "S"), (before(), End::Unloadable("S".to_owned())));
        assert_eq!(after(b'p', ""), (before(), End::Paused));
        assert_eq!(after(b'h', "H"), (before(), End::Broken("H".to_owned())));
        assert!(matches!(after(b'?', "").1, End::Broken(_)));
    }

    #[test]
    fn the_job_comes_before_the_tests() {
        let job = Job {
            source: "print(1)",
            function: None,
            timeout_seconds: 6.0,
            memory_bytes: 64,
            stop_at_first_failure: true,
        };
        let input = job.input(&["é", ""]);
        let length = u32::from_be_bytes(input[..4].try_into().unwrap()) as usize;
        let job: serde_json::Value = serde_json::from_slice(&input[4..4 + length]).unwrap();
        assert_eq!((&job["tests"], &job["function"]), (&json!(2), &serde_json::Value::Null));
        assert_eq!(&input[4 + length..], b"\0\0\0\x02\xc3\xa9\0\0\0\0");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(kinds in "[voxtelph]{0,5}", data in prop::collection::vec(any::<u8>(), 0..50), cut in 0_usize..60) {
            let mut all: Vec<u8> = kinds.bytes().flat_map(|kind| frame(kind, "x")).collect();
            all.extend(data);
            let (replies, _) = replies(&all[..cut.min(all.len())]);
            prop_assert!(replies.len() <= all.len() / 5);
        }
    }
}
