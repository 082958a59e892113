//! Sources that mean harm to their compiler.

use super::Expected::Rejected;
use super::{Case, LIMITS, case};
use perfagent_core::execution::{Limits, Outcome};

const ROOMY: Limits = Limits { memory_bytes: Some(256 << 20), file_bytes: Some(64 << 20), ..LIMITS };

pub(super) fn cases() -> Vec<Case> {
    let endless = "#include \"/dev/zero\"\nint main() {}";
    let templates = "
template <int N, long M> struct A { static const long v = A<N - 1, 2 * M>::v + A<N - 1, 2 * M + 1>::v; };
template <long M> struct A<0, M> { static const long v = M; };
long x = A<40, 1>::v;
int main() {}";
    let array = "int numbers[1 << 28] = {1};\nint main() {}";
    let doubling = (1..=40).map(|n| format!("#define X{n} X{0} X{0}\n", n - 1)).collect::<String>();
    let macros: &'static str = format!("#define X0 x +\n{doubling}int x = X40 0;\nint main() {{}}").leak();
    let recursion = "constexpr long f(long n) { return n < 2 ? n : f(n - 1) + f(n - 2) * n; }\n\
                     constexpr long x = f(200);\nint main() {}";
    let cpp = |name, source, outcome| Case { limits: ROOMY, ..case(name, "cpp", source, Rejected(outcome)) };
    let brief =
        |name, source| Case { limits: Limits { wall_ms: Some(500), ..ROOMY }, ..cpp(name, source, Outcome::WallLimit) };
    vec![
        cpp("endless source", endless, Outcome::MemoryLimit),
        brief("templates", templates),
        // The assembler meets the limit, and the compiler's driver lives to say so.
        cpp("an array of a gigabyte", array, Outcome::Exited(4)),
        cpp("macros", macros, Outcome::MemoryLimit),
        brief("constant expressions", recursion),
        cpp("the host's secrets", "#include \"/etc/shadow\"\nint main() {}", Outcome::Exited(1)),
        cpp("the host's secrets as bytes", "asm(\".incbin \\\"/etc/shadow\\\"\");\nint main() {}", Outcome::Exited(1)),
        cpp("the answers", "#include \"@ANSWERS@\"\nint main() {}", Outcome::Exited(1)),
    ]
}
