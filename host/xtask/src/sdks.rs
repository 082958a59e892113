//! The SDKs: their tools, the example task in each language as a component, and what would be published.
//!
//! The example is built as a task's author builds it: with `perfagent plugin new` and `plugin build`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::shell;
use crate::wasm_target;
use crate::workspace::Workspace;

/// Python packages: what makes components, and what checks and packs the SDK.
const PYTHON: [&str; 5] =
    ["componentize-py==0.25.1", "mypy==2.4.1", "build==1.6.1", "twine==7.0.0", "hatchling==1.33.0"];

/// npm packages: what makes components, as in the example's package.json, and what checks the types.
const NPM: [&str; 4] = [
    "@bytecodealliance/componentize-js@0.23.0",
    "@bytecodealliance/preview2-shim@0.17.9",
    "esbuild@0.28.2",
    "typescript@7.0.2",
];

/// Languages that have an SDK, as `plugin new` calls them, and where that lies.
const LANGUAGES: [(&str, &str); 3] = [("rust", "rust"), ("python", "python"), ("javascript", "js")];

/// The example task.
const EXAMPLE: &str = "sort-golf";

/// Where [`tools`] puts things.
struct Tools {
    python: PathBuf,
    npm: PathBuf,
}

impl Tools {
    fn of(workspace: &Workspace) -> Self {
        let tools = workspace.target.join("tools");
        Self { python: tools.join("sdk-python"), npm: tools.join("sdk-js") }
    }

    fn python(&self, program: &str) -> Command {
        Command::new(self.python.join("bin").join(program))
    }
}

/// Installs the tools of the Python and JavaScript SDKs below the target directory.
///
/// # Errors
/// What pip and npm end with.
fn tools(workspace: &Workspace) -> Result<Tools, Error> {
    let tools = Tools::of(workspace);
    once(&tools.python, &PYTHON, || {
        shell::run(Command::new("python3").args(["-m", "venv"]).arg(&tools.python))?;
        shell::run(tools.python("pip").args(["install", "--quiet"]).args(PYTHON))
    })?;
    once(&tools.npm, &NPM, || {
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-save", "--prefix"]).arg(&tools.npm).args(NPM);
        shell::run(&mut npm)
    })?;
    Ok(tools)
}

/// Fills `folder` by `install`, unless it holds just these packages.
fn once(folder: &Path, packages: &[&str], install: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    let list = folder.join("packages.txt");
    let wanted = packages.join("\n");
    if std::fs::read_to_string(&list).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    shell::say(&format!("installing {}", packages.join(", ")));
    shell::remove_dir(folder)?;
    shell::create_dir(folder)?;
    install()?;
    write(&list, &wanted)
}

/// Builds the example task in each language: `examples/sort-golf-LANGUAGE.wasm` in the target directory. The
/// program must have been built.
///
/// # Errors
/// Whatever stops the tools or the program.
pub(crate) fn components(workspace: &Workspace) -> Result<(), Error> {
    let tools = tools(workspace)?;
    let folder = workspace.target.join("examples");
    shell::create_dir(&folder)?;
    let wasm = wasm_target::ensure(workspace)?;
    // For tests that build projects themselves.
    write(&folder.join("rustflags"), &wasm.flags().unwrap_or_default())?;
    for (language, home) in LANGUAGES {
        let place = folder.join(format!("{EXAMPLE}-{language}.wasm"));
        let sdk = workspace.root.join("sdk");
        let sources = [sdk.join(home), sdk.join("toolkit/src"), workspace.root.join("wit")];
        if is_newer(&place, &sources)? {
            continue;
        }
        let parent = folder.join(language);
        shell::remove_dir(&parent)?;
        shell::create_dir(&parent)?;
        let perfagent = |arguments: &[&str], directory: &Path| {
            let mut command = Command::new(workspace.program());
            command.args(arguments).current_dir(directory).env("PATH", path(&tools));
            // Outside the project, so that it outlives it.
            command.env("CARGO_TARGET_DIR", folder.join("cargo"));
            shell::run(wasm.prepare(&mut command))
        };
        perfagent(&["plugin", "new", EXAMPLE, "--lang", language], &parent)?;
        let project = parent.join(EXAMPLE);
        if language == "javascript" {
            link_packages(&tools, &project)?;
        }
        perfagent(&["plugin", "build"], &project)?;
        let built = project.join("dist").join(EXAMPLE).with_extension("wasm");
        std::fs::copy(&built, &place).map_err(|source| Error::File { action: "copy", path: built, source })?;
    }
    Ok(())
}

/// The tools before everything else that is in `PATH`.
fn path(tools: &Tools) -> OsString {
    let mut path = tools.python.join("bin").into_os_string();
    if let Some(rest) = std::env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    path
}

/// Does what `npm install` would do in `project`, with the packages that are there already.
fn link_packages(tools: &Tools, project: &Path) -> Result<(), Error> {
    let modules = project.join("node_modules");
    shell::create_dir(&modules)?;
    let installed = tools.npm.join("node_modules");
    let links = ["@bytecodealliance", "esbuild"].map(|name| (name, installed.join(name))).into_iter();
    for (name, target) in links.chain([("perfagent-task", project.join("sdk"))]) {
        let link = modules.join(name);
        std::os::unix::fs::symlink(target, &link).map_err(|source| Error::File {
            action: "create",
            path: link,
            source,
        })?;
    }
    Ok(())
}

/// Whether `made` is newer than all files at and below `sources`.
fn is_newer(made: &Path, sources: &[PathBuf]) -> Result<bool, Error> {
    let time = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified());
    let Ok(made) = time(made) else { return Ok(false) };
    let mut left = sources.to_vec();
    while let Some(path) = left.pop() {
        let name = path.file_name().unwrap_or_default();
        if name == "__pycache__" || name == "node_modules" {
            continue;
        }
        if path.is_dir() {
            left.extend(shell::entries(&path)?);
        } else if time(&path).is_ok_and(|changed| changed > made) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Types of the SDKs and their examples, and a dry run of publishing each.
///
/// # Errors
/// Whatever stops the tools; [`Error::Failed`] with the check that failed.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Error> {
    let tools = tools(workspace)?;
    check_python(workspace, &tools)?;
    check_javascript(workspace, &tools)?;
    let mut cargo = workspace.cargo("publish");
    // Both in one call: the second needs the first, which no registry has.
    cargo.args(["--dry-run", "--allow-dirty", "--package", "perfagent-toolkit", "--package", "perfagent-task"]);
    shell::run(&mut cargo)
}

fn check_python(workspace: &Workspace, tools: &Tools) -> Result<(), Error> {
    let sdk = workspace.root.join("sdk/python");
    let work = workspace.target.join("sdk-check/python");
    shell::remove_dir(&work)?;
    shell::create_dir(&work)?;
    // The modules that a component has, so that what is carried over is checked against them.
    let bindings = work.join("bindings");
    let mut componentize = tools.python("componentize-py");
    componentize.arg("--wit-path").arg(workspace.root.join("wit")).args(["--world", "task", "bindings"]).arg(&bindings);
    shell::run(&mut componentize)?;
    let cache = workspace.target.join("sdk-check/mypy");
    let mypy = |what: &[&str]| {
        let mut mypy = tools.python("mypy");
        mypy.current_dir(&sdk).env("MYPYPATH", &bindings).arg("--cache-dir").arg(&cache).args(what);
        shell::run(&mut mypy)
    };
    mypy(&["--package", "perfagent_task"])?;
    mypy(&["examples/sort-golf/app.py", "examples/sort-golf/test_app.py"])?;
    let packages = work.join("dist");
    let mut build = tools.python("python");
    build.current_dir(&sdk).args(["-m", "build", "--no-isolation", "--outdir"]).arg(&packages);
    shell::run(&mut build)?;
    shell::run(tools.python("twine").args(["check", "--strict"]).args(shell::entries(&packages)?))
}

fn check_javascript(workspace: &Workspace, tools: &Tools) -> Result<(), Error> {
    let sdk = workspace.root.join("sdk/js");
    let tsc = tools.npm.join("node_modules/.bin/tsc");
    shell::run(Command::new(tsc).current_dir(&sdk).args(["--project", "tsconfig.json"]))?;
    // npm packs no links, and the interface is one here.
    let work = workspace.target.join("sdk-check/js");
    shell::remove_dir(&work)?;
    shell::create_dir(&work)?;
    shell::run(Command::new("cp").args(["--recursive", "--dereference"]).arg(sdk.join(".")).arg(&work))?;
    shell::run(Command::new("npm").current_dir(&work).args(["publish", "--dry-run", "--offline"]))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|source| Error::File { action: "write", path: path.into(), source })
}
