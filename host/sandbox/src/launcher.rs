//! The launcher from outside: starting it, talking to it, ending it.

use perfagent_launcher::channel;
use perfagent_launcher::protocol::{Fact, Finished, MAX_MESSAGE, Reply, Request, Run, Setup};
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::net::Shutdown;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::process::{Child, Command, Stdio};

/// The launcher's program, which `build.rs` builds.
static PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/perfagent-launcher"));

/// Why a launcher did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LauncherError {
    /// It was gone before it heard of the request.
    #[error("the sandbox's launcher cannot be reached")]
    Unreached(#[source] io::Error),
    /// It could not be started, or is gone.
    #[error("the sandbox's launcher is gone")]
    Gone(#[source] io::Error),
    /// It answered something that makes no sense.
    #[error("the sandbox's launcher answered nonsense")]
    Nonsense,
    /// It was not asked, because it could not read as much.
    #[error("the command and its environment take {0} bytes, more than the {MAX_MESSAGE} that they may take")]
    TooLong(usize),
    /// It says that it cannot.
    #[error("{0}")]
    Failed(String),
}

/// A running launcher. Dropping it ends it, and with it whatever it runs.
#[derive(Debug)]
pub(crate) struct Launcher {
    socket: OwnedFd,
    process: Child,
    facts: Vec<Fact>,
}

impl Launcher {
    /// Starts a launcher and has it build its walls. Blocks.
    pub(crate) fn start(setup: Setup) -> Result<Self, LauncherError> {
        let (socket, process) = spawn().map_err(LauncherError::Gone)?;
        let mut launcher = Self { socket, process, facts: Vec::new() };
        match launcher.exchange(&Request::Setup(setup), &[])? {
            (Reply::Ready(facts), _) => launcher.facts = facts,
            (Reply::Failed(why), _) => return Err(LauncherError::Failed(why)),
            (Reply::Finished(_), _) => return Err(LauncherError::Nonsense),
        }
        Ok(launcher)
    }

    /// Each feature of its walls.
    pub(crate) fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// Runs a program with `input` on its standard input. Blocks until it is over. The files are
    /// standard output, standard error, and the products.
    pub(crate) fn run(&self, run: &Run, input: &File) -> Result<(Finished, Vec<OwnedFd>), LauncherError> {
        match self.exchange(&Request::Run(Box::new(run.clone())), &[input])? {
            (Reply::Finished(finished), files) if files.len() == finished.products.len() + 2 => Ok((*finished, files)),
            (Reply::Failed(why), _) => Err(LauncherError::Failed(why)),
            _ => Err(LauncherError::Nonsense),
        }
    }

    /// Ends whatever is under way: the launcher sees that nobody listens any more.
    pub(crate) fn hang_up(&self) {
        // It fails where the launcher is gone already, which is the goal.
        let _ = rustix::net::shutdown(&self.socket, Shutdown::Both);
    }

    fn exchange(&self, request: &Request, files: &[&File]) -> Result<(Reply, Vec<OwnedFd>), LauncherError> {
        let files: Vec<_> = files.iter().map(|file| file.as_fd()).collect();
        let message = request.to_bytes();
        if message.len() > MAX_MESSAGE {
            return Err(LauncherError::TooLong(message.len()));
        }
        channel::send(self.socket.as_fd(), &message, &files).map_err(LauncherError::Unreached)?;
        let mut buffer = vec![0; MAX_MESSAGE];
        let (length, files) = channel::receive(self.socket.as_fd(), &mut buffer).map_err(LauncherError::Gone)?;
        if length == 0 {
            return Err(LauncherError::Gone(io::ErrorKind::UnexpectedEof.into()));
        }
        let reply = Reply::from_bytes(&buffer[..length]).map_err(|_| LauncherError::Nonsense)?;
        Ok((reply, files))
    }
}

impl Drop for Launcher {
    fn drop(&mut self) {
        self.hang_up();
        // A launcher that hears of the hang-up ends by itself; one that does not is killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts the launcher's program from memory, so that no file has to be installed or trusted.
fn spawn() -> io::Result<(OwnedFd, Child)> {
    let program = rustix::fs::memfd_create("perfagent-launcher", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = File::from(program);
    file.write_all(PROGRAM)?;
    rustix::fs::fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    let (own, theirs) = channel::pair()?;
    let process = Command::new(format!("/proc/self/fd/{}", file.as_raw_fd()))
        .env_clear()
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok((own, process))
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_launcher::protocol::{Bytes, Groups, Walls};

    #[test]
    fn rubbish_is_nonsense_and_silence_is_an_end() {
        let ready = Reply::Ready(Vec::new()).to_bytes();
        let (cut, longer) = (&ready[..ready.len() - 1], [&ready[..], b"x"].concat());
        let failed = Reply::Failed("so".to_owned()).to_bytes();
        for (answer, expected) in
            [(cut, "nonsense"), (&longer, "nonsense"), (b"\xff\xff", "nonsense"), (&failed, "so"), (b"", "gone")]
        {
            let (socket, peer) = channel::pair().unwrap();
            let process = Command::new("true").spawn().unwrap();
            let launcher = Launcher { socket, process, facts: Vec::new() };
            if !answer.is_empty() {
                channel::send(peer.as_fd(), answer, &[]).unwrap();
            }
            rustix::net::shutdown(&peer, Shutdown::Write).unwrap();
            let setup = Setup {
                walls: Walls::Namespaces,
                place: Bytes::default(),
                programs: Bytes::default(),
                visible: Vec::new(),
                program_id: None,
                groups: Groups::default(),
            };
            let error = match launcher.exchange(&Request::Setup(setup), &[]) {
                Ok((Reply::Failed(why), _)) => why,
                Ok((reply, _)) => unreachable!("{reply:?}"),
                Err(error) => error.to_string(),
            };
            assert!(error.contains(expected), "{answer:?}: {error}");
        }
    }
}
