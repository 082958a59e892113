//! System calls behind safe functions. Nothing above this module is unsafe.

pub(crate) mod directory;
pub(crate) mod file;
pub(crate) mod mount;
pub(crate) mod page;
pub(crate) mod process;
pub(crate) mod restrict;

use std::ffi::CString;
use std::io;

/// The result of a call that returns -1 and sets `errno` where it fails.
fn check(result: impl Into<i64>) -> io::Result<i64> {
    let result = result.into();
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// `bytes` as the kernel takes strings.
pub(crate) fn text(bytes: &[u8]) -> io::Result<CString> {
    CString::new(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}
