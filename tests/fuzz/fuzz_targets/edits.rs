//! SEARCH/REPLACE blocks: any program with any reply.

#![no_main]

use libfuzzer_sys::fuzz_target;
use perfagent_toolkit::edit::{Status, apply};

fuzz_target!(|input: (&str, &str)| {
    let (program, reply) = input;
    let outcome = apply(program, reply);
    let applied = |status| matches!(status, Status::Applied | Status::AppliedReindented);
    if !outcome.verdicts.iter().any(|verdict| applied(verdict.status)) {
        assert_eq!(outcome.program, program, "nothing applied, so nothing changes");
    }
});
