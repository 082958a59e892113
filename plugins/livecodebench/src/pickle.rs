//! Reads the one thing that the data set's pickles hold: a string.
//!
//! A pickle is a program for a machine that can call anything. This reader knows only the operations
//! that push a string, remember it, frame bytes and stop, and refuses every other by its name, so
//! that a pickle is data here and nothing else.

use std::borrow::Cow;
use std::fmt;

/// Why bytes are not the pickle of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PickleError {
    /// The pickle ends in the middle of an operation or before it stops.
    CutShort,
    /// An operation that a string does not need.
    Refused { opcode: u8, at: usize },
    /// A protocol that came after this reader.
    Protocol(u8),
    /// It stops with no string, or with several.
    NotOneString,
    /// The string's bytes are not UTF-8, or its escapes are not right.
    BadText,
    /// Bytes after the operation that stops.
    Trailing,
}

impl fmt::Display for PickleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutShort => write!(f, "the pickle is cut short"),
            Self::Refused { opcode, at } => write!(
                f,
                "the pickle holds more than a string: operation {} (0x{opcode:02x}) at byte {at} is refused",
                name(*opcode)
            ),
            Self::Protocol(number) => write!(f, "pickle protocol {number} is unknown; 0 to 5 are read"),
            Self::NotOneString => write!(f, "the pickle does not hold exactly one string"),
            Self::BadText => write!(f, "the pickled string is not valid text"),
            Self::Trailing => write!(f, "bytes follow the end of the pickle"),
        }
    }
}

/// The string that `data` is the pickle of, in any protocol from 0 to 5.
pub(crate) fn read_string(data: &[u8]) -> Result<Cow<'_, str>, PickleError> {
    let mut reader = Reader { data, at: 0 };
    let mut found: Option<Cow<'_, str>> = None;
    loop {
        let at = reader.at;
        let opcode = reader.byte()?;
        let pushed = match opcode {
            b'.' => break,
            0x80 => {
                let protocol = reader.byte()?;
                if protocol > 5 {
                    return Err(PickleError::Protocol(protocol));
                }
                None
            }
            // FRAME: a length that only helps reading ahead.
            0x95 => reader.take(8).map(|_| None)?,
            // SHORT_BINUNICODE, BINUNICODE, BINUNICODE8
            0x8c => Some(reader.text(1)?.into()),
            b'X' => Some(reader.text(4)?.into()),
            0x8d => Some(reader.text(8)?.into()),
            b'V' => Some(unescaped(reader.line()?)?.into()),
            // MEMOIZE, BINPUT, LONG_BINPUT, PUT: remembered for a use that a lone string never has.
            0x94 => None,
            b'q' => reader.take(1).map(|_| None)?,
            b'r' => reader.take(4).map(|_| None)?,
            b'p' => reader.line().map(|_| None)?,
            _ => return Err(PickleError::Refused { opcode, at }),
        };
        if pushed.is_some() && std::mem::replace(&mut found, pushed).is_some() {
            return Err(PickleError::NotOneString);
        }
    }
    if reader.at < data.len() {
        return Err(PickleError::Trailing);
    }
    found.ok_or(PickleError::NotOneString)
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, PickleError> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], PickleError> {
        let end = self.at.checked_add(length).ok_or(PickleError::CutShort)?;
        let taken = self.data.get(self.at..end).ok_or(PickleError::CutShort)?;
        self.at = end;
        Ok(taken)
    }

    /// UTF-8 after its length in `width` bytes, the lowest first.
    fn text(&mut self, width: usize) -> Result<&'a str, PickleError> {
        let length = self.take(width)?.iter().rev().fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
        let bytes = self.take(usize::try_from(length).map_err(|_| PickleError::CutShort)?)?;
        std::str::from_utf8(bytes).map_err(|_| PickleError::BadText)
    }

    /// Bytes up to a line feed, which is taken and left out.
    fn line(&mut self) -> Result<&'a [u8], PickleError> {
        let rest = &self.data[self.at..];
        let length = rest.iter().position(|byte| *byte == b'\n').ok_or(PickleError::CutShort)?;
        self.at += length + 1;
        Ok(&rest[..length])
    }
}

/// The text of protocol 0: Latin-1, with `\u` and `\U` before hexadecimal digits and every other
/// backslash as it is.
fn unescaped(line: &[u8]) -> Result<String, PickleError> {
    let mut text = String::new();
    let mut rest = line;
    while let Some((first, after)) = rest.split_first() {
        let width = match (first, after.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => {
                text.push(char::from(*first));
                rest = after;
                continue;
            }
        };
        let digits = after.get(1..=width).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok()).ok_or(PickleError::BadText)?;
        let code = u32::from_str_radix(digits, 16).map_err(|_| PickleError::BadText)?;
        text.push(char::from_u32(code).ok_or(PickleError::BadText)?);
        rest = &after[width + 1..];
    }
    Ok(text)
}

/// Operations that call, build or fetch, by the names of Python's `pickletools`.
fn name(opcode: u8) -> &'static str {
    match opcode {
        b'c' => "GLOBAL",
        0x93 => "STACK_GLOBAL",
        b'R' => "REDUCE",
        b'b' => "BUILD",
        b'i' => "INST",
        b'o' => "OBJ",
        0x81 => "NEWOBJ",
        0x92 => "NEWOBJ_EX",
        b'P' => "PERSID",
        b'Q' => "BINPERSID",
        0x82..=0x84 => "EXT",
        b'g' => "GET",
        b'h' => "BINGET",
        b'j' => "LONG_BINGET",
        b'(' => "MARK",
        b'0' => "POP",
        b'1' => "POP_MARK",
        b'2' => "DUP",
        b'N' => "NONE",
        b'I' | b'J' | b'K' | b'L' | b'M' | 0x8a | 0x8b => "INT",
        b'F' | b'G' => "FLOAT",
        0x88 | 0x89 => "BOOL",
        b'S' | b'T' | b'U' => "STRING",
        b'B' | b'C' | 0x8e | 0x96 => "BYTES",
        b'l' | b']' | b'a' | b'e' => "LIST",
        b'd' | b'}' | b's' | b'u' => "DICT",
        b't' | b')' | 0x85..=0x87 => "TUPLE",
        0x8f..=0x91 => "SET",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What Python's `pickle.dumps("é[1]\n", protocol)` gives.
    const PROTOCOLS: [&[u8]; 6] = [
        b"V\xe9[1]\\u000a\np0\n.",
        b"X\x06\x00\x00\x00\xc3\xa9[1]\nq\x00.",
        b"\x80\x02X\x06\x00\x00\x00\xc3\xa9[1]\nq\x00.",
        b"\x80\x03X\x06\x00\x00\x00\xc3\xa9[1]\nq\x00.",
        b"\x80\x04\x95\x0a\x00\x00\x00\x00\x00\x00\x00\x8c\x06\xc3\xa9[1]\n\x94.",
        b"\x80\x05\x95\x0a\x00\x00\x00\x00\x00\x00\x00\x8c\x06\xc3\xa9[1]\n\x94.",
    ];

    #[test]
    fn every_protocol_is_read() {
        for data in PROTOCOLS {
            assert_eq!(read_string(data).as_deref(), Ok("é[1]\n"), "{data:?}");
        }
        assert_eq!(read_string(b"\x8d\x02\0\0\0\0\0\0\0ok.").as_deref(), Ok("ok"));
        assert_eq!(read_string(b"V\\U0001f600\\x\nr\0\0\0\0.").as_deref(), Ok("😀\\x"));
    }

    #[test]
    fn what_calls_is_refused_by_name() {
        let refused = |data: &[u8]| read_string(data).unwrap_err().to_string();
        assert!(refused(b"cos\nsystem\n(S'true'\ntR.").contains("GLOBAL (0x63) at byte 0"));
        assert!(refused(b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93.").contains("exactly one string"));
        assert!(refused(b"X\x01\0\0\0aR.").contains("REDUCE"));
        assert!(refused(b"]X\x01\0\0\0aa.").contains("LIST"));
        assert!(refused(b"\xff").contains("unknown (0xff)"));
    }

    #[test]
    fn what_is_no_pickled_string_is_told() {
        for (data, error) in [
            (&b""[..], PickleError::CutShort),
            (b"X\xff\xff\xff\xffa.", PickleError::CutShort),
            (b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffa.", PickleError::CutShort),
            (b"Vabc", PickleError::CutShort),
            (b"X\x01\0\0\0a", PickleError::CutShort),
            (b"\x80\x06.", PickleError::Protocol(6)),
            (b".", PickleError::NotOneString),
            (b"X\x01\0\0\0\xff.", PickleError::BadText),
            (b"V\\u12\n.", PickleError::BadText),
            (b"V\\ud800\n.", PickleError::BadText),
            (b"X\x01\0\0\0a..", PickleError::Trailing),
        ] {
            assert_eq!(read_string(data), Err(error), "{data:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(data in prop::collection::vec(any::<u8>(), 0..100), cut in 0_usize..40) {
            let _ = read_string(&data);
            for known in PROTOCOLS {
                prop_assert!(read_string(&known[..cut.min(known.len() - 1)]).is_err());
            }
        }

        #[test]
        fn any_text_comes_back(text in any::<String>()) {
            let length = u32::try_from(text.len()).unwrap().to_le_bytes();
            let data = [b"\x80\x03X", &length[..], text.as_bytes(), b"q\x00."].concat();
            prop_assert_eq!(read_string(&data), Ok(text.into()));
        }
    }
}
