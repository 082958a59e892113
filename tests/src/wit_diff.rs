//! What a change of the interface means for plugins that were built before it.
//!
//! An interface is flattened into lines by name; what is gone or reads otherwise breaks old plugins.
//! What is new does not, unless old plugins would have to export it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use wit_parser::{Function, Handle, Resolve, Type, TypeDefKind, TypeId, TypeOwner, WorldItem, WorldKey};

/// Names of functions, types and world items, each with what it is.
type Items = BTreeMap<String, Item>;

struct Item {
    /// What it is, in words that show every part.
    text: String,
    /// Whether a plugin must offer it.
    exported: bool,
}

/// The files of the package in `folder` as one text.
///
/// # Panics
/// When they cannot be read.
pub fn read_package(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| unreachable!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "wit"));
    files.sort();
    let mut package = String::new();
    let mut rest = String::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| unreachable!("{}: {error}", path.display()));
        for line in text.lines() {
            if line.starts_with("package ") {
                package = format!("{line}\n");
            } else {
                rest.push_str(line);
                rest.push('\n');
            }
        }
    }
    package + &rest
}

/// What in `new` breaks plugins that were built against `old`, one line each; both are packages as text.
///
/// # Panics
/// When one of them is not WIT.
pub fn breaks(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (flatten(old), flatten(new));
    let mut found = Vec::new();
    for (name, item) in &old {
        match new.get(name) {
            None => found.push(format!("{name} is gone")),
            Some(now) if now.text != item.text => {
                found.push(format!("{name} was `{}` and is `{}`", item.text, now.text));
            }
            Some(_) => {}
        }
    }
    let added = new.iter().filter(|(name, item)| item.exported && !old.contains_key(*name));
    found.extend(added.map(|(name, _)| format!("{name} is new, and old plugins do not export it")));
    found
}

fn flatten(text: &str) -> Items {
    let mut resolve = Resolve::default();
    if let Err(error) = resolve.push_source("package.wit", text) {
        unreachable!("not WIT: {error:#}");
    }
    let mut items = Items::new();
    let mut exported = Vec::new();
    for (_, world) in resolve.worlds.iter() {
        let sides = [("imports", &world.imports), ("exports", &world.exports)];
        for (side, key, item) in sides.iter().flat_map(|(side, them)| them.iter().map(move |(key, it)| (side, key, it)))
        {
            let name = match key {
                WorldKey::Name(name) => name.clone(),
                WorldKey::Interface(id) => resolve.interfaces[*id].name.clone().unwrap_or_default(),
            };
            let text = match item {
                WorldItem::Function(function) => signature(&resolve, function),
                _ => String::new(),
            };
            if *side == "exports"
                && let WorldItem::Interface { id, .. } = item
            {
                exported.push(*id);
            }
            let name = format!("world {}: {side} {name}", world.name);
            items.insert(name, Item { text, exported: *side == "exports" });
        }
    }
    for (id, interface) in resolve.interfaces.iter() {
        let name = interface.name.clone().unwrap_or_default();
        for (function, it) in &interface.functions {
            let item = Item { text: signature(&resolve, it), exported: exported.contains(&id) };
            items.insert(format!("{name}: function {function}"), item);
        }
        for (kind, it) in &interface.types {
            let item = Item { text: definition(&resolve, *it), exported: false };
            items.insert(format!("{name}: type {kind}"), item);
        }
    }
    items
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let parameters: Vec<_> =
        function.params.iter().map(|it| format!("{}: {}", it.name, reference(resolve, &it.ty))).collect();
    let result = function.result.as_ref().map(|it| format!(" -> {}", reference(resolve, it))).unwrap_or_default();
    let kind = format!("{:?}", function.kind).to_lowercase();
    // Without the number that the resource happens to have in this text.
    let kind = kind.split('(').next().unwrap_or_default();
    format!("{kind} func({}){result}", parameters.join(", "))
}

/// A type where it is used: by its name where it has one.
fn reference(resolve: &Resolve, it: &Type) -> String {
    match it {
        Type::Id(id) => match named(resolve, *id) {
            Some(name) => name,
            None => definition(resolve, *id),
        },
        plain => format!("{plain:?}").to_lowercase(),
    }
}

fn named(resolve: &Resolve, id: TypeId) -> Option<String> {
    let it = &resolve.types[id];
    let name = it.name.as_ref()?;
    match it.owner {
        TypeOwner::Interface(owner) => {
            Some(format!("{}.{name}", resolve.interfaces[owner].name.as_deref().unwrap_or_default()))
        }
        _ => Some(name.clone()),
    }
}

/// A type with all its parts.
fn definition(resolve: &Resolve, id: TypeId) -> String {
    let optional = |it: &Option<Type>| it.as_ref().map_or("_".to_owned(), |it| reference(resolve, it));
    match &resolve.types[id].kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter().map(|it| format!("{}: {}", it.name, reference(resolve, &it.ty)));
            listed("record", fields)
        }
        TypeDefKind::Variant(variant) => {
            listed("variant", variant.cases.iter().map(|it| format!("{}({})", it.name, optional(&it.ty))))
        }
        TypeDefKind::Enum(it) => listed("enum", it.cases.iter().map(|it| it.name.clone())),
        TypeDefKind::Flags(it) => listed("flags", it.flags.iter().map(|it| it.name.clone())),
        TypeDefKind::Resource => "resource".to_owned(),
        TypeDefKind::Handle(Handle::Own(id)) => format!("own {}", named(resolve, *id).unwrap_or_default()),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow {}", named(resolve, *id).unwrap_or_default()),
        TypeDefKind::Tuple(it) => listed("tuple", it.types.iter().map(|it| reference(resolve, it))),
        TypeDefKind::Option(it) => format!("option<{}>", reference(resolve, it)),
        TypeDefKind::Result(it) => format!("result<{}, {}>", optional(&it.ok), optional(&it.err)),
        TypeDefKind::List(it) => format!("list<{}>", reference(resolve, it)),
        TypeDefKind::Type(it) => format!("the same as {}", reference(resolve, it)),
        // The interface has none of these; if it ever does, a change of kind at least is seen.
        other => other.as_str().to_owned(),
    }
}

fn listed(kind: &str, parts: impl Iterator<Item = String>) -> String {
    let mut text = format!("{kind} {{");
    for part in parts {
        // Writing into a string succeeds.
        let _ = write!(text, " {part},");
    }
    text + " }"
}
