//! Fenced code, templates and bounded texts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use perfagent_toolkit::{fence, template, text};

fuzz_target!(|input: &str| {
    let blocks = fence::code_blocks(input);
    assert_eq!(fence::last_code_block(input, &[]).is_some(), !blocks.is_empty());
    let _ = template::render(input, &[("name", "value")]);
    let _ = text::cut_middle(input, 40);
    let _ = text::strip_ansi(input);
    let _ = text::normalize_line_ends(input);
});
