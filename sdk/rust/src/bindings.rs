//! What wit-bindgen makes of the WIT package. On targets other than WebAssembly the imported
//! functions are stubs that must not be called; the types work everywhere.

wit_bindgen::generate!({
    path: "wit",
    world: "task",
    pub_export_macro: true,
    export_macro_name: "export_component",
    additional_derives: [Clone, PartialEq],
});
