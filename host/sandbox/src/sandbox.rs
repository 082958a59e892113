//! The handle that everything else holds.

use crate::directories::{Directories, write_sources};
use crate::language::{Language, LanguageTable, Toolchain};
use crate::limits;
use crate::program::Compiled;
use crate::report::{content, outcome, report};
use crate::slots::Slots;
use crate::tier;
use crate::toolchain::{Found, visible};
use crate::{Program, SandboxError};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use perfagent_core::execution::{
    CompileError, CompileRequest, Failure, FailureKind, Outcome, Policy, Rejection, Round, RunOptions, RunReport,
    RunRequest,
};
use perfagent_core::isolation::{Isolation, Strictness};
use perfagent_launcher::protocol::{Bytes, Purpose, Run};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What every program finds in its environment. Its temporary files go where it works.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("HOME", "{output}"),
    ("TMPDIR", "{output}"),
    ("LANG", "C.UTF-8"),
    ("TZ", "UTC"),
];

/// The variable that makes Python's sets and dictionaries repeat their order.
const HASH_SEED: &str = "PYTHONHASHSEED";

/// How a sandbox is to be.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// How much isolation is insisted on.
    pub strictness: Strictness,
    /// Directory for its files, made where it is missing; only its owner can look into it. Several
    /// sandboxes may share one: each uses a directory of its own below it.
    pub scratch: PathBuf,
    /// Where toolchains are looked up: directories as in the variable `PATH`.
    pub search_path: OsString,
    /// Runs at the same time; `None`: one per core that this process may use.
    pub slots: Option<usize>,
    /// The languages that programs may be written in.
    pub languages: LanguageTable,
}

/// Runs and measures programs that nobody trusts. Cheap to clone; dropping the last clone, and the
/// last [`Program`], ends the launchers and removes what they left.
#[derive(Clone, Debug)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    languages: LanguageTable,
    found: Vec<Found>,
    isolation: Isolation,
    slots: Arc<Slots>,
    directories: Arc<Directories>,
    measuring_core: Option<u32>,
}

/// How one run is to be, beyond the program and the request.
#[derive(Clone, Copy)]
struct Manner {
    core: Option<u32>,
    hash_seed: u32,
}

impl Sandbox {
    /// Starts a launcher, sees what isolation the machine allows and refuses too little of it.
    ///
    /// # Errors
    /// The isolation is weaker than `options.strictness`, or nothing works at all; the scratch
    /// directory cannot be made.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let started = tokio::task::spawn_blocking(move || Self::start_blocking(options)).await;
        started.map_err(|error| SandboxError::Launcher(std::io::Error::other(error)))?
    }

    fn start_blocking(options: SandboxOptions) -> Result<Self, SandboxError> {
        let directories = Arc::new(Directories::make(&options.scratch)?);
        let languages: Vec<&Language> = options.languages.iter().collect();
        let found: Vec<Found> = std::thread::scope(|scope| {
            let probe = |language| {
                let path = &options.search_path;
                scope.spawn(move || Found::probe(language, path))
            };
            let probes: Vec<_> = languages.into_iter().map(probe).collect();
            probes.into_iter().filter_map(|probe| probe.join().ok()).collect()
        });
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let count = options.slots.unwrap_or(cores).max(1);
        let (slots, launcher, isolation) = tier::choose(&directories, &visible(&found), count, options.strictness)?;
        slots.keep(Arc::new(launcher));
        let measuring_core = last_core();
        let languages = options.languages;
        let slots = Arc::new(slots);
        Ok(Self { inner: Arc::new(Inner { languages, found, isolation, slots, directories, measuring_core }) })
    }

    /// The isolation in force.
    pub fn isolation(&self) -> &Isolation {
        &self.inner.isolation
    }

    /// The languages that programs may be written in.
    pub fn languages(&self) -> &LanguageTable {
        &self.inner.languages
    }

    /// What this machine has for each language, in the order of the table.
    pub async fn toolchains(&self) -> Vec<Toolchain> {
        self.inner.found.iter().map(|found| found.toolchain.clone()).collect()
    }

    /// Compiles a program inside the sandbox; for interpreted languages this only stores it.
    /// Dropping the future ends the compiler.
    ///
    /// # Errors
    /// The compiler does not accept the program, the language or its toolchain is not there, a path
    /// or limit is refused, or the sandbox fails.
    pub async fn compile(&self, request: CompileRequest) -> Result<Program, CompileError> {
        let (language, found) = self.language(&request.language)?;
        let bounds = limits::bounds(&request.limits, &limits::COMPILE)?;
        let program = self.store(&request, language, found)?;
        let Some(compilation) = &language.compile else { return Ok(Program { inner: Arc::new(program) }) };
        let run = Run {
            purpose: Purpose::Compile,
            program: program.name.clone(),
            links: Vec::new(),
            command: resolved(&compilation.command, found).into_iter().map(|word| Bytes(word.into_bytes())).collect(),
            environment: environment(language, 0),
            bounds,
            core: None,
        };
        let (finished, files) = {
            let _shared = self.inner.slots.shared().await;
            self.inner.slots.run(run, input_file(&[])?).await?
        };
        let (names, ending) = (finished.products.clone(), finished.ending);
        let (report, products) = report(finished, files)?;
        if report.outcome != Outcome::Exited(0) {
            let text = if report.error_output.is_empty() { &report.output } else { &report.error_output };
            let message = String::from_utf8_lossy(text).into_owned();
            return Err(CompileError::Rejected(Rejection { outcome: outcome(ending), message }));
        }
        for (name, product) in names.iter().zip(products) {
            store_product(&program.path, name, product, bounds.file_bytes)?;
        }
        Ok(Program { inner: Arc::new(program) })
    }

    /// The language called `name`, where its toolchain is there.
    fn language(&self, name: &str) -> Result<(&Language, &Found), Failure> {
        let unavailable = |message: String| Failure::new(FailureKind::Unavailable, message);
        let language = self.inner.languages.find(name).ok_or_else(|| {
            let known: Vec<_> = self.inner.languages.iter().map(|language| language.name.as_str()).collect();
            unavailable(format!("the sandbox has no language {name:?}; it has {}", known.join(", ")))
        })?;
        let found = self.inner.found.iter().find(|found| found.toolchain.language == language.name);
        match found.map(|found| (found, &found.toolchain.version)) {
            Some((found, Ok(_))) => Ok((language, found)),
            Some((_, Err(problem))) => Err(unavailable(format!("{}: {problem}", language.name))),
            None => Err(unavailable(format!("{}: its toolchain was not looked for", language.name))),
        }
    }

    /// Makes a program's directory and writes its sources.
    fn store(&self, request: &CompileRequest, language: &Language, found: &Found) -> Result<Compiled, Failure> {
        let failed = |error| Failure::new(FailureKind::Internal, format!("no directory for a program: {error}"));
        let (name, path) = self.inner.directories.new_program().map_err(failed)?;
        let mut links: Vec<Bytes> = Vec::new();
        for file in &request.files {
            let first = file.path.split('/').next().unwrap_or_default();
            if !links.iter().any(|link| link.0 == first.as_bytes()) {
                links.push(Bytes(first.as_bytes().to_vec()));
            }
        }
        // From here on whatever fails removes the directory.
        let command = resolved(&language.run, found);
        let program = Compiled { name, path, language: language.clone(), command, links };
        write_sources(&program.path, &language.file_name, &request.source, &request.files)?;
        Ok(program)
    }

    /// Runs `program` once for each request; the reports come in the order of the requests. Under
    /// [`Policy::Measure`](perfagent_core::execution::Policy::Measure) one at a time and with
    /// nothing else of this sandbox beside it. Dropping the future kills the runs.
    ///
    /// # Errors
    /// A limit is refused or the sandbox fails; what the program does is never an error.
    pub async fn run(
        &self,
        program: &Program,
        requests: Vec<RunRequest>,
        options: RunOptions,
    ) -> Result<Vec<RunReport>, Failure> {
        if options.policy == Policy::Measure {
            let _alone = self.inner.slots.alone().await;
            let manner = self.measuring(0);
            let mut reports = Vec::new();
            for request in &requests {
                reports.push(self.run_one(program, request, manner).await?);
            }
            return Ok(reports);
        }
        let _shared = self.inner.slots.shared().await;
        let most = options.max_parallel.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        let parallel = self.inner.slots.count().min(most.max(1));
        let manner = Manner { core: None, hash_seed: 0 };
        let runs: Vec<_> = requests.iter().map(|request| self.run_one(program, request, manner)).collect();
        stream::iter(runs).buffered(parallel).try_collect().await
    }

    /// Measures two programs on the same requests `rounds` times: in each round both meet every
    /// request, one right after the other, in random order. One run of each before that is
    /// discarded. Dropping the future kills the runs.
    ///
    /// # Errors
    /// As for [`Sandbox::run`].
    #[expect(clippy::too_many_arguments, reason = "the parameters of the task interface's function")]
    pub async fn compare(
        &self,
        candidate: &Program,
        incumbent: &Program,
        requests: Vec<RunRequest>,
        rounds: u32,
        _: RunOptions,
    ) -> Result<Vec<Round>, Failure> {
        let _alone = self.inner.slots.alone().await;
        if let Some(request) = requests.first() {
            for program in [candidate, incumbent] {
                self.run_one(program, request, self.measuring(0)).await?;
            }
        }
        let mut done = Vec::new();
        for number in 0..rounds {
            done.push(self.round(candidate, incumbent, &requests, self.measuring(number)).await?);
        }
        Ok(done)
    }

    async fn round(
        &self,
        candidate: &Program,
        incumbent: &Program,
        requests: &[RunRequest],
        manner: Manner,
    ) -> Result<Round, Failure> {
        let mut round = Round { candidate: Vec::new(), incumbent: Vec::new() };
        for request in requests {
            let (first, second) = if fastrand::bool() { (candidate, incumbent) } else { (incumbent, candidate) };
            let one = self.run_one(first, request, manner).await?;
            let other = self.run_one(second, request, manner).await?;
            let swapped = !std::ptr::eq(first, candidate);
            let (candidate, incumbent) = if swapped { (other, one) } else { (one, other) };
            round.candidate.push(candidate);
            round.incumbent.push(incumbent);
        }
        Ok(round)
    }

    fn measuring(&self, hash_seed: u32) -> Manner {
        Manner { core: self.inner.measuring_core, hash_seed }
    }

    async fn run_one(&self, program: &Program, request: &RunRequest, manner: Manner) -> Result<RunReport, Failure> {
        let compiled = &program.inner;
        let words = compiled.command.iter().chain(&request.arguments);
        let run = Run {
            purpose: Purpose::Execute,
            program: compiled.name.clone(),
            links: compiled.links.clone(),
            command: words.map(|word| Bytes(word.clone().into_bytes())).collect(),
            environment: environment(&compiled.language, manner.hash_seed),
            bounds: limits::bounds(&request.limits, &limits::RUN)?,
            core: manner.core,
        };
        let (finished, files) = self.inner.slots.run(run, input_file(&request.input)?).await?;
        Ok(report(finished, files)?.0)
    }
}

/// The core that measured programs run on: the last one, for the first ones get most interrupts.
fn last_core() -> Option<u32> {
    let set = rustix::thread::sched_getaffinity(None).ok()?;
    let last = (0..rustix::thread::CpuSet::MAX_CPU).rfind(|&core| set.is_set(core))?;
    u32::try_from(last).ok()
}

/// `command` with its first word as the path that it stands for.
fn resolved(command: &[String], found: &Found) -> Vec<String> {
    let mut words = command.to_vec();
    if let Some(first) = words.first_mut() {
        *first = found.resolve(first);
    }
    words
}

fn environment(language: &Language, hash_seed: u32) -> Vec<Bytes> {
    let common = ENVIRONMENT.iter().map(|(name, value)| format!("{name}={value}"));
    let own = language.environment.iter().map(|(name, value)| match name.as_str() {
        HASH_SEED => format!("{name}={hash_seed}"),
        _ => format!("{name}={value}"),
    });
    common.chain(own).map(|variable| Bytes(variable.into_bytes())).collect()
}

/// `bytes` as a file to read from.
fn input_file(bytes: &[u8]) -> Result<File, Failure> {
    let failed =
        |error: std::io::Error| Failure::new(FailureKind::Internal, format!("no file for a program's input: {error}"));
    let memory =
        rustix::fs::memfd_create("input", rustix::fs::MemfdFlags::CLOEXEC).map_err(|error| failed(error.into()))?;
    let mut file = File::from(memory);
    file.write_all(bytes).and_then(|()| file.rewind()).map_err(failed)?;
    Ok(file)
}

/// Puts what a compiler made beside the program's sources.
fn store_product(directory: &Path, name: &Bytes, product: OwnedFd, limit: u64) -> Result<(), Failure> {
    let failed = |error| Failure::new(FailureKind::Internal, format!("a compiled file cannot be kept: {error}"));
    let name = String::from_utf8_lossy(&name.0);
    if name.contains('/') || name.starts_with('.') {
        return Ok(());
    }
    let path = directory.join(name.as_ref());
    // A product of the same name as a source is the program's choice; it replaces the source.
    let _ = fs::remove_file(&path);
    let content = content(product, limit)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o755).open(path).map_err(failed)?;
    file.write_all(&content).map_err(failed)
}
