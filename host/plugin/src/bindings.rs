//! The task interface as Rust items, generated from `wit/`.

#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "task",
    imports: { default: async },
    exports: { default: async },
    with: { "perfagent:task/execution.program": crate::imports::ProgramHandle },
});
