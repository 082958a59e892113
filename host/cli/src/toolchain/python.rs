//! Components of Python: componentize-py, with the SDK of the project's `sdk/` folder or an installed one.

use super::{Tools, missing, run};
use crate::exit::Exit;
use crate::failure::Failure;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The version that the SDK was written for; its bindings change between versions.
const COMPONENTIZE: &str = "componentize-py==0.25.1";

/// The module that a task's project is, without `.py`.
const APP: &str = "app";

/// Makes the component `output`.
pub(super) async fn build(tools: &Tools<'_>, output: &Path) -> Result<(), Failure> {
    let mut componentize = tools.need("componentize-py", &format!("run `pip install {COMPONENTIZE}`"))?;
    if !tools.directory.join(APP).with_extension("py").is_file() {
        let message = format!("{} has no {APP}.py, the module that is the task", tools.directory.display());
        return Err(Failure::new(Exit::Usage, message));
    }
    let source = match tools.folder("sdk/src") {
        Some(path) => path.canonicalize().ok(),
        None => installed(tools).await?,
    };
    let Some(source) = source else {
        return Err(missing(
            "the SDK is neither in sdk/src nor installed: run `pip install perfagent-task`, or take the folder sdk \
             from a new project"
                .to_owned(),
        ));
    };
    componentize.arg("--wit-path").arg(source.join("perfagent_task/wit")).args(["--world", "task", "componentize"]);
    componentize.args([APP, "--python-path", ".", "--python-path"]).arg(&source).arg("--output").arg(output);
    // It says that it succeeded, on standard output.
    componentize.stdout(Stdio::null());
    run(componentize).await?;
    Ok(())
}

/// Where the SDK is installed.
async fn installed(tools: &Tools<'_>) -> Result<Option<PathBuf>, Failure> {
    let mut python = tools.need("python3", "install Python 3.11 or newer")?;
    let program = "import importlib.util, pathlib; spec = importlib.util.find_spec('perfagent_task'); \
                   print(pathlib.Path(spec.origin).parents[1] if spec else '')";
    python.args(["-c", program]).stdout(Stdio::piped());
    let output = run(python).await?;
    let path = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    Ok(Some(path).filter(|path| !path.is_empty()).map(PathBuf::from))
}
