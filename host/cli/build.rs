//! Embeds the SDKs and the example task, which `perfagent plugin new` makes projects of.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What is embedded, below the root of the checkout.
const PARTS: [&str; 7] = [
    "Cargo.toml",
    "sdk/toolkit/Cargo.toml",
    "sdk/toolkit/README.md",
    "sdk/toolkit/src",
    "sdk/rust",
    "sdk/python",
    "sdk/js",
];

/// What tools leave in those folders.
const LEFT_OUT: [&str; 5] = ["node_modules", "target", "dist", "build", "__pycache__"];

fn main() -> io::Result<()> {
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    let mut table = String::from("&[\n");
    for part in PARTS {
        let mut files = Vec::new();
        collect(&root.join(part), &mut files)?;
        files.sort();
        for file in files {
            let name = file.strip_prefix(&root).map_err(io::Error::other)?;
            // Writing into a string succeeds.
            let _ = writeln!(table, "    ({name:?}, include_bytes!({file:?})),");
        }
    }
    table.push(']');
    fs::write(Path::new(&variable("OUT_DIR")?).join("embedded.rs"), table)
}

/// The files at and below `path`, through links.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", path.display());
    if !fs::metadata(path)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_hidden = name.starts_with('.') && name != ".gitignore";
        if !is_hidden && !LEFT_OUT.contains(&name.as_str()) {
            collect(&path, files)?;
        }
    }
    Ok(())
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}
