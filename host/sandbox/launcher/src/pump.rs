//! Output of a program: kept up to a limit, counted beyond it.

use perfagent_launcher::protocol::Stream;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

/// One stream on its way from the program's pipe to a file in memory.
pub(crate) struct Pump {
    /// `None`: the program's end is closed.
    from: Option<File>,
    to: File,
    limit: u64,
    stream: Stream,
}

impl Pump {
    /// Keeps `limit` bytes of what comes from `from`, which must not block, in `to`.
    pub(crate) fn new(from: OwnedFd, to: OwnedFd, limit: u64) -> Self {
        Self { from: Some(from.into()), to: to.into(), limit, stream: Stream::default() }
    }

    /// What to wait for.
    pub(crate) fn source(&self) -> Option<BorrowedFd<'_>> {
        self.from.as_ref().map(File::as_fd)
    }

    /// Moves what has come, but no more than once the length of `buffer` where not `all`.
    pub(crate) fn move_some(&mut self, buffer: &mut [u8], all: bool) -> io::Result<()> {
        while let Some(from) = &mut self.from {
            match from.read(buffer) {
                Ok(0) => self.from = None,
                Ok(length) => self.keep(&buffer[..length])?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if !all {
                return Ok(());
            }
        }
        Ok(())
    }

    fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        let room = usize::try_from(self.limit - self.stream.kept).unwrap_or(usize::MAX);
        let kept = &bytes[..bytes.len().min(room)];
        self.to.write_all(kept)?;
        self.stream.kept += kept.len() as u64;
        self.stream.dropped += (bytes.len() - kept.len()) as u64;
        Ok(())
    }

    /// Bytes that have come.
    pub(crate) fn total(&self) -> u64 {
        self.stream.kept + self.stream.dropped
    }

    /// What was kept and counted, and the file with it.
    pub(crate) fn finish(self) -> (Stream, OwnedFd) {
        (self.stream, self.to.into())
    }
}
