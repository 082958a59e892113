//! Sources that are aimed at the compiler.

use super::super::request;
use super::{neighbour, scene};
use perfagent_core::execution::{CompileError, CompileRequest, Limits};

const LIMITS: Limits = Limits {
    wall_ms: Some(8_000),
    cpu_ms: None,
    memory_bytes: Some(512 << 20),
    processes: None,
    output_bytes: Some(64 << 10),
    file_bytes: Some(64 << 20),
};

const BOMBS: &[(&str, &str, &str)] = &[
    ("endless include", "c", "#include \"/dev/zero\"\nint main(void) { }"),
    ("endless input", "c", "#include \"/dev/urandom\"\nint main(void) { }"),
    ("secrets", "c", "#include \"/etc/shadow\"\nint main(void) { }"),
    (
        "template recursion",
        "cpp",
        "template <long N> struct A { static const long v = A<N - 1>::v + A<N - 2>::v * N; };\nlong x = A<1L << 60>::v;\nint main() {}",
    ),
    ("a gigabyte of initialiser", "c", "int x[1 << 28] = {[(1 << 28) - 1] = 1};\nint main(void) { return x[0]; }"),
    (
        "macro explosion",
        "c",
        "#define A(x) x x x x x x x x x x\n#define B(x) A(A(A(x)))\n#define C(x) B(B(B(x)))\nint main(void) { C(C(1;)) }",
    ),
    ("assembler", "c", "__asm__(\".fill 1073741824, 1, 0\");\nint main(void) { return 0; }"),
];

#[tokio::test]
async fn compilers_are_held_and_tell_nothing() {
    let scene = scene().await;
    for (name, language, source) in BOMBS {
        let compiled = scene.sandbox.compile(CompileRequest { limits: LIMITS, ..request(language, source) }).await;
        let Err(CompileError::Rejected(rejection)) = compiled else { unreachable!("{name}: {compiled:?}") };
        assert!(!rejection.message.contains("root:"), "{name}: {}", rejection.message);
        neighbour(&scene).await;
    }
}
