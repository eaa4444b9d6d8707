//! The fences of the design (section 8): who may depend on whom, who may reach what, what the root holds.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use toml::Table;

/// The arrows: each crate, and the crates of ours that it may depend on. Level-1 crates see the nouns only.
const ARROWS: [(&str, &[&str]); 8] = [
    ("domain", &[]),
    ("ledger", &["domain"]),
    ("settlement", &["domain"]),
    ("matching", &["domain"]),
    ("audit", &["domain"]),
    ("api", &["domain"]),
    ("server", &["domain", "ledger", "settlement", "matching", "audit", "api"]),
    ("cli", &["domain", "ledger", "settlement", "matching", "audit", "api", "server"]),
];

/// Crates that only compute.
const PURE: [&str; 3] = ["domain", "settlement", "matching"];

/// What a crate that only computes must not reach, however far.
const IMPURE: [&str; 4] = ["tokio", "tonic", "prost", "rusqlite"];

/// What the root of the repository holds, beside dot-files.
const ROOT: [&str; 7] = ["Cargo.toml", "README.md", "crates", "deploy", "docs", "proto", "tests"];
const ROOT_TOOLS: [&str; 3] = ["Cargo.lock", "clippy.toml", "rustfmt.toml"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| unreachable!("{path}: {error}"))
}

/// The manifests of `crates/`, by folder.
fn crates() -> BTreeMap<String, Table> {
    let folders = std::fs::read_dir(root().join("crates")).unwrap();
    let names = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap());
    let manifest = |name: String| {
        let table = read(&format!("crates/{name}/Cargo.toml")).parse().unwrap();
        (name, table)
    };
    names.map(manifest).collect()
}

/// Every dependency of a manifest, in these sections.
fn dependencies(manifest: &Table, sections: &[&str]) -> BTreeSet<String> {
    let tables = sections.iter().filter_map(|section| manifest.get(*section)?.as_table());
    tables.flat_map(Table::keys).cloned().collect()
}

const ALL_SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// What each package of the lock file depends on, by name.
fn locked() -> BTreeMap<String, BTreeSet<String>> {
    let lock: Table = read("Cargo.lock").parse().unwrap();
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in lock["package"].as_array().unwrap() {
        let named = package.get("dependencies").and_then(|list| list.as_array()).into_iter().flatten();
        // `name`, or `name version` when two versions are locked.
        let names = named.map(|name| name.as_str().unwrap().split(' ').next().unwrap().to_owned());
        graph.entry(package["name"].as_str().unwrap().to_owned()).or_default().extend(names);
    }
    graph
}

#[test]
fn every_arrow_between_our_crates_is_one_of_the_design() {
    let allowed: BTreeMap<_, _> = ARROWS.into_iter().collect();
    for (name, manifest) in crates() {
        let known = allowed.get(name.as_str());
        let known = known.unwrap_or_else(|| unreachable!("crates/{name} is not in the design"));
        for dependency in dependencies(&manifest, &ALL_SECTIONS) {
            if let Some(ours) = dependency.strip_prefix("chambre-") {
                assert!(known.contains(&ours), "crates/{name} must not depend on crates/{ours}");
            }
        }
    }
}

#[test]
fn nothing_but_the_tests_depends_on_the_tests() {
    for (name, manifest) in crates() {
        assert!(!dependencies(&manifest, &ALL_SECTIONS).contains("scenarios"), "crates/{name}");
    }
}

#[test]
fn only_the_ledger_speaks_sql() {
    let mut manifests = crates();
    manifests.insert("../tests".to_owned(), read("tests/Cargo.toml").parse().unwrap());
    let speaks = |manifest: &Table| dependencies(manifest, &ALL_SECTIONS).contains("rusqlite");
    let speakers: Vec<_> =
        manifests.iter().filter(|(_, manifest)| speaks(manifest)).map(|(name, _)| name.as_str()).collect();
    assert_eq!(speakers, ["ledger"]);
}

#[test]
fn crates_that_compute_reach_no_network_and_no_storage() {
    let (graph, manifests) = (locked(), crates());
    for name in PURE {
        let Some(manifest) = manifests.get(name) else { continue };
        let mut reached = BTreeMap::new();
        let mut next: Vec<(String, String)> = dependencies(manifest, &["dependencies", "build-dependencies"])
            .into_iter()
            .map(|dependency| (dependency.clone(), format!("crates/{name} > {dependency}")))
            .collect();
        while let Some((package, path)) = next.pop() {
            assert!(!IMPURE.contains(&package.as_str()), "{path}");
            let further =
                graph.get(&package).into_iter().flatten().filter(|name| !reached.contains_key(*name));
            next.extend(further.map(|name| (name.clone(), format!("{path} > {name}"))));
            reached.insert(package, path);
        }
        assert!(reached.len() > 3, "the lock file was not followed from crates/{name}");
    }
}

#[test]
fn the_lock_file_shows_that_the_server_reaches_what_the_others_must_not() {
    // The check above is worth something only if it would see them.
    let graph = locked();
    let mut reached = BTreeSet::new();
    let mut next = vec!["chambre-server".to_owned()];
    while let Some(package) = next.pop() {
        if reached.insert(package.clone()) {
            next.extend(graph.get(&package).into_iter().flatten().cloned());
        }
    }
    assert!(IMPURE.iter().all(|name| reached.contains(*name)));
}

#[test]
fn the_root_of_the_repository_holds_what_the_design_says_and_nothing_else() {
    let ignored: BTreeSet<String> =
        read(".gitignore").lines().filter_map(|line| line.strip_prefix('/').map(str::to_owned)).collect();
    let entries = std::fs::read_dir(root()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<String> = names
        .filter(|name| !name.starts_with('.') && !ignored.contains(name))
        .filter(|name| !ROOT_TOOLS.contains(&name.as_str()))
        .collect();
    assert_eq!(found, ROOT.map(str::to_owned).into());
}
