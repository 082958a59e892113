//! A decision over the numbers of system calls as a balanced tree: the kernel tries a new filter on every
//! number there is, so that a long list of comparisons would cost each run a third of a millisecond.

use super::{Code, jump};
use libc::BPF_JGE;

/// Makes a filter that does what `answers` say: each holds from its number on up to the next one's. The
/// first number is 0. Nothing falls out at the end of a piece of code.
pub(super) fn decide(answers: &[(u32, Code)]) -> Code {
    match answers {
        [] => Code::new(),
        [(_, code)] => code.clone(),
        _ => {
            let (lower, upper) = answers.split_at(answers.len() / 2);
            let (below, above) = (decide(lower), decide(upper));
            let mut code = branch(upper[0].0, below.len());
            code.extend(below);
            code.extend(above);
            code
        }
    }
}

/// Goes on `distance` instructions further down for numbers from `number` on.
fn branch(number: u32, distance: usize) -> Code {
    match u8::try_from(distance) {
        Ok(distance) => vec![jump(BPF_JGE, number, distance, 0)],
        // Conditional jumps reach no further; others do.
        Err(_) => vec![jump(BPF_JGE, number, 0, 1), super::statement(libc::BPF_JMP | libc::BPF_JA, distance as u32)],
    }
}
