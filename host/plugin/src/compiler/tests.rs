//! Children that are no compilers, and those that die.

use super::*;

/// A shell that does as `script` says in place of the compiler.
fn shell(script: &str) -> Compiler {
    Compiler { program: "/bin/sh".into(), arguments: vec!["-c".into(), script.into()] }
}

async fn failure(script: &str) -> PluginError {
    let limits = PluginLimits { compile_wall_time: Duration::from_millis(1500), ..PluginLimits::default() };
    // More than fits a pipe, so that a child that does not read is noticed.
    let component = vec![b'x'; 1 << 20];
    shell(script).compile(component.into(), &limits, || {}).await.unwrap_err()
}

#[tokio::test]
async fn each_end_of_a_child_has_its_own_error() {
    type Fits = fn(&PluginError) -> bool;
    let cases: [(&str, Fits); 13] = [
        ("exit 0", |error| matches!(error, PluginError::CompilerGarbled)),
        ("cat > /dev/null; echo garbage", |error| matches!(error, PluginError::CompilerGarbled)),
        ("cat", |error| matches!(error, PluginError::CompilerGarbled)),
        ("head -c 1000 /dev/zero", |error| matches!(error, PluginError::CompilerGarbled)),
        ("kill -KILL $$", |error| matches!(error, PluginError::CompilerKilled)),
        ("kill -XCPU $$", |error| matches!(error, PluginError::CompileCpuLimit { .. })),
        ("echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$", |error| {
            matches!(error, PluginError::CompileMemoryLimit { .. })
        }),
        ("exit 2", |error| matches!(error, PluginError::CompileMemoryLimit { limit_bytes: 4_294_967_296 })),
        (
            "echo 'at byte 7'; exit 1",
            |error| matches!(error, PluginError::Compile { source } if source.to_string().trim() == "at byte 7"),
        ),
        ("exit 1", |error| matches!(error, PluginError::CompilerCrashed { .. })),
        ("echo oh >&2; kill -SEGV $$", |error| {
            let PluginError::CompilerCrashed { ending } = error else { return false };
            ending.contains("signal: 11") && ending.contains("oh")
        }),
        // Not heeding that nobody listens, and never ending by itself.
        ("exec >&- 2>&-; exec sleep 1000", |error| matches!(error, PluginError::CompileWallLimit { .. })),
        ("exec sleep 1000", |error| matches!(error, PluginError::CompileWallLimit { .. })),
    ];
    for (script, fits) in cases {
        let error = failure(script).await;
        assert!(fits(&error), "{script}: {error} ({error:?})");
    }
    let nothing = Compiler { program: "/nowhere/at/all".into(), arguments: Vec::new() };
    let error = nothing.compile([].into(), &PluginLimits::default(), || {}).await.unwrap_err();
    assert!(matches!(error, PluginError::CompilerStart { .. }), "{error}");
}

#[tokio::test]
async fn half_of_the_code_is_not_code() {
    let code = b"code".to_vec();
    let sealed = [Sha256::digest(&code).as_slice(), &code].concat();
    assert_eq!(unseal(sealed.clone()), Some(code));
    for length in 0..sealed.len() {
        assert_eq!(unseal(sealed[..length].to_vec()), None, "{length}");
    }
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(unseal(changed), None, "{at}");
    }
}

#[tokio::test]
async fn a_child_ends_with_the_call_and_sees_nothing_of_the_environment() {
    let directory = tempfile::tempdir().unwrap();
    let (pid, seen) = (directory.path().join("pid"), directory.path().join("seen"));
    // Once the second file is there, the first is whole.
    let script = format!(
        "echo $$ > {0}; /usr/bin/env > {1}.part; mv {1}.part {1}; exec sleep 1000",
        pid.display(),
        seen.display()
    );
    let limits = PluginLimits::default();
    let compiler = shell(&format!("PATH=/usr/bin:/bin; {script}"));
    let compiling = compiler.compile([].into(), &limits, || {});
    let started = async {
        while !seen.exists() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        _ = compiling => unreachable!("it sleeps"),
        () = started => {}
    }
    let pid = std::fs::read_to_string(pid).unwrap().trim().to_owned();
    let environment = std::fs::read_to_string(seen).unwrap();
    assert!(!environment.contains("HOME=") && !environment.contains("CARGO"), "{environment}");
    // The future is gone; its thread waits for the child's end, which this waits for.
    while std::path::Path::new("/proc").join(&pid).exists() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
