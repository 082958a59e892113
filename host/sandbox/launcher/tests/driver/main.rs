//! Drives a launcher as the sandbox does: over its socket, with real programs.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends at what it did not expect, and says what it skips"
)]

mod basics;
mod limits;
mod restraint;
mod walls;

use perfagent_launcher::channel;
use perfagent_launcher::protocol::{
    Bounds, Bytes, Fact, Family, Finished, Groups, MAX_MESSAGE, Placement, Purpose, Reply, Request, Run, Setup, Walls,
};
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What every program needs.
const VISIBLE: [&str; 8] =
    ["/usr", "/bin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/ld.so.cache", "/etc/alternatives"];

/// A launcher with a directory of programs.
pub(crate) struct Launcher {
    process: Child,
    socket: OwnedFd,
    scratch: PathBuf,
    pub(crate) facts: Vec<Fact>,
}

/// What came of a run.
pub(crate) struct Report {
    pub(crate) finished: Finished,
    pub(crate) output: String,
    pub(crate) error_output: String,
    pub(crate) products: Vec<(String, File)>,
}

impl Launcher {
    /// Starts one with `walls`; `None`, with the reason printed, where this machine does not allow
    /// them.
    pub(crate) fn start(walls: Walls) -> Option<Self> {
        let scratch = scratch();
        let (socket, other) = channel::pair().unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_perfagent-launcher"))
            .env_clear()
            .stdin(Stdio::from(other))
            .spawn()
            .unwrap();
        let privileged = fs::metadata("/proc/self").unwrap().uid() == 0;
        let setup = Setup {
            walls,
            place: bytes(scratch.join("place").to_str().unwrap()),
            programs: bytes(scratch.join("programs").to_str().unwrap()),
            visible: VISIBLE.map(bytes).to_vec(),
            program_id: privileged.then_some(64_001),
            groups: Groups::default(),
        };
        let mut launcher = Self { process, socket, scratch, facts: Vec::new() };
        launcher.send(&Request::Setup(setup), &[]);
        match launcher.receive() {
            (Reply::Ready(facts), _) => launcher.facts = facts,
            (Reply::Failed(why), _) => {
                let is_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
                assert!(!is_ci, "no walls on this machine: {why}");
                println!("skipped: this machine does not allow these walls: {why}");
                return None;
            }
            (other, _) => panic!("unexpected {other:?}"),
        }
        Some(launcher)
    }

    /// Writes a program of one file.
    pub(crate) fn write(&self, program: &str, file: &str, text: &str) {
        let directory = self.scratch.join("programs").join(program);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(file), text).unwrap();
    }

    /// Runs a program with `input`.
    pub(crate) fn run(&self, run: &Run, input: &[u8]) -> Report {
        match self.try_run(run, input) {
            Ok(report) => report,
            Err(why) => panic!("the launcher failed: {why}"),
        }
    }

    /// Runs a program with `input`, or says why the launcher could not.
    pub(crate) fn try_run(&self, run: &Run, input: &[u8]) -> Result<Report, String> {
        let mut file =
            File::options().read(true).write(true).create_new(true).open(self.scratch.join("input")).unwrap();
        fs::remove_file(self.scratch.join("input")).unwrap();
        file.write_all(input).unwrap();
        file.rewind().unwrap();
        self.send(&Request::Run(Box::new(run.clone())), &[file]);
        let (reply, files) = self.receive();
        let finished = match reply {
            Reply::Finished(finished) => *finished,
            Reply::Failed(why) => return Err(why),
            Reply::Ready(_) => panic!("unexpected {reply:?}"),
        };
        let mut files = files.into_iter().map(File::from);
        let (output, error_output) = (text(files.next().unwrap()), text(files.next().unwrap()));
        let names = finished.products.iter().map(|name| String::from_utf8(name.0.clone()).unwrap());
        let products = names.zip(files).collect();
        Ok(Report { finished, output, error_output, products })
    }

    /// Compiles `source` and makes the products a program of the name `program`.
    pub(crate) fn build_cpp(&self, program: &str, source: &str) {
        self.write(program, "main.cpp", source);
        let run = Run {
            purpose: Purpose::Compile,
            ..command(program, &["/usr/bin/g++", "-O1", "-o", "{output}/a.out", "main.cpp"])
        };
        let report = self.run(&run, b"");
        assert_eq!(report.error_output, "");
        for (name, mut file) in report.products {
            file.rewind().unwrap();
            let path = self.scratch.join("programs").join(program).join(name);
            std::io::copy(&mut file, &mut File::create(&path).unwrap()).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// Its process, for tests that look at what it leaves.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    fn send(&self, request: &Request, files: &[File]) {
        let files: Vec<_> = files.iter().map(|file| file.as_fd()).collect();
        channel::send(self.socket.as_fd(), &request.to_bytes(), &files).unwrap();
    }

    fn receive(&self) -> (Reply, Vec<OwnedFd>) {
        let mut buffer = vec![0; MAX_MESSAGE];
        let (length, files) = channel::receive(self.socket.as_fd(), &mut buffer).unwrap();
        assert_ne!(length, 0, "the launcher is gone");
        (Reply::from_bytes(&buffer[..length]).unwrap(), files)
    }
}

impl Drop for Launcher {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

/// A run of `command` with bounds that it does not meet.
pub(crate) fn command(program: &str, command: &[&str]) -> Run {
    Run {
        purpose: Purpose::Execute,
        program: program.into(),
        links: Vec::new(),
        command: command.iter().map(|word| bytes(word)).collect(),
        environment: ["PATH=/usr/bin:/bin", "TMPDIR={output}"].map(bytes).to_vec(),
        bounds: Bounds {
            wall_ns: 20_000_000_000,
            cpu_ns: 20_000_000_000,
            memory_bytes: 1 << 30,
            processes: 32,
            output_bytes: 1 << 20,
            flood_bytes: 16 << 20,
            file_bytes: 32 << 20,
        },
        family: Family::Script,
        placement: Placement::default(),
        fixed_addresses: false,
    }
}

/// A run of Python.
pub(crate) fn python(program: &str) -> Run {
    command(program, &["/usr/bin/python3", "-u", "{program}/main.py"])
}

/// Whether Python is where these tests want it.
pub(crate) fn has_python() -> bool {
    let found = Path::new("/usr/bin/python3").exists();
    if !found {
        println!("skipped: there is no /usr/bin/python3");
    }
    found
}

pub(crate) fn bytes(text: &str) -> Bytes {
    Bytes(text.as_bytes().to_vec())
}

fn text(mut file: File) -> String {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn scratch() -> PathBuf {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("perfagent-launcher-{}-{number}", std::process::id()));
    for name in ["place", "programs"] {
        fs::create_dir_all(path.join(name)).unwrap();
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}
