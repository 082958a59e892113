//! The files that a compiler leaves.

use crate::fault::{Fault, during};
use crate::sys::file;
use perfagent_launcher::protocol::{Bytes, MAX_PRODUCTS};
use std::ffi::CString;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

/// Opens the regular files right below `directory`. Links, pipes and the like are left where they are.
pub(crate) fn collect(directory: BorrowedFd<'_>) -> Result<(Vec<Bytes>, Vec<OwnedFd>), Fault> {
    let mut names = Vec::new();
    let listed = file::for_each_entry(directory, 0, &mut vec![0; 16 << 10], |name| names.push(name.to_owned()));
    listed.map_err(during("list the compiler's files"))?;
    let mut products = Vec::new();
    for name in names.into_iter().filter(|name| name.as_c_str() != c"." && name.as_c_str() != c"..") {
        products.extend(open(directory, name));
    }
    products.truncate(MAX_PRODUCTS);
    Ok(products.into_iter().unzip())
}

fn open(directory: BorrowedFd<'_>, name: CString) -> Option<(Bytes, OwnedFd)> {
    let product = file::open_beneath(directory, &name, libc::O_RDONLY | libc::O_NONBLOCK).ok()?;
    file::is_regular(product.as_fd()).ok()?.then(|| (Bytes(name.into_bytes()), product))
}
