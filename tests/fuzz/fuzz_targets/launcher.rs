//! Messages between sandbox and launcher: whatever arrives is read or refused, and what is read is
//! written as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use perfagent_launcher::protocol::{Reply, Request};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = Request::from_bytes(bytes) {
        assert_eq!(request.to_bytes(), bytes);
    }
    // Numbers that are none differ from themselves, so replies are compared as bytes.
    if let Ok(reply) = Reply::from_bytes(bytes) {
        assert_eq!(reply.to_bytes(), bytes);
    }
});
