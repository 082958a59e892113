//! The table that comes with the program.

use super::{Compilation, Family, Language};

pub(super) fn languages() -> Vec<Language> {
    vec![python3(), native("cpp"), native("c"), java(), javascript(), golang(), ruby(), rust()]
}

/// Prints what [`Language::probe`] asks for: virtual environments and version managers put other
/// programs of the same name before the interpreter, so it is asked where it really lives.
const PYTHON_PROBE: &str = "import platform, sys
print(platform.python_version(), sys.executable, sys.prefix, sys.base_prefix, sep='\\n')";

fn python3() -> Language {
    Language {
        aliases: words("python py"),
        run: words("python3 -u {program}/main.py"),
        probe: vec!["python3".into(), "-c".into(), PYTHON_PROBE.into()],
        install_hint: "install python3, for example: apt-get install python3".into(),
        environment: variables(&[
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("PYTHONNOUSERSITE", "1"),
            // Sets and dictionaries of strings in the same order on both sides of a comparison.
            ("PYTHONHASHSEED", "{seed}"),
        ]),
        ..language("python3", "py")
    }
}

/// C and C++ differ in their names and their standard.
fn native(name: &str) -> Language {
    let (compiler, extension, aliases, options) = match name {
        "cpp" => ("g++", "cpp", "c++ cxx cc", "-std=c++20 -O2 -o {output}/a.out main.cpp"),
        _ => ("gcc", "c", "", "-std=c17 -O2 -o {output}/a.out main.c -lm"),
    };
    let command = std::iter::once(compiler.to_owned()).chain(words(options)).collect();
    Language {
        aliases: words(aliases),
        compile: Some(Compilation { command }),
        run: words("{program}/a.out"),
        probe: words(&format!("{compiler} -dumpfullversion -dumpversion")),
        install_hint: format!("install {compiler}, for example: apt-get install {compiler}"),
        family: Family::Native,
        ..language(name, extension)
    }
}

/// One collector thread and one processor: with more of them equal programs differ by a third.
fn java() -> Language {
    let compile = "javac -J-XX:+UseSerialGC -J-XX:ActiveProcessorCount=2 -J-XX:MaxRAM={memory_mb}m -J-XX:-UsePerfData \
                   -encoding UTF-8 -proc:none -nowarn -d {output} Main.java";
    let run = "java -XX:+UseSerialGC -XX:ActiveProcessorCount=1 -XX:MaxRAM={memory_mb}m -XX:MaxRAMPercentage=100 \
               -XX:-UsePerfData -Xss64m -cp {program} Main";
    Language {
        file_name: "Main.java".into(),
        compile: Some(Compilation { command: words(compile) }),
        run: words(run),
        probe: words("java --version"),
        install_hint: "install a JDK, for example: apt-get install default-jdk-headless".into(),
        family: Family::Managed,
        warm_up_runs: 2,
        reads: words("/etc/java-*"),
        ..language("java", "java")
    }
}

const NODE_PROBE: &str = "const { dirname, join } = require('path');
console.log(process.version);
console.log(process.execPath);
console.log(join(dirname(dirname(process.execPath)), 'lib', 'node_modules'));";

fn javascript() -> Language {
    Language {
        aliases: words("js node"),
        run: words("node --harmony {program}/main.js"),
        probe: vec!["node".into(), "-e".into(), NODE_PROBE.into()],
        install_hint: "install Node.js, for example: apt-get install nodejs".into(),
        environment: variables(&[("NODE_PATH", "{directories}:/usr/local/lib/node_modules:/usr/share/nodejs")]),
        family: Family::Managed,
        ..language("javascript", "js")
    }
}

/// Adds and removes imports where `goimports` is installed, as the data sets that have programs in Go
/// expect it.
const GO_BUILD: &str = "set -e
if command -v goimports > /dev/null; then goimports main.go > {output}/main.go; else cp main.go {output}/main.go; fi
cd {output}
go build -o a.out main.go
rm main.go";

fn golang() -> Language {
    Language {
        aliases: words("go"),
        compile: Some(Compilation { command: vec!["/bin/sh".into(), "-c".into(), GO_BUILD.into()] }),
        run: words("{program}/a.out"),
        probe: words("go version"),
        install_hint: "install Go, for example: apt-get install golang golang-golang-x-tools".into(),
        environment: variables(&[
            ("CGO_ENABLED", "0"),
            ("GO111MODULE", "off"),
            ("GOCACHE", "{output}/.cache"),
            ("GOPATH", "{output}/.go"),
            ("GOTELEMETRY", "off"),
            ("GOTOOLCHAIN", "local"),
        ]),
        family: Family::Native,
        ..language("golang", "go")
    }
}

fn ruby() -> Language {
    Language {
        aliases: words("rb"),
        run: words("ruby {program}/main.rb"),
        probe: words("ruby --version"),
        install_hint: "install Ruby, for example: apt-get install ruby".into(),
        ..language("ruby", "rb")
    }
}

/// `rustup` puts a program of its own before the compiler.
const RUST_PROBE: &str = "rustc --version && sysroot=$(rustc --print sysroot) && \
                          printf '%s\\n' \"$sysroot/bin/rustc\" \"$sysroot\"";

fn rust() -> Language {
    Language {
        aliases: words("rs"),
        compile: Some(Compilation { command: words("rustc --edition 2021 -O -o {output}/a.out main.rs") }),
        run: words("{program}/a.out"),
        probe: vec!["sh".into(), "-c".into(), RUST_PROBE.into()],
        toolchain: "rustc".into(),
        install_hint: "install Rust from https://rustup.rs, and a C compiler to link with".into(),
        family: Family::Native,
        ..language("rust", "rs")
    }
}

/// What the languages have in common.
fn language(name: &str, extension: &str) -> Language {
    Language {
        name: name.into(),
        aliases: Vec::new(),
        file_name: format!("main.{extension}"),
        extension: extension.into(),
        compile: None,
        run: Vec::new(),
        probe: Vec::new(),
        toolchain: String::new(),
        install_hint: String::new(),
        environment: variables(&[]),
        family: Family::Script,
        warm_up_runs: 1,
        reads: Vec::new(),
    }
}

fn variables(pairs: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
