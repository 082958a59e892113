//! The world of components that import WASI: an empty one. No files, no arguments, no environment,
//! no network; output goes to the log; clocks stand still and randomness is the same each time,
//! unless a grant says otherwise.

use crate::grants::{Grant, Grants};
use crate::services::LogLevel;
use crate::state::Log;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx};

/// What the fixed clock shows: 2000-01-01 in UTC.
const FIXED_TIME: Duration = Duration::from_secs(946_684_800);

/// The seed of ungranted randomness.
const SEED: u64 = 0x7065_7266_6167_656e;

/// A longest line of output; longer ones are broken.
const LINE_BYTES: usize = 8 << 10;

/// Random bytes of one call at most: nothing interrupts their making. More ends the call.
const RANDOM_BYTES: u64 = 1 << 20;

/// The empty world, widened by `grants`.
pub(crate) fn context(grants: &Grants, log: &Log) -> WasiCtx {
    let mut builder = WasiCtx::builder();
    builder.stdout(Output { log: log.clone(), level: LogLevel::Info });
    builder.stderr(Output { log: log.clone(), level: LogLevel::Warning });
    builder.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
    builder.max_random_size(RANDOM_BYTES);
    if !grants.allows(Grant::Clock) {
        builder.wall_clock(FixedClock).monotonic_clock(FixedClock);
    }
    if !grants.allows(Grant::Random) {
        let sequence = || StdRng::seed_from_u64(SEED);
        builder.secure_random(sequence()).insecure_random(sequence()).insecure_random_seed(u128::from(SEED));
    }
    builder.build()
}

struct FixedClock;

impl HostWallClock for FixedClock {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        FIXED_TIME
    }
}

impl HostMonotonicClock for FixedClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        0
    }
}

/// Standard output or standard error, line by line.
#[derive(Clone)]
struct Output {
    log: Log,
    level: LogLevel,
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Lines { output: self.clone(), pending: Vec::new() })
    }
}

/// One stream; what has no line end yet waits for one, or for the stream's end.
struct Lines {
    output: Output,
    pending: Vec<u8>,
}

impl Lines {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' => self.end_line(),
                byte => self.pending.push(*byte),
            }
            if self.pending.len() >= LINE_BYTES {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        self.output.log.write(self.output.level, &String::from_utf8_lossy(&self.pending));
        self.pending.clear();
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if !self.pending.is_empty() {
            self.end_line();
        }
    }
}

impl AsyncWrite for Lines {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
