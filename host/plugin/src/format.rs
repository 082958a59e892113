//! Tells components from other files by their outline, before they are compiled.

use crate::error::PluginError;

const MAGIC: &[u8; 4] = b"\0asm";
/// How native code starts, and so what wasmtime compiles ahead of time.
const ELF: &[u8] = b"\x7fELF";
const MODULE: u32 = 0x0000_0001;
const COMPONENT: u32 = 0x0001_000d;

/// Checks that `bytes` have the outline of a whole component.
pub(crate) fn check(bytes: &[u8], limit: usize) -> Result<(), PluginError> {
    if bytes.is_empty() {
        return Err(PluginError::Empty);
    }
    if bytes.len() > limit {
        return Err(PluginError::TooLarge { bytes: bytes.len() as u64, limit });
    }
    if bytes.starts_with(ELF) {
        return Err(PluginError::Precompiled);
    }
    let Some((magic, rest)) = bytes.split_first_chunk() else { return Err(PluginError::NotWebAssembly) };
    if magic != MAGIC {
        return Err(PluginError::NotWebAssembly);
    }
    let Some((version, _)) = rest.split_first_chunk() else {
        return Err(PluginError::Truncated { offset: 4, missing_bytes: 4 - rest.len() });
    };
    match u32::from_le_bytes(*version) {
        COMPONENT => sections(bytes),
        MODULE => Err(PluginError::CoreModule),
        version => Err(PluginError::UnknownFormat { version }),
    }
}

/// Walks the sections: each is an identifying byte, a length and as many bytes.
fn sections(bytes: &[u8]) -> Result<(), PluginError> {
    let mut offset = 8;
    while offset < bytes.len() {
        let Some((length, digits)) = leb128(&bytes[offset + 1..]) else {
            return Err(PluginError::Truncated { offset, missing_bytes: 1 });
        };
        let available = bytes.len() - offset - 1 - digits;
        if length as usize > available {
            return Err(PluginError::Truncated { offset, missing_bytes: length as usize - available });
        }
        offset += 1 + digits + length as usize;
    }
    Ok(())
}

/// Reads an unsigned number in LEB128 of at most five bytes, and how many bytes it took. A longer
/// one is read as zero: the compiler will name what is wrong with it.
fn leb128(bytes: &[u8]) -> Option<(u32, usize)> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= u32::from(byte & 0x7f).checked_shl(7 * index as u32).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    (bytes.len() >= 5).then_some((0, 5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn outline(bytes: &[u8]) -> Result<(), PluginError> {
        check(bytes, 1 << 20)
    }

    #[test]
    fn tells_files_apart() {
        assert!(matches!(outline(b""), Err(PluginError::Empty)));
        assert!(matches!(outline(b"\0as"), Err(PluginError::NotWebAssembly)));
        assert!(matches!(outline(b"(component)"), Err(PluginError::NotWebAssembly)));
        assert!(matches!(outline(b"\x7fELF\x02"), Err(PluginError::Precompiled)));
        assert!(matches!(outline(b"\0asm\x0d"), Err(PluginError::Truncated { offset: 4, missing_bytes: 3 })));
        assert!(matches!(outline(b"\0asm\x01\0\0\0"), Err(PluginError::CoreModule)));
        assert!(matches!(outline(b"\0asm\x09\0\x01\0"), Err(PluginError::UnknownFormat { version: 0x1_0009 })));
        assert!(outline(b"\0asm\x0d\0\x01\0").is_ok());
        assert!(outline(b"\0asm\x0d\0\x01\0\0\x02\x01a").is_ok());
        assert!(matches!(
            outline(b"\0asm\x0d\0\x01\0\0\x05\x01a"),
            Err(PluginError::Truncated { offset: 8, missing_bytes: 3 })
        ));
        assert!(matches!(check(b"\0asm\x0d\0\x01\0", 7), Err(PluginError::TooLarge { bytes: 8, limit: 7 })));
    }

    proptest! {
        #[test]
        fn every_cut_is_noticed(lengths in proptest::collection::vec(0..300usize, 1..5), cut in 1..50usize) {
            let mut whole = b"\0asm\x0d\0\x01\0".to_vec();
            for length in lengths {
                whole.extend([0, (length & 0x7f) as u8 | 0x80, (length >> 7) as u8]);
                whole.extend(std::iter::repeat_n(b'x', length));
            }
            prop_assert!(outline(&whole).is_ok());
            let last = whole.len().saturating_sub(cut);
            // A cut between two sections leaves a shorter whole.
            if let Err(error) = outline(&whole[..last]) {
                let expected = matches!(error, PluginError::Truncated { .. } | PluginError::NotWebAssembly | PluginError::Empty);
                prop_assert!(expected, "{error}");
            }
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = sections(&[b"\0asm\x0d\0\x01\0".as_slice(), &bytes].concat());
        }
    }
}
