//! `chambre match run`, `propose`…: the program against a server of its own, from the folder to the ledger.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::Serving;
use tempfile::TempDir;

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/exemples")
}

/// A server that runs in a folder of its own.
struct Server {
    serving: Serving,
    folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { serving: Serving::start(folder.path(), "data", &[]), folder }
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chambre"));
        command.args(["--server", &self.serving.address]).args(words).output().unwrap()
    }

    /// What a command prints; it must succeed.
    fn text(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.text(&[words, &["--json"]].concat())).unwrap()
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A server that knows the parties of the example folder, and its needs, offers and contingents.
fn declared() -> Server {
    let server = Server::start();
    let parties = "siren;nom;type\n000000018;Bailleur A (fictif);OPH\n000000026;Bailleur B (fictif);ESH\n";
    server.text(&["register", "bailleurs", path(&server.put("b.csv", parties))]);
    let operations = "operation;nom;type;territoire;bailleur_origine;relogements_prevus;convention_anru;signataires_anru\n\
        OP-1;Opération 1 (fictive);ANRU;200057867;000000018;;C-1;000000018 000000026\n\
        OP-2;Opération 2 (fictive);propre;200057867;000000026;;;\n";
    server.text(&["register", "operations", path(&server.put("o.csv", operations))]);
    let convention = examples().join("conventions/causal.toml");
    server.text(&["convention", "publish", path(&convention)]);
    let folder = examples().join("appariement");
    let declare =
        ["match", "declare", path(&folder), "--territory", "Plaine Commune", "--officer", "a.martin"];
    for _ in 0..2 {
        // The same folder again declares nothing twice.
        assert_eq!(server.text(&declare).trim(), "Déclaré : 7 besoins, 6 logements, 2 contingents.");
    }
    server
}

#[test]
fn an_officer_goes_from_the_best_assignment_to_the_ledger_with_the_commands_alone() {
    let server = declared();
    let best = server.json(&["match", "run", "Plaine Commune"]);
    assert_eq!((best["needs"].as_i64(), best["offers"].as_i64()), (Some(7), Some(6)));
    assert_eq!((best["certified"].as_bool(), best["urgent"].as_i64()), (Some(true), Some(2)));
    let propose = ["match", "propose", "h-fictif-01", "O-01", "--mode", "ensemble", "--officer", "a.martin"];
    let proposal = server.json(&propose);
    let id = proposal["proposal_id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("O-01-") && !id.contains("fictif"), "{id}");
    assert_eq!(server.json(&propose), proposal, "asked again, it is the same");
    for words in [
        &["positionner"][..],
        &["transmettre"],
        &["caleol", "--decision", "attribution"],
        &["notifier"],
        &["accepter"],
    ] {
        let answer = [&["match", "answer", &id], words, &["--officer", "mous-1"]].concat();
        assert!(server.text(&answer).starts_with("Étape enregistrée."), "{words:?}");
    }
    let today = today();
    let sign = [
        "match",
        "complete",
        &id,
        "--lease-date",
        &today,
        "--rent",
        "440",
        "--works",
        "1200,00:2026-11-02:F-1",
    ];
    let signed = server.text(&[&sign[..], &["--officer", "accueil-1"]].concat());
    assert!(signed.contains("bail signé") && signed.contains("1 faite, 2 restantes"), "{signed}");
    let message = loop {
        let outbox = server.json(&["match", "outbox"]);
        assert_eq!(outbox["messages"][0]["last_error"], "", "the ledger takes it");
        if outbox["messages"][0]["delivered"] == Value::Bool(true) {
            break outbox["messages"][0].clone();
        }
    };
    assert_eq!(
        (message["placement_id"].as_str(), message["attempts"].as_i64()),
        (Some(id.as_str()), Some(1))
    );
    assert!(server.text(&["positions"]).contains("1\u{202f}200,00"), "the works of the lease");
    let report = server.folder.path().join("besoins.csv");
    assert!(server.text(&["match", "report", "Plaine Commune", "--out", path(&report)]).contains("Besoins"));
    let needs = std::fs::read_to_string(report).unwrap();
    assert!(needs.contains("OP-2;T6;PLAI;1;0;non") && !needs.contains("fictif"), "{needs}");
}

#[test]
fn dwellings_go_along_the_order_that_an_officer_publishes_and_the_report_is_drawn() {
    let server = declared();
    let none = server.text(&["match", "rotation", "Plaine Commune"]);
    assert!(none.contains("pas de priorité tournante"), "{none}");
    let order = ["--from", "2026-11-01", "--rotation", "MOUS-A,MOUS-B", "--officer", "a.martin"];
    server.text(&[&["match", "policy", "Plaine Commune"], &order[..]].concat());
    let open = server.json(&["match", "rotation", "Plaine Commune"])["open"].clone();
    let asked = |offer: &str| {
        let rounds = open.as_array().unwrap().iter();
        rounds.filter(|round| round["offer_id"] == offer).map(|round| round["asked_mous_id"].clone()).next()
    };
    assert_eq!((asked("O-01"), asked("O-02")), (Some("MOUS-A".into()), Some("MOUS-B".into())));
    let early = ["match", "propose", "h-fictif-02", "O-02", "--mode", "tournante", "--officer", "mous-a"];
    let refused = server.run(&early);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && said.contains("C’est le tour de MOUS-B jusqu’au"), "{said}");
    let pass = ["match", "decline", "O-02", "MOUS-B", "--declined-for", "trop-cher", "--officer", "mous-b"];
    let passed = server.text(&pass);
    assert!(passed.contains("C’est le tour de MOUS-A"), "{passed}");
    let open = server.json(&["match", "rotation", "Plaine Commune"])["open"].clone();
    let of = open.as_array().unwrap().iter().find(|round| round["offer_id"] == "O-02").unwrap();
    assert_eq!(of["answers"][0]["reason"], "TOO_DEAR", "{of}");
    server.text(&early);
    let picture = server.folder.path().join("etats.svg");
    let report = ["match", "report", "Plaine Commune", "--picture", path(&picture)];
    server.text(&report);
    let drawn = std::fs::read_to_string(&picture).unwrap();
    assert!(drawn.starts_with("<svg ") && drawn.contains("Réalisé sur engagé"), "{drawn}");
    assert!(!drawn.contains("fictif-"), "no household is named");
    assert_eq!(server.run(&report).status.code(), Some(2), "a file is replaced only with --force");
    server.text(&[&report[..], &["--force"]].concat());
    assert_eq!(std::fs::read_to_string(&picture).unwrap(), drawn);
}

#[test]
fn a_chain_is_found_and_proposed_with_the_commands_alone() {
    let server = declared();
    let folder = examples().join("mutations");
    let declare = ["match", "transfers", path(&folder), "--officer", "mutations-2"];
    for _ in 0..2 {
        assert_eq!(server.text(&declare).trim(), "Déclaré : 1 mutation.");
    }
    let mutations = server.text(&["match", "list", "Plaine Commune", "--transfers"]);
    assert!(mutations.starts_with("1 mutation.") && mutations.contains("m-fictif-01"), "{mutations}");
    let listed = server.json(&["match", "list", "--transfers"])["transfers"].clone();
    assert_eq!((&listed[0]["frees_offer_id"], &listed[0]["agreed"]), (&"L-01".into(), &true.into()));
    let told = server.text(&["match", "run", "Plaine Commune", "--transfers", "2"]);
    assert!(told.contains("preuve vérifiée") && !told.contains("calcul seul"), "{told}");
    let best = server.json(&["match", "run", "Plaine Commune", "--transfers", "2"]);
    let links = best["chains"][0]["links"].as_array().unwrap().iter();
    let links: Vec<_> = links.map(|link| (link["household"].clone(), link["offer_id"].clone())).collect();
    assert_eq!(links, [("m-fictif-01".into(), "O-05".into()), ("h-fictif-05".into(), "L-01".into())]);
    let chain = ["match", "chain", "C-1", "Plaine Commune", "O-05", "m-fictif-01", "h-fictif-05"];
    let proposed = server.json(&[&chain[..], &["--officer", "a.martin"]].concat());
    assert_eq!(proposed["proposals"][1]["chain_rank"], 2);
    let no =
        ["match", "answer", "C-1-1", "decliner", "--declined-for", "secteur", "--officer", "mutations-2"];
    server.text(&no);
    let listed = server.text(&["match", "list"]);
    assert!(listed.contains("retirée : un maillon d’avant a échoué"), "{listed}");
}

#[test]
fn what_is_wrong_is_said_in_french_with_its_exit_code() {
    let server = declared();
    for (words, code, told) in [
        (&["match", "propose", "h-fictif-01", "O-05", "--officer", "a"][..], 1, "H01_TYPOLOGY"),
        (&["match", "propose", "h-fictif-99", "O-01", "--officer", "a"], 1, "liste des besoins"),
        (&["match", "propose", "h-fictif-01", "O-99", "--officer", "a"], 1, "aucune offre"),
        (&["match", "propose", "h-fictif-01", "O-01", "--mode", "fleche", "--officer", "a"], 2, "--reason"),
        (&["match", "propose", "h-fictif-01", "O-01"], 2, "author_id"),
        (&["match", "answer", "P-99", "positionner", "--officer", "a"], 1, "aucune proposition"),
        (&["match", "answer", "P-99", "caleol", "--officer", "a"], 2, "--decision"),
        (&["match", "run", "Atlantide"], 2, "aucun des 63 territoires"),
        (&["match", "run", "Plaine Commune", "--transfers", "6"], 2, "--transfers"),
        (&["match", "run", "Plaine Commune", "--transfers", "1", "--pin", "h:O"], 2, "--pin"),
        (
            &["match", "chain", "C-1", "Plaine Commune", "O-05", "m-9", "h-fictif-05", "--officer", "a"],
            1,
            "besoins",
        ),
        (&["match", "transfers", "/nulle/part", "--officer", "a"], 2, "n’est pas un dossier"),
        (
            &["match", "decline", "O-01", "MOUS-A", "--declined-for", "taille", "--officer", "a"],
            1,
            "ordre des MOUS",
        ),
        (&["match", "report", "Plaine Commune", "--picture", "etats.png"], 2, ".svg"),
        (&["match", "policy", "Plaine Commune", "--window-days", "3"], 2, "--from"),
        (
            &[
                "match",
                "policy",
                "Plaine Commune",
                "--from",
                "2027-01-01",
                "--answer-days",
                "3",
                "--officer",
                "a",
            ],
            2,
            "bornes",
        ),
        (&["match", "withdraw", "--offer", "O-99", "--officer", "a"], 1, "aucune offre"),
        (&["match", "withdraw", "--officer", "a"], 2, "--household"),
    ] {
        let output = server.run(words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
        assert!(said.contains(told), "{words:?}: {said}");
    }
    assert_eq!(server.json(&["match", "list"])["proposals"], Value::Array(Vec::new()));
}

/// Today in Paris, as the server reads it.
fn today() -> String {
    chambre_server::system_clock()().day_in_paris().to_string()
}
