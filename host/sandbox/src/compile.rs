//! From sources to programs.

use crate::directories::write_sources;
use crate::environment::{environment, words};
use crate::language::Language;
use crate::limits;
use crate::program::{Compiled, Key};
use crate::report::{content, outcome, report};
use crate::run::input_file;
use crate::toolchain::Found;
use crate::{Program, Sandbox};
use perfagent_core::execution::{CompileError, CompileRequest, Failure, FailureKind, Outcome, Rejection};
use perfagent_launcher::protocol::{Bytes, Family, Placement, Purpose, Run};
use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, PoisonError};

impl Sandbox {
    /// Compiles a program inside the sandbox; for interpreted languages this only stores it. The same
    /// request gives the same program, compiled once, while it is among those that were used lately.
    /// Dropping the future ends the compiler.
    ///
    /// # Errors
    /// The compiler does not accept the program, the language or its toolchain is not there, a path
    /// or limit is refused, or the sandbox fails.
    pub async fn compile(&self, request: CompileRequest) -> Result<Program, CompileError> {
        let (language, found) = self.language(&request.language).await?;
        let bounds = limits::bounds(&request.limits, &limits::COMPILE)?;
        let key = Key::of(&request, language);
        if let Some(program) = self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(program);
        }
        let stored = self.store(&request, language, &found)?;
        if let Some(compilation) = &language.compile {
            let run = Run {
                purpose: Purpose::Compile,
                program: stored.name.clone(),
                links: Vec::new(),
                command: words(&compilation.command, &found, bounds.memory_bytes),
                environment: environment(language, &found, 0),
                bounds,
                // Compilers start others, in every way that there is.
                family: Family::Managed,
                placement: self.anywhere(),
                fixed_addresses: false,
            };
            self.run_compiler(run, &stored).await?;
        }
        let program = Program { inner: Arc::new(stored) };
        self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner).keep(key, &program);
        Ok(program)
    }

    async fn run_compiler(&self, run: Run, program: &Compiled) -> Result<(), CompileError> {
        let file_bytes = run.bounds.file_bytes;
        let (finished, files) = {
            let _shared = self.inner.slots.checking().await;
            let _turn = self.inner.slots.turn().await?;
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
            store_product(&program.path, name, product, file_bytes)?;
        }
        Ok(())
    }

    /// Makes a program's directory and writes its sources.
    fn store(&self, request: &CompileRequest, language: &Language, found: &Arc<Found>) -> Result<Compiled, Failure> {
        let failed = |error| Failure::new(FailureKind::Internal, format!("no directory for a program: {error}"));
        let (name, path) = self.inner.directories.new_program().map_err(failed)?;
        let firsts: BTreeSet<&str> = request.files.iter().filter_map(|file| file.path.split('/').next()).collect();
        let links = firsts.into_iter().map(|first| Bytes(first.as_bytes().to_vec())).collect();
        // From here on whatever fails removes the directory.
        let program = Compiled { name, path, language: language.clone(), found: Arc::clone(found), links };
        write_sources(&program.path, &language.file_name, &request.source, &request.files)?;
        Ok(program)
    }

    /// Where compilers and programs that are only checked run.
    pub(crate) fn anywhere(&self) -> Placement {
        let plan = self.inner.slots.plan();
        let cores = if plan.is_roomy() { &plan.others } else { &plan.all };
        Placement { program: cores.clone(), launcher: cores.clone() }
    }
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
