//! `perfagent plugin build`.

use crate::args::BuildArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::print;
use crate::surroundings::Surroundings;
use crate::toolchain::{Manifest, Tools};
use std::fs;
use std::io;
use std::time::Instant;

/// Makes a project's component with its language's toolchain: `dist/NAME.wasm`.
pub(crate) async fn build(args: &BuildArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let started = Instant::now();
    let manifest = Manifest::find(&args.directory)?;
    let dist = args.directory.join("dist");
    let place = dist.join(format!("{}.wasm", manifest.name));
    let failed =
        |error: io::Error| Failure::from_error(Exit::Files, &error).of(format!("cannot write {}", place.display()));
    fs::create_dir_all(&dist).map_err(failed)?;
    // Made beside and renamed, so that the component is whole whenever it is there; what is left of one that was
    // not finished goes away. The tools that write it run in the project, so they need to be told the whole path.
    let whole = dist.canonicalize().map_err(failed)?;
    let beside = tempfile::Builder::new().prefix(".build-").tempdir_in(whole).map_err(failed)?;
    let part = beside.path().join(format!("{}.wasm", manifest.name));
    let tools = Tools { directory: &args.directory, search_path: &surroundings.search_path };
    manifest.build(&tools, &part).await?;
    let size = fs::metadata(&part).map_err(failed)?.len();
    fs::rename(&part, &place).map_err(failed)?;
    let seconds = started.elapsed().as_secs_f64();
    print(&format!("built {}: {} in {seconds:.1} s", place.display(), size_in_words(size)))?;
    Ok(Exit::Success)
}

fn size_in_words(bytes: u64) -> String {
    if bytes < 1_000_000 { format!("{} kB", bytes.div_ceil(1000)) } else { format!("{:.1} MB", bytes as f64 / 1e6) }
}
