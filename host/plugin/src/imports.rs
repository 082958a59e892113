//! What the host does for guest code. Failures are values: nothing here traps the guest.

mod execution;
mod toolkit;

#[expect(unreachable_pub, reason = "the generated code wants it public")]
pub use execution::ProgramHandle;

use crate::bindings::perfagent::task::log;
use crate::services::LogLevel;
use crate::state::State;

impl log::Host for State {
    async fn write(&mut self, level: log::Level, message: String) {
        let level = match level {
            log::Level::Debug => LogLevel::Debug,
            log::Level::Info => LogLevel::Info,
            log::Level::Warning => LogLevel::Warning,
            log::Level::Error => LogLevel::Error,
        };
        self.log.write(level, &message);
    }
}
