//! Compiles components in a child process: compiling what a stranger wrote can take any time and
//! memory, and a compiler may crash.
//!
//! The child gets no environment. It is told its limits and the component on standard input, binds
//! itself to the limits before it looks at the component ([`serve_compiler`]), and answers on standard
//! output: the code behind its digest. Only what a child finished is used, never what it began.

mod child;
mod leash;

pub use child::serve_compiler;

use crate::error::PluginError;
use crate::limits::PluginLimits;
use crate::text;
use leash::{Hold, Leash};
use sha2::{Digest as _, Sha256};
use std::ffi::OsString;
use std::io::{self, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A compilation that takes longer is worth a line.
const SLOW: Duration = Duration::from_millis(500);

/// No component compiles to more.
const CODE_BYTES: u64 = 1 << 30;

/// Bytes that are kept of what a failing compiler says.
const SAID_BYTES: u64 = 16 << 10;

/// Bytes of the digest before the code.
const SEAL_BYTES: usize = 32;

/// Exit code of a compiler that refuses the component; its output says why.
const REJECTED: u8 = 1;

/// Exit code of a compiler that was refused memory.
const NO_MEMORY: u8 = 2;

/// A program that calls [`serve_compiler`], and how to make it do so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiler {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// How a compiler ended and what it wrote.
struct Ended {
    status: ExitStatus,
    output: Vec<u8>,
    said: String,
}

impl Compiler {
    /// The code of a component. `slow` is called once when that takes over half a second. The child
    /// ends with this future.
    pub(crate) async fn compile(
        &self,
        bytes: Arc<[u8]>,
        limits: &PluginLimits,
        slow: impl FnOnce() + Send,
    ) -> Result<Vec<u8>, PluginError> {
        let leash = Arc::new(Leash::default());
        let _hold = Hold(Arc::clone(&leash));
        let (compiler, told) = (self.clone(), told(limits));
        let mut work = tokio::task::spawn_blocking(move || compiler.run(&told, &bytes, &leash));
        let patient = async {
            if let Ok(done) = timeout(SLOW, &mut work).await {
                return done;
            }
            slow();
            work.await
        };
        let Ok(done) = timeout(limits.compile_wall_time, patient).await else {
            return Err(PluginError::CompileWallLimit { limit: limits.compile_wall_time });
        };
        let failed = |source| PluginError::CompilerStart { program: self.program.clone(), source };
        judge(done.map_err(io::Error::other).flatten().map_err(failed)?, limits)
    }

    /// Runs a child to its end.
    fn run(&self, told: &[u8], bytes: &[u8], leash: &Leash) -> io::Result<Ended> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let talked = leash.tie(&child).and_then(|()| talk(&mut child, told, bytes));
        if talked.is_err() {
            // It has nobody to work for any more. It may have ended already.
            let _ = child.kill();
        }
        let status = child.wait()?;
        let (output, said) = talked?;
        Ok(Ended { status, output, said })
    }
}

/// What a child is told before the component: its limits.
fn told(limits: &PluginLimits) -> [u8; 16] {
    let seconds = limits.compile_cpu_time.as_secs().max(1);
    let mut told = [0; 16];
    told[..8].copy_from_slice(&seconds.to_le_bytes());
    told[8..].copy_from_slice(&(limits.compile_memory_bytes as u64).to_le_bytes());
    told
}

/// Hands the component over and takes what comes back, all at the same time: pipes are short.
fn talk(child: &mut Child, told: &[u8], bytes: &[u8]) -> io::Result<(Vec<u8>, String)> {
    let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
    let mut input = child.stdin.take().ok_or_else(closed)?;
    let output = child.stdout.take().ok_or_else(closed)?;
    let complaints = child.stderr.take().ok_or_else(closed)?;
    std::thread::scope(|scope| {
        // A child that ends before it has read all says why by how it ends.
        scope.spawn(move || input.write_all(told).and_then(|()| input.write_all(bytes)));
        let said = scope.spawn(move || read(complaints, SAID_BYTES));
        let output = read(output, CODE_BYTES)?;
        let said = said.join().map_err(|_| io::Error::other("a thread failed"))??;
        Ok((output, String::from_utf8_lossy(&said).into_owned()))
    })
}

/// What a child writes, up to a limit. The rest is dropped, so that the child does not wait.
fn read(mut from: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.by_ref().take(limit).read_to_end(&mut bytes)?;
    io::copy(&mut from, &mut io::sink())?;
    Ok(bytes)
}

/// What a child's end means.
fn judge(ended: Ended, limits: &PluginLimits) -> Result<Vec<u8>, PluginError> {
    let Ended { status, output, said } = ended;
    let no_memory = PluginError::CompileMemoryLimit { limit_bytes: limits.compile_memory_bytes };
    match (status.code(), status.signal()) {
        (Some(0), _) => unseal(output).ok_or(PluginError::CompilerGarbled),
        (Some(code), _) if code == i32::from(REJECTED) && !output.is_empty() => {
            Err(PluginError::Compile { source: text::message(&String::from_utf8_lossy(&output)).into() })
        }
        (Some(code), _) if code == i32::from(NO_MEMORY) => Err(no_memory),
        (_, Some(signal)) if signal == rustix::process::Signal::XCPU.as_raw() => {
            Err(PluginError::CompileCpuLimit { limit: limits.compile_cpu_time })
        }
        (_, Some(signal)) if signal == rustix::process::Signal::KILL.as_raw() => Err(PluginError::CompilerKilled),
        // How the standard library and the code generator end a program that gets no memory.
        _ if said.contains("memory allocation of") || said.contains("out-of-memory") => Err(no_memory),
        _ => {
            let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            Err(PluginError::CompilerCrashed { ending: text::line(&format!("{status} {first}")).trim().to_owned() })
        }
    }
}

/// The code, where it is the one that the seal was made for.
fn unseal(mut sealed: Vec<u8>) -> Option<Vec<u8>> {
    let (seal, code) = sealed.split_at_checked(SEAL_BYTES)?;
    if code.is_empty() || seal != Sha256::digest(code).as_slice() {
        return None;
    }
    sealed.drain(..SEAL_BYTES);
    Some(sealed)
}

#[cfg(test)]
mod tests;
