//! Everything that comes from registries, or lies beside plugins: whatever it is, it is read or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use perfagent_registry::{DockerConfig, LockFile, Reference, Signature, component_of};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(component) = component_of(bytes, 1000) {
        assert!((1..=1000).contains(&component.size_bytes));
    }
    if let Ok(signature) = Signature::from_json(bytes) {
        let again = Signature::from_json(signature.to_json().as_bytes());
        assert_eq!(again.expect("what was written is read"), signature);
    }
    let _ = LockFile::new("perfagent.lock".into(), |_| {}).parse(bytes);
    let _ = DockerConfig::parse(bytes);
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(reference) = text.parse::<Reference>()
    {
        assert_eq!(reference.to_string(), text);
    }
});
