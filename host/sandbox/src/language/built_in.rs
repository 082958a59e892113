//! The table that comes with the program.

use super::{Compilation, Language};

pub(super) fn languages() -> Vec<Language> {
    vec![python3(), native("c"), native("cpp")]
}

/// Prints what [`Language::probe`] asks for: virtual environments and version managers put other
/// programs of the same name before the interpreter, so it is asked where it really lives.
const PYTHON_PROBE: &str = "import platform, sys
print(platform.python_version(), sys.executable, sys.prefix, sys.base_prefix, sep='\\n')";

fn python3() -> Language {
    Language {
        name: "python3".into(),
        aliases: words("python py"),
        file_name: "main.py".into(),
        extension: "py".into(),
        compile: None,
        run: words("python3 -u {program}/main.py"),
        probe: vec!["python3".into(), "-c".into(), PYTHON_PROBE.into()],
        install_hint: "install python3, for example: apt-get install python3".into(),
        environment: [
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("PYTHONNOUSERSITE", "1"),
            // Sets and dictionaries of strings in the same order in every run: measurements repeat.
            ("PYTHONHASHSEED", "0"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .into(),
    }
}

/// C and C++ differ in their names and their standard.
fn native(name: &str) -> Language {
    let (compiler, extension, aliases, options) = match name {
        "cpp" => ("g++", "cpp", "c++ cxx", "-std=c++20 -O2 -o {output}/a.out main.cpp"),
        _ => ("gcc", "c", "", "-std=c17 -O2 -o {output}/a.out main.c -lm"),
    };
    let command = std::iter::once(compiler.to_owned()).chain(words(options)).collect();
    Language {
        name: name.into(),
        aliases: words(aliases),
        file_name: format!("main.{extension}"),
        extension: extension.into(),
        compile: Some(Compilation { command }),
        run: words("{program}/a.out"),
        probe: words(&format!("{compiler} -dumpfullversion -dumpversion")),
        install_hint: format!("install {compiler}, for example: apt-get install {compiler}"),
        environment: Default::default(),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
