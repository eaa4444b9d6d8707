//! `chambre identity`, `pki`, `backup`: who may call, through the program, with certificates of a trial authority.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use support::Serving;
use tempfile::TempDir;

fn chambre(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chambre")).current_dir(folder).args(words).output().unwrap()
}

/// What a command prints; it must succeed.
fn text(folder: &Path, words: &[&str]) -> String {
    let output = chambre(folder, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A server over TLS, on a data folder beside its certificates.
struct Server<'a> {
    serving: Serving,
    folder: &'a Path,
}

impl<'a> Server<'a> {
    fn start(folder: &'a Path, data: &str) -> Self {
        let server = ["--server-cert", "pki/server.pem", "--server-key", "pki/server.key"];
        let clients = ["--client-ca", "pki/ca.pem", "--client-crl", "pki/ca.crl"];
        Self { serving: Serving::start(folder, data, &[server, clients].concat()), folder }
    }

    /// The exit code of a command of somebody, and what it said, for a program and for a person.
    fn as_somebody(&self, name: &str, words: &[&str]) -> (i32, Value, String) {
        let (certificate, key) = (format!("pki/{name}.pem"), format!("pki/{name}.key"));
        let address = self.serving.address.replace("127.0.0.1", "localhost");
        let shown = ["--json", "--server", &address, "--tls-ca", "pki/ca.pem", "--tls-cert", &certificate];
        let output = chambre(self.folder, &[words, &shown, &["--tls-key", &key]].concat());
        let json = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code().unwrap(), json, String::from_utf8(output.stderr).unwrap())
    }
}

fn authority() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    text(path, &["pki", "ca", "--out", "pki"]);
    text(path, &["pki", "server", "--ca", "pki", "--name", "localhost"]);
    for (name, role) in [("root", "administrator"), ("a.martin", "auditor"), ("lost", "administrator")] {
        text(path, &["pki", "client", "--ca", "pki", "--name", name, "--role", role]);
    }
    text(path, &["pki", "crl", "--ca", "pki", "--revoke", "pki/lost.pem"]);
    folder
}

#[test]
fn an_administrator_lets_in_shuts_out_and_a_restored_chamber_remembers() {
    let folder = authority();
    let path = folder.path();
    let server = Server::start(path, "data");
    let martin = ["identity", "register", "a.martin", "--role", "officer", "--territory", "Plaine Commune"];
    let (code, said, _) = server.as_somebody("root", &martin);
    assert_eq!((code, &said["replayed"]), (0, &Value::Bool(false)), "{said}");
    assert_eq!(said["identity"]["territories"], serde_json::json!(["200057867"]));
    assert_eq!(server.as_somebody("root", &martin).1["replayed"], true);
    let here = ["positions", "--territory", "200057867"];
    assert_eq!(server.as_somebody("a.martin", &here).0, 0);
    let (code, said, _) = server.as_somebody("a.martin", &["positions", "--territory", "217500016"]);
    assert_eq!((code, &said["error"]["reason"]), (1, &Value::from("ACCESS_DENIED")));
    let (code, _, told) = server.as_somebody("root", &["identity", "register", "root", "--role", "auditor"]);
    assert_eq!(code, 1);
    assert!(told.starts_with("Refusé : nom : personne ne change sa propre identité"), "{told}");
    let (code, _, told) = server.as_somebody("root", &["identity", "register", "b", "--role", "officer"]);
    assert_eq!(code, 2);
    assert!(told.starts_with("Erreur : --territory : ce champ est obligatoire"), "{told}");
    let (code, said, _) = server.as_somebody("lost", &["identity", "list"]);
    assert_eq!((code, &said["error"]["reason"]), (2, &Value::from("UNAUTHENTICATED")), "on the list");

    assert_eq!(server.as_somebody("root", &["identity", "revoke", "a.martin"]).0, 0);
    assert_eq!(server.as_somebody("a.martin", &here).0, 2);
    text(path, &["backup", "copie.db", "--data", "data"]);
    drop(server);
    assert!(
        text(path, &["restore", "copie.db", "--data", "new"]).contains("Identités : copie.identites.log")
    );
    let server = Server::start(path, "new");
    assert_eq!(server.as_somebody("a.martin", &here).0, 2, "still refused");
    let (_, said, _) = server.as_somebody("root", &["identity", "list", "--all"]);
    let rows = said["identities"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["revoked"], &rows[0]["decided_by"]), (&Value::Bool(true), &Value::from("root")));
}
