//! `perfagent sandbox serve`: this machine's sandbox for tools that speak EffiBench-X's protocol.

use crate::args::ServeArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt;
use crate::opening::start_sandbox;
use crate::output::note;
use crate::surroundings::{Surroundings, variable};
use perfagent_server::effibench_x::{self, ServerSettings};
use tokio::net::TcpListener;

/// Serves until somebody wants the process to end, which is success.
pub(crate) async fn serve(args: &ServeArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let stop = interrupt::asked_to_end()?;
    let settings = args.settings(&variable)?;
    let sandbox = start_sandbox(&settings, surroundings).await?;
    let failed = |error| {
        let failure = Failure::from_error(Exit::Usage, &error).of(format!("cannot listen on {}", args.listen));
        Failure::new(failure.exit, failure.message + "; name another address with --listen")
    };
    let listener = TcpListener::bind(args.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    if !address.ip().is_loopback() {
        note(&format!(
            "warning: {address} can be reached from other machines, and the protocol knows no users: whoever reaches \
             it runs programs here"
        ));
    }
    note(&format!("sandbox: {}", sandbox.isolation().summary));
    note(&format!("listening on http://{address}"));
    let settings = ServerSettings { workers: surroundings.cores.measured_at_once(), ..ServerSettings::default() };
    let stop = async {
        stop.await;
    };
    let served = effibench_x::serve(listener, sandbox, settings, stop).await;
    served.map_err(|error| Failure::from_error(Exit::Internal, &error).of(format!("serving on {address}")))?;
    note("ended");
    Ok(Exit::Success)
}
