//! Exit codes: what a script can tell from how perfagent ended.

use std::process::ExitCode;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Exit {
    /// The command did what was asked; a run has a valid solution.
    Success = 0,
    /// The run finished, but none of its solutions is valid.
    NoSolution = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// The plugin was refused or failed, or it refused the instance.
    Plugin = 3,
    /// The model provider could not be reached, refused or answered rubbish.
    Model = 4,
    /// The sandbox cannot give the isolation that was asked for.
    Sandbox = 5,
    /// A budget was used up before the run was finished.
    Budget = 6,
    /// A file could not be read or written: not there, no permission, disk full.
    Files = 7,
    /// A bug of perfagent itself (the customary `EX_SOFTWARE`).
    Internal = 70,
    /// Interrupted by Ctrl-C (128 + `SIGINT`).
    Interrupted = 130,
}

impl Exit {
    /// Every way to end, in the order of the codes.
    pub(crate) const ALL: [Self; 10] = [
        Self::Success,
        Self::NoSolution,
        Self::Usage,
        Self::Plugin,
        Self::Model,
        Self::Sandbox,
        Self::Budget,
        Self::Files,
        Self::Internal,
        Self::Interrupted,
    ];

    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// What it means, in a few words for the help text.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::NoSolution => "the run finished without a valid solution",
            Self::Usage => "wrong command line or configuration",
            Self::Plugin => "the plugin was refused or failed, or the instance is bad",
            Self::Model => "the model provider failed",
            Self::Sandbox => "the sandbox is unavailable",
            Self::Budget => "a budget is used up",
            Self::Files => "a file could not be read or written",
            Self::Internal => "internal error: a bug in perfagent",
            Self::Interrupted => "interrupted",
        }
    }

    /// All codes with their meanings, one a line, as the help text shows them.
    pub(crate) fn table() -> String {
        use std::fmt::Write as _;
        let mut table = String::from("Exit codes:");
        for exit in Self::ALL {
            write!(table, "\n  {:>3}  {}", exit.code(), exit.meaning()).expect("writing to a string succeeds");
        }
        table
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn codes_are_distinct_and_listed_in_order() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 70, 130]);
    }
}
