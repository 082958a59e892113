//! Reading what may have no end: a device, a pipe, a file that grows.

use std::io::{Error, ErrorKind, Read, Result};

/// All that `source` gives, at most `limit_bytes`.
///
/// # Errors
/// What `source` fails with; [`ErrorKind::FileTooLarge`] where there is more, which is then not read.
pub fn read(source: impl Read, limit_bytes: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit_bytes {
        return Err(too_large(limit_bytes));
    }
    Ok(bytes)
}

/// The error of what has more than `limit_bytes`.
pub fn too_large(limit_bytes: u64) -> Error {
    let limit = match (limit_bytes >> 20, limit_bytes >> 10) {
        (0, 0) => format!("{limit_bytes} bytes"),
        (0, kilobytes) => format!("{kilobytes} kB"),
        (megabytes, _) => format!("{megabytes} MB"),
    };
    Error::new(ErrorKind::FileTooLarge, format!("it has more than {limit}; is it the right file?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_refused_and_what_just_fits_is_not() {
        assert_eq!(read(&b"abc"[..], 3).unwrap(), b"abc");
        for (limit, part) in [(2, "more than 2 bytes"), (4 << 10, "more than 4 kB"), (3 << 20, "more than 3 MB")] {
            let error = read(std::io::repeat(b'a'), limit).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::FileTooLarge);
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
