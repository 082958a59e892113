//! The launcher: walls itself in, then runs one jailed program after the other for the sandbox at
//! the other end of its socket.

mod control;
mod fault;
mod filter;
mod group;
mod jail;
mod landlock;
mod meter;
mod products;
mod pump;
mod report;
mod sys;
mod walls;
mod watch;

use fault::{Fault, during};
use perfagent_launcher::channel;
use perfagent_launcher::protocol::{Finished, MAX_MESSAGE, Reply, Request, Run};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::process::ExitCode;
use walls::Walls;

/// What one run leaves: what was seen, standard output and error, and the products.
pub(crate) struct Outcome {
    pub(crate) finished: Finished,
    pub(crate) files: Vec<OwnedFd>,
}

fn main() -> ExitCode {
    // The socket is standard input: that needs no agreement on a number.
    let socket = std::io::stdin();
    match serve(socket.as_fd()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            // The sandbox may be gone; then nobody is left to tell.
            let _ = reply(socket.as_fd(), &Reply::Failed(fault.to_string()), &[]);
            ExitCode::FAILURE
        }
    }
}

/// Answers requests until the sandbox hangs up.
fn serve(socket: BorrowedFd<'_>) -> Result<(), Fault> {
    sys::process::close_from(3).map_err(during("close what was inherited"))?;
    sys::process::wake_exactly().map_err(during("sharpen timers"))?;
    let mut buffer = vec![0; MAX_MESSAGE];
    let mut walls: Option<Walls> = None;
    loop {
        let (length, files) = channel::receive(socket, &mut buffer).map_err(during("receive a request"))?;
        if length == 0 {
            return Ok(());
        }
        let request = Request::from_bytes(&buffer[..length]).map_err(malformed).map_err(during("read a request"))?;
        match (request, &walls) {
            (Request::Setup(setup), None) => {
                let (built, facts) = Walls::build(setup)?;
                reply(socket, &Reply::Ready(facts), &[]).map_err(during("answer"))?;
                walls = Some(built);
            }
            (Request::Run(run), Some(walls)) => answer_run(socket, walls, &run, files)?,
            _ => return Err(during("accept a request out of order")(std::io::ErrorKind::InvalidData.into())),
        }
    }
}

/// A run that cannot be started is answered; the launcher goes on.
fn answer_run(socket: BorrowedFd<'_>, walls: &Walls, run: &Run, files: Vec<OwnedFd>) -> Result<(), Fault> {
    let input = files.into_iter().next();
    let outcome = match input {
        Some(input) => walls.run(run, input.as_fd(), socket),
        None => Err(during("find the program's input")(std::io::ErrorKind::InvalidData.into())),
    };
    match outcome {
        Ok(outcome) => {
            let files: Vec<_> = outcome.files.iter().map(OwnedFd::as_fd).collect();
            reply(socket, &Reply::Finished(Box::new(outcome.finished)), &files)
        }
        Err(fault) => reply(socket, &Reply::Failed(fault.to_string()), &[]),
    }
    .map_err(during("answer"))
}

fn reply(socket: BorrowedFd<'_>, reply: &Reply, files: &[BorrowedFd<'_>]) -> std::io::Result<()> {
    channel::send(socket, &reply.to_bytes(), files)
}

fn malformed(error: perfagent_launcher::Malformed) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, error)
}
