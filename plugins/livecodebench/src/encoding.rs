//! The encodings of the data set's test lists: a list, that list as JSON in a string, or base64 of
//! zlib of a pickle of that string.

use crate::pickle;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};

/// Bytes that a compressed list may have when it is unpacked. A plugin has 256 MB of memory, in
/// which the list and the tests made of it must fit.
const MAX_UNPACKED_BYTES: usize = 96 << 20;

/// Gives the JSON text that `text` is or packs to `read`. The error says what is wrong with it.
pub(crate) fn with_list<T>(text: String, read: impl FnOnce(&str) -> Result<T, String>) -> Result<T, String> {
    // Base64 never begins with a bracket, and a list always does.
    if text.trim_start().starts_with('[') {
        return read(&text);
    }
    let pickled = unpack(text, MAX_UNPACKED_BYTES)?;
    read(&pickle::read_string(&pickled).map_err(|error| error.to_string())?)
}

/// The pickle that `text` holds, of at most `max_bytes`.
fn unpack(mut text: String, max_bytes: usize) -> Result<Vec<u8>, String> {
    text.retain(|character| !character.is_ascii_whitespace());
    let packed = STANDARD.decode(text.as_bytes()).map_err(|error| {
        format!("the string is neither a JSON list nor base64: {}", lower_first(&error.to_string()))
    })?;
    // Room for what comes out of it.
    drop(text);
    decompress_to_vec_zlib_with_limit(&packed, max_bytes).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => format!("the compressed list has more than {} MB", max_bytes >> 20),
        TINFLStatus::FailedCannotMakeProgress => "the compressed list is cut short".to_owned(),
        TINFLStatus::Adler32Mismatch => "the compressed list is damaged: its checksum differs".to_owned(),
        _ => "the base64 holds nothing that zlib compressed".to_owned(),
    })
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use miniz_oxide::deflate::compress_to_vec_zlib;
    use proptest::prelude::*;

    fn unpacked(text: &str) -> Result<String, String> {
        with_list(text.to_owned(), |list| Ok(list.to_owned()))
    }

    fn pickled(text: &str) -> Vec<u8> {
        [b"\x80\x04X", &u32::try_from(text.len()).unwrap().to_le_bytes()[..], text.as_bytes(), b"\x94."].concat()
    }

    fn packed(pickle: &[u8]) -> String {
        STANDARD.encode(compress_to_vec_zlib(pickle, 6))
    }

    #[test]
    fn what_python_packs_is_unpacked() {
        // base64.b64encode(zlib.compress(pickle.dumps('[{"input": "1", "output": "é"}]')))
        let text = "eJxrYJmqwgABPQrR1UqZeQWlJUpWCkqGSjoKSvmlJVDu4ZVKtbFT9AAKBwzq";
        assert_eq!(unpacked(text).unwrap(), r#"[{"input": "1", "output": "é"}]"#);
        let wrapped = format!("{}\r\n{}\n", &text[..20], &text[20..]);
        assert_eq!(unpacked(&wrapped).unwrap(), unpacked(text).unwrap());
        assert_eq!(unpacked(" [1]").unwrap(), " [1]");
    }

    #[test]
    fn what_is_wrong_is_told() {
        let error = |text: &str| unpacked(text).unwrap_err();
        assert!(
            error("not base64!").starts_with("the string is neither a JSON list nor base64: invalid"),
            "{}",
            error("not base64!")
        );
        assert_eq!(error("AAAA"), "the base64 holds nothing that zlib compressed");
        assert_eq!(error(""), "the compressed list is cut short");
        let whole = packed(&pickled("[]"));
        let bytes = STANDARD.decode(&whole).unwrap();
        assert_eq!(error(&STANDARD.encode(&bytes[..bytes.len() - 6])), "the compressed list is cut short");
        let mut damaged = bytes.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(error(&STANDARD.encode(damaged)), "the compressed list is damaged: its checksum differs");
        assert_eq!(
            error(&packed(b"cos\nsystem\n.")),
            "the pickle holds more than a string: operation GLOBAL (0x63) at byte 0 is refused"
        );
    }

    #[test]
    fn a_bomb_is_refused() {
        let bomb = packed(&vec![b' '; 4 << 20]);
        assert!(bomb.len() < 10_000);
        assert_eq!(unpack(bomb, 2 << 20).unwrap_err(), "the compressed list has more than 2 MB");
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in any::<String>()) {
            prop_assert_eq!(unpacked(&packed(&pickled(&text))), Ok(text));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), base64 in "[A-Za-z0-9+/]{0,80}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = (unpacked(&text), unpacked(&base64), unpacked(&packed(&bytes)));
        }
    }
}
