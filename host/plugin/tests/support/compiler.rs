//! The compiler that tests and benches start.

fn main() -> std::process::ExitCode {
    perfagent_plugin::serve_compiler()
}
