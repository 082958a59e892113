//! The child's side: binds itself, compiles one component, and ends.

use super::{NO_MEMORY, REJECTED};
use crate::host::compiling_engine;
use rustix::process::{Resource, Rlimit, Signal, getppid, getrlimit, set_parent_process_death_signal, setrlimit};
use sha2::{Digest as _, Sha256};
use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

/// Compiles the component on standard input as a child of a process with a [`crate::Compiler`], under
/// the limits that it was told. To be called before anything else, in a process of its own.
///
/// The code that it returns is to be the process's exit code.
pub fn serve_compiler() -> ExitCode {
    match serve() {
        Ok(code) => code.into(),
        // Nobody listens any more: the reason would not be read either.
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve() -> io::Result<u8> {
    let mut told = [0; 16];
    io::stdin().read_exact(&mut told)?;
    let [seconds, memory] = [0, 8].map(|at| u64::from_le_bytes(std::array::from_fn(|index| told[at + index])));
    bind(seconds, memory)?;
    let mut component = Vec::new();
    io::stdin().read_to_end(&mut component)?;
    let compiled = compiling_engine().and_then(|engine| engine.precompile_component(&component));
    let mut output = io::stdout().lock();
    let code = match compiled {
        Ok(code) => {
            output.write_all(&Sha256::digest(&code))?;
            output.write_all(&code)?;
            0
        }
        Err(error) if error.downcast_ref::<wasmtime::error::OutOfMemory>().is_some() => NO_MEMORY,
        Err(error) => {
            output.write_all(format!("{error:#}").as_bytes())?;
            REJECTED
        }
    };
    output.flush()?;
    Ok(code)
}

/// From here on: so much time and memory, no new file, socket, process or core file, and no life
/// beyond the parent's.
fn bind(cpu_seconds: u64, memory_bytes: u64) -> io::Result<()> {
    let parent = getppid();
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid() != parent {
        return Err(io::Error::other("the parent has ended"));
    }
    let both = |value| Rlimit { current: Some(value), maximum: Some(value) };
    // Nobody may go beyond what the user's own limits allow.
    let at_most = |resource, value: u64| getrlimit(resource).maximum.map_or(value, |most| most.min(value));
    // The signal of the lower limit tells it from a kill; the higher one is for who ignores it.
    let last = at_most(Resource::Cpu, cpu_seconds.saturating_add(1));
    setrlimit(Resource::Cpu, Rlimit { current: Some(cpu_seconds.min(last)), maximum: Some(last) })?;
    setrlimit(Resource::As, both(at_most(Resource::As, memory_bytes)))?;
    for nothing in [Resource::Core, Resource::Nofile, Resource::Fsize, Resource::Nproc] {
        setrlimit(nothing, both(0))?;
    }
    Ok(())
}
