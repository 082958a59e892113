//! The messages. The sandbox sends [`Request::Setup`] once and then one [`Request::Run`] after the
//! other; the launcher answers each before it reads the next. The first message that fails its
//! checks ends the conversation: either side then goes away.

pub use crate::wire::{Bytes, Malformed};
use crate::wire::{decode, encode, wire_enum, wire_struct};

/// Longest message, bytes. The kernel's default socket buffer holds this much.
pub const MAX_MESSAGE: usize = 160 * 1024;

/// Most files that one compilation may leave: so many descriptors fit beside one message.
pub const MAX_PRODUCTS: usize = 240;

/// From the sandbox to the launcher.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Wall yourself in. Always first.
    Setup(Setup),
    /// Run a program; its standard input comes as a descriptor beside the message.
    Run(Box<Run>),
}

/// From the launcher to the sandbox.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The setup is done; each fact is one feature of isolation.
    Ready(Vec<Fact>),
    /// The run is over. Beside the message: standard output, standard error, then one descriptor
    /// for each product.
    Finished(Box<Finished>),
    /// The launcher could not do it; the text says which step failed and why.
    Failed(String),
}

/// Which walls to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walls {
    /// Namespaces: tiers 1 to 4.
    Namespaces,
    /// What a process may do to itself: tier 5.
    SelfRestraint,
}

/// Control groups that were made for one launcher, as absolute directories; `None` where the machine
/// has none to give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// Memory, version 1: the launcher joins it.
    pub memory: Option<Bytes>,
    /// Processes, version 1: the launcher joins it.
    pub processes: Option<Bytes>,
    /// Version 2: the launcher joins it, or starts each run in a group below it.
    pub unified: Option<Bytes>,
    /// Whether groups below `unified` have the controllers of memory and processes.
    pub has_controllers: bool,
}

/// What a launcher needs to know once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Which walls to use.
    pub walls: Walls,
    /// An empty directory of this launcher: a mount point, or where runs keep their files.
    pub place: Bytes,
    /// Directory that holds a directory for each compiled program.
    pub programs: Bytes,
    /// What else of the host's files programs may read, as absolute paths; what does not exist is
    /// left out.
    pub visible: Vec<Bytes>,
    /// Host user and group of the programs, not root, where the host is privileged.
    pub program_id: Option<u32>,
    /// Its control groups.
    pub groups: Groups,
}

/// One feature of the walls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its name.
    pub name: String,
    /// Why it is missing; `None`: it is in force.
    pub missing: Option<String>,
}

/// Bounds of one run, all of them real numbers by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Elapsed time, nanoseconds.
    pub wall_ns: u64,
    /// Processor time of all processes, nanoseconds.
    pub cpu_ns: u64,
    /// Resident memory of all processes, bytes.
    pub memory_bytes: u64,
    /// Processes and threads at the same time.
    pub processes: u32,
    /// Bytes kept of standard output, and of standard error.
    pub output_bytes: u64,
    /// Bytes of standard output, or of standard error, beyond which the run is killed.
    pub flood_bytes: u64,
    /// Bytes of all written files.
    pub file_bytes: u64,
}

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A compiler: it starts in the program's directory, and the files that it leaves in its
    /// working directory are its products.
    Compile,
    /// A program: it starts in its working directory.
    Execute,
}

/// What kind of program a run is, and so which system calls it may make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// Machine code that needs no sockets.
    #[default]
    Native,
    /// An interpreter.
    Script,
    /// A virtual machine that compiles while it runs.
    Managed,
}

/// On which cores things run; none: on any that the launcher was started on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// The program's.
    pub program: Vec<u32>,
    /// The launcher's while it watches.
    pub launcher: Vec<u32>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What it is for.
    pub purpose: Purpose,
    /// Name of the program's directory, a single path component.
    pub program: String,
    /// Names in the program's directory that are linked into the working directory.
    pub links: Vec<Bytes>,
    /// The program and its arguments.
    pub command: Vec<Bytes>,
    /// The whole environment, as `NAME=value`.
    pub environment: Vec<Bytes>,
    /// Its bounds.
    pub bounds: Bounds,
    /// Which system calls it may make.
    pub family: Family,
    /// Where it runs.
    pub placement: Placement,
    /// Whether addresses are the same in every run.
    pub fixed_addresses: bool,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal.
    Signaled(u32),
    /// Killed: too long.
    Wall,
    /// Killed: too much processor time.
    Cpu,
    /// Killed: too much memory.
    Memory,
    /// Killed: far too much output.
    Output,
    /// Killed, or ended: too many bytes in files.
    File,
    /// The filter killed it for a system call.
    Filter,
}

/// One of the two output streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// Bytes kept; the descriptor beside the message holds exactly these.
    pub kept: u64,
    /// Bytes beyond the limit.
    pub dropped: u64,
}

/// What the launcher saw of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// How it ended.
    pub ending: Ending,
    /// Standard output.
    pub output: Stream,
    /// Standard error.
    pub error_output: Stream,
    /// From exec to the end of the last process, nanoseconds.
    pub wall_ns: u64,
    /// Time in user mode, nanoseconds.
    pub user_ns: u64,
    /// Time in the kernel, nanoseconds.
    pub system_ns: u64,
    /// Highest sum of resident sets, bytes.
    pub peak_resident_bytes: u64,
    /// Highest memory that the kernel charged, bytes.
    pub peak_charged_bytes: Option<u64>,
    /// Area under the sum of resident sets, byte seconds.
    pub memory_byte_seconds: f64,
    /// Times that memory was read.
    pub samples: u64,
    /// Processes that outlived the program and were killed.
    pub leftovers: u64,
    /// Times that a process gave up its core by itself.
    pub voluntary_switches: u64,
    /// Times that a core was taken from a process.
    pub involuntary_switches: u64,
    /// Page faults that needed the disk.
    pub major_faults: u64,
    /// Page faults that did not.
    pub minor_faults: u64,
    /// Names of the products, in the order of their descriptors.
    pub products: Vec<Bytes>,
}

wire_enum!(Request { 1 => Setup(setup), 2 => Run(run) });
wire_enum!(Reply { 1 => Ready(facts), 2 => Finished(finished), 3 => Failed(message) });
wire_enum!(Walls { 1 => Namespaces, 2 => SelfRestraint });
wire_enum!(Purpose { 1 => Compile, 2 => Execute });
wire_enum!(Ending {
    1 => Exited(code),
    2 => Signaled(signal),
    3 => Wall,
    4 => Cpu,
    5 => Memory,
    6 => Output,
    7 => File,
    8 => Filter,
});
wire_enum!(Family { 1 => Native, 2 => Script, 3 => Managed });
wire_struct!(Groups { memory, processes, unified, has_controllers });
wire_struct!(Placement { program, launcher });
wire_struct!(Setup { walls, place, programs, visible, program_id, groups });
wire_struct!(Fact { name, missing });
wire_struct!(Bounds { wall_ns, cpu_ns, memory_bytes, processes, output_bytes, flood_bytes, file_bytes });
wire_struct!(Run { purpose, program, links, command, environment, bounds, family, placement, fixed_addresses });
wire_struct!(Stream { kept, dropped });
wire_struct!(Finished {
    ending,
    output,
    error_output,
    wall_ns,
    user_ns,
    system_ns,
    peak_resident_bytes,
    peak_charged_bytes,
    memory_byte_seconds,
    samples,
    leftovers,
    voluntary_switches,
    involuntary_switches,
    major_faults,
    minor_faults,
    products,
});

impl Request {
    /// The message's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// The message that all of `bytes` stand for.
    ///
    /// # Errors
    /// They stand for none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        decode(bytes)
    }
}

impl Reply {
    /// The message's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// The message that all of `bytes` stand for.
    ///
    /// # Errors
    /// They stand for none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        decode(bytes)
    }
}
