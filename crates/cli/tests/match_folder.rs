//! `chambre match DIR`, as people run it: the program itself, on folders of its own.

#![allow(clippy::unwrap_used)]

use calamine::{DataType as _, Reader as _};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

// ---- the folder of a test, and the program ----

fn example() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/exemples/appariement")
}

/// A copy of the example, to be changed.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in ["besoins.csv", "logements.csv", "contingents.csv", "operations_anru.csv"] {
            std::fs::copy(example().join(file), folder.path().join(file)).unwrap();
        }
        Self(folder)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn out(&self) -> PathBuf {
        self.path("reponse.json")
    }

    fn lines(&self, file: &str) -> Vec<String> {
        std::fs::read_to_string(self.path(file)).unwrap().lines().map(str::to_owned).collect()
    }

    fn write(&self, file: &str, lines: &[String]) {
        std::fs::write(self.path(file), lines.join("\n") + "\n").unwrap();
    }

    /// Changes one cell; lines are counted from 1, the heading included.
    fn set(&self, file: &str, line: usize, column: &str, value: &str) -> &Self {
        let mut lines = self.lines(file);
        let place = lines[0].split(';').position(|known| known == column).unwrap();
        let mut cells: Vec<&str> = lines[line - 1].split(';').collect();
        cells[place] = value;
        lines[line - 1] = cells.join(";");
        self.write(file, &lines);
        self
    }

    fn run(&self, more: &[&str]) -> Output {
        let out = self.out();
        let words = [&["--on", "02/11/2026", "--out", out.to_str().unwrap()], more].concat();
        chambre(self.0.path(), &words)
    }

    fn answer(&self) -> Value {
        let done = self.run(&["--force"]);
        assert_eq!(done.status.code(), Some(0), "{}", told(&done));
        serde_json::from_slice(&std::fs::read(self.out()).unwrap()).unwrap()
    }
}

fn chambre(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chambre")).arg("match").arg(folder).args(words).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn column(list: &Value, name: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one[name].as_str().unwrap().to_owned()).collect()
}

// ---- what is answered ----

#[test]
fn the_example_is_matched_with_scores_costs_and_reasons() {
    let answer = Folder::new().answer();
    assert_eq!(answer["objective"], json!({ "urgent": 2, "placed": 4, "score": 2978 }));
    assert_eq!(answer["certificate"]["proven"], json!(true));
    assert_eq!(answer["certificate"]["bound"], answer["objective"]);
    let placements = &answer["placements"];
    assert_eq!(column(placements, "household"), ["h-fictif-01", "h-fictif-02", "h-fictif-03", "h-fictif-04"]);
    assert_eq!(column(placements, "offer"), ["O-01", "O-02", "O-04", "O-03"]);
    let total: i64 = placements[0]["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["points"].as_i64().unwrap())
        .sum();
    assert_eq!((total, &placements[0]["score"]), (816, &json!(816)), "the worked figure of the page");
    assert_eq!(placements[0]["indemnity"], json!({ "status": "no_scale", "on": "2026-12-01" }));
    assert_eq!(placements[3]["indemnity"]["checks"], json!(["NOT_ANRU", "RENT_ABOVE_APL_CEILING"]));
    let second = &placements[1];
    assert_eq!((&second["reference_rent_cents"], &second["rent_cents"]), (&json!(61000), &json!(54000)));
    assert_eq!(
        (&second["monthly_gap_cents"], &answer["totals"]["monthly_gap_cents"]),
        (&json!(7000), &json!(7000))
    );
    let unplaced = &answer["unplaced"];
    assert_eq!(column(unplaced, "reason"), ["WORTH_MORE_ELSEWHERE", "NO_POSSIBLE_PAIR", "NO_POSSIBLE_PAIR"]);
    assert_eq!(
        unplaced[0]["nearest"],
        json!({
            "offer": "O-02", "score": 488, "holder": "h-fictif-02", "holder_score": 714,
            "cost": { "urgent": 0, "placed": 0, "score": 226, "exact": true, "score_needed": 714 },
        })
    );
    let first = &unplaced[1]["ruled_out"][0];
    assert_eq!((&first["code"], &first["pairs"]), (&json!("H01_TYPOLOGY"), &json!(5)));
    assert_eq!(column(&answer["vacant"], "offer"), ["O-05", "O-06"]);
    assert_eq!((&answer["rules"]["pairs"], &answer["rules"]["possible"]), (&json!(42), &json!(8)));
}

#[test]
fn the_order_of_the_lines_changes_no_byte() {
    let folder = Folder::new();
    folder.answer();
    let first = std::fs::read(folder.out()).unwrap();
    for file in ["besoins.csv", "logements.csv", "contingents.csv"] {
        let mut lines = folder.lines(file);
        lines[1..].reverse();
        folder.write(file, &lines);
    }
    folder.answer();
    assert_eq!(std::fs::read(folder.out()).unwrap(), first);
}

#[test]
fn the_summary_goes_to_the_screen_and_json_to_a_program() {
    let folder = Folder::new();
    let done = folder.run(&[]);
    assert!(said(&done).contains("4 ménages logés sur 7"), "{}", said(&done));
    let both = folder.run(&["--json", "--force"]);
    let json: Value = serde_json::from_slice(&both.stdout).unwrap();
    assert_eq!(json, serde_json::from_slice::<Value>(&std::fs::read(folder.out()).unwrap()).unwrap());
    assert!(told(&both).contains("4 ménages logés sur 7"), "{}", told(&both));
}

#[test]
fn the_page_shows_what_the_program_says() {
    let page = std::fs::read_to_string(example().join("../../appariement.md")).unwrap();
    let done = chambre(&example(), &["--on", "2026-11-02"]);
    let said = said(&done);
    assert!(page.contains(said.trim_end()), "docs/appariement.md holds another output than:\n{said}");
}

#[test]
fn two_households_alike_are_told_to_be_a_tie() {
    let folder = Folder::new();
    let mut lines = folder.lines("besoins.csv");
    lines.truncate(2);
    lines.push(lines[1].replace("h-fictif-01", "h-fictif-02"));
    folder.write("besoins.csv", &lines);
    let mut lines = folder.lines("logements.csv");
    lines.truncate(2);
    folder.write("logements.csv", &lines);
    let answer = folder.answer();
    assert_eq!(column(&answer["placements"], "household"), ["h-fictif-01"]);
    assert_eq!(column(&answer["unplaced"], "reason"), ["TIE"]);
}

#[test]
fn a_contingent_is_never_filled_beyond_its_places() {
    let folder = Folder::new();
    folder.set("logements.csv", 2, "contingent", "C-PREFET").set(
        "logements.csv",
        3,
        "contingent",
        "C-PREFET",
    );
    folder.set("contingents.csv", 2, "accueille", "tous");
    assert_eq!(folder.answer()["certificate"]["by"], json!("prices"));
    folder.set("contingents.csv", 2, "reste", "1");
    let answer = folder.answer();
    assert_eq!(answer["certificate"]["by"], json!("bound"));
    assert_eq!(answer["objective"], json!({ "urgent": 2, "placed": 3, "score": 2264 }));
    assert_eq!(column(&answer["placements"], "offer"), ["O-01", "O-04", "O-03"]);
    let left = &answer["unplaced"][0];
    assert_eq!((&left["household"], &left["reason"]), (&json!("h-fictif-02"), &json!("CONTINGENT_FULL")));
    let vacant = &answer["vacant"][0];
    assert_eq!((&vacant["offer"], &vacant["reason"]), (&json!("O-02"), &json!("CONTINGENT_FULL")));
}

#[test]
fn what_is_absent_or_not_read_is_said() {
    let folder = Folder::new();
    std::fs::remove_file(folder.path("contingents.csv")).unwrap();
    std::fs::rename(folder.path("operations_anru.csv"), folder.path("operation_anru.csv")).unwrap();
    let answer = folder.answer();
    let codes = column(&answer["notes"], "code");
    for code in ["POLICY_STANDARD", "CONTINGENTS_ABSENT", "ANRU_OPERATIONS_ABSENT", "FILE_NOT_READ"] {
        assert!(codes.iter().any(|known| known == code), "{code} in {codes:?}");
    }
    assert_eq!(answer["read"]["contingents"], Value::Null);
    assert!(column(&answer["placements"], "offer").iter().all(|offer| offer != "O-02"), "H08 is unknown");
}

#[test]
fn a_contingent_named_nowhere_or_of_another_year_is_said() {
    let folder = Folder::new();
    folder.set("logements.csv", 2, "contingent", "C-MAIRIE");
    folder.set("contingents.csv", 3, "du", "01/01/2025").set("contingents.csv", 3, "au", "31/12/2025");
    let notes = folder.answer()["notes"].clone();
    for (code, says) in [("CONTINGENT_UNKNOWN", "C-MAIRIE"), ("CONTINGENT_PERIOD", "C-AL")] {
        let place = column(&notes, "code").iter().position(|known| known == code);
        assert!(column(&notes, "french")[place.unwrap()].contains(says), "{notes}");
    }
}

#[test]
fn a_policy_of_the_folder_is_used_and_named_by_its_hash() {
    let folder = Folder::new();
    let standard = folder.answer()["policy"]["sha256"].clone();
    std::fs::write(folder.path("politique.toml"), "effort_cap_bp = 2400\n").unwrap();
    let answer = folder.answer();
    assert_ne!(answer["policy"]["sha256"], standard);
    assert_eq!(answer["policy"]["from_folder"], json!(true));
    assert_eq!(answer["objective"]["placed"], json!(3), "a household is beyond the cap of 24 %");
}

#[test]
fn the_needs_of_the_month_hide_small_counts_and_every_household() {
    let folder = Folder::new();
    let mut lines = folder.lines("besoins.csv");
    let sixth = lines[1].clone();
    lines.extend((10..16).map(|number| sixth.replace("h-fictif-01", &format!("h-fictif-{number}"))));
    folder.write("besoins.csv", &lines);
    let path = folder.path("besoins-du-mois.csv");
    let done = chambre(folder.0.path(), &["--on", "2026-11-02", "--report", path.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{}", told(&done));
    assert!(said(&done).contains("besoins-du-mois.csv"));
    let table = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        table,
        "\u{feff}operation;typologie;financement;menages;urgents;urgence\r\n\
         OP-1;T2;PLUS;<5;0;non\r\nOP-1;T3;PLUS;7;7;oui\r\nOP-1;T4;PLUS;<5;0;non\r\n\
         OP-2;T2;PLUS;<5;<5;oui\r\nOP-2;T3;non précisé;<5;0;non\r\nOP-2;T3;PLUS;<5;0;non\r\n\
         OP-2;T6;PLAI;<5;0;non\r\n"
    );
    let book = folder.path("besoins.xlsx");
    let words = ["--on", "2026-11-02", "--report", book.to_str().unwrap()];
    assert_eq!(chambre(folder.0.path(), &words).status.code(), Some(0));
    let sheet =
        calamine::open_workbook::<calamine::Xlsx<_>, _>(&book).unwrap().worksheet_range("Besoins").unwrap();
    let cells: Vec<_> = sheet.rows().nth(2).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(cells, ["OP-1", "T3", "PLUS", "7", "7", "oui"]);
    assert!(sheet.get((2, 3)).unwrap().is_float(), "a spreadsheet adds it up");
    assert_eq!(chambre(folder.0.path(), &words).status.code(), Some(2), "it is there already");
    let twice = folder.path("r.csv");
    let twice =
        chambre(folder.0.path(), &["--out", twice.to_str().unwrap(), "--report", twice.to_str().unwrap()]);
    assert_eq!((twice.status.code(), told(&twice).contains("le même fichier")), (Some(2), true));
    let odd = chambre(folder.0.path(), &["--report", "besoins.pdf"]);
    assert_eq!((odd.status.code(), told(&odd).contains(".csv ou .xlsx")), (Some(2), true));
}

// ---- what is refused ----

/// One wrong cell: the file, the line and the column are told, the exit code is 2, nothing is written.
#[test]
fn each_wrong_cell_is_told_by_file_line_and_column() {
    for (file, line, column, value, says) in [
        ("besoins.csv", 2, "menage", "", "ce champ est obligatoire"),
        ("besoins.csv", 2, "menage", "h-fictif-02", "la ligne 2 le porte déjà"),
        ("besoins.csv", 2, "bailleur_origine", "000000019", "clé de contrôle"),
        ("besoins.csv", 3, "commune", "69123", "« 69123 »"),
        ("besoins.csv", 3, "urgence", "incendie", "calendrier_travaux"),
        ("besoins.csv", 3, "urgence_depuis", "02/11/2026", "« urgence_depuis »"),
        ("besoins.csv", 4, "personnes", "0", "de 1 à 20"),
        ("besoins.csv", 4, "unites_consommation", "1,85", "après la virgule"),
        ("besoins.csv", 4, "unites_consommation", "2,5", "de 1 à 2 :"),
        ("besoins.csv", 4, "ressources_mensuelles", "2000..1500", "une tranche va"),
        ("besoins.csv", 4, "typologie_min", "T4", "en croissant"),
        ("besoins.csv", 5, "souhaits", "93066 10", "de 1 à 9"),
        ("besoins.csv", 5, "a_reloger_avant", "01/01/2020", "mauvais ordre"),
        ("besoins.csv", 5, "propositions_faites", "F-1", "proposition date"),
        ("besoins.csv", 5, "propositions_faites", "F-1 01/02/2026|F-2 01/03/2026|F-3 01/04/2026", "F-3"),
        ("besoins.csv", 3, "refus", "O-90 000000026 D-90 12/03/2026 couleur", "secteur"),
        ("besoins.csv", 7, "propositions_dues", "", "de 1 à 9"),
        ("logements.csv", 2, "loyer", "9999", "9999"),
        ("logements.csv", 2, "loyer", "440,001", "centime"),
        ("logements.csv", 3, "loyer_minimal", "700,00", "au plus 610,00"),
        ("logements.csv", 3, "logement", "D-103", "déjà"),
        ("logements.csv", 4, "disponible_le", "31/02/2026", "n’existe pas"),
        ("logements.csv", 4, "qpv", "peut-être", "oui, non"),
        ("logements.csv", 5, "vide_depuis", "03/11/2026", "mauvais ordre"),
        ("logements.csv", 5, "travaux", "toiture 800,00", "piece_d_eau"),
        ("logements.csv", 5, "garde_jusqu_au", "", "va avec « garde_pour »"),
        ("contingents.csv", 2, "au", "31/12/2025", "mauvais ordre"),
        ("contingents.csv", 2, "accueille", "operations", "demande lesquelles"),
        ("contingents.csv", 3, "reste", "-1", "de 0 à 100000"),
        ("operations_anru.csv", 2, "operation", "OP 1", "lettres sans accent"),
    ] {
        let folder = Folder::new();
        folder.set(file, line, column, value);
        let done = folder.run(&[]);
        let told = told(&done);
        assert_eq!(done.status.code(), Some(2), "{file} {column} {value}: {told}");
        assert!(told.contains(says) && told.contains(file), "{file} {column} {value}: {told}");
        assert!(!folder.out().exists(), "{file} {column} {value}");
        let line = if value.starts_with("h-fictif") || value == "D-103" { line + 1 } else { line };
        let place = format!("{file}, ligne {line}, colonne « ");
        assert!(told.contains(&place), "{place} in {told}");
    }
}

#[test]
fn every_fault_of_every_file_is_told_at_once() {
    let folder = Folder::new();
    folder.set("besoins.csv", 3, "personnes", "x").set("besoins.csv", 5, "inscrit_le", "hier");
    folder.set("logements.csv", 4, "typologie", "T9").set("contingents.csv", 2, "type", "ville");
    std::fs::write(folder.path("politique.toml"), "effort_cap_bp = 0\n").unwrap();
    let done = folder.run(&["--json"]);
    assert_eq!(done.status.code(), Some(2));
    let json: Value = serde_json::from_slice(&done.stdout).unwrap();
    let lines = json["error"]["lines"].as_array().unwrap();
    let places: Vec<_> = lines
        .iter()
        .map(|bad| {
            (bad["file"].as_str().unwrap(), bad["line"].as_u64().unwrap(), bad["field"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        places,
        [
            ("besoins.csv", 3, "personnes"),
            ("besoins.csv", 5, "inscrit_le"),
            ("logements.csv", 4, "typologie"),
            ("contingents.csv", 2, "type"),
            ("politique.toml", 1, "effort_cap_bp"),
        ]
    );
    assert!(told(&done).contains("5 anomalies ; rien n’est écrit."), "{}", told(&done));
}

#[test]
fn a_wrong_heading_a_missing_file_and_a_wrong_folder_are_told() {
    let folder = Folder::new();
    let mut lines = folder.lines("besoins.csv");
    lines[0] = lines[0].replace("inscrit_le", "inscription");
    folder.write("besoins.csv", &lines);
    assert!(told(&folder.run(&[])).contains("colonne inconnue « inscription »"));
    lines.truncate(1);
    lines[0] = lines[0].replace("inscription", "inscrit_le");
    folder.write("besoins.csv", &lines);
    assert!(told(&folder.run(&[])).contains("ne contient aucune ligne"));
    std::fs::remove_file(folder.path("logements.csv")).unwrap();
    let done = folder.run(&[]);
    assert_eq!((done.status.code(), told(&done).contains("logements.csv : fichier")), (Some(2), true));
    let nowhere = chambre(&folder.path("ailleurs"), &[]);
    assert_eq!((nowhere.status.code(), told(&nowhere).contains("n’est pas un dossier")), (Some(2), true));
}

#[test]
fn a_number_of_social_security_is_refused_and_never_repeated() {
    let folder = Folder::new();
    folder.set("besoins.csv", 2, "menage", "1850578006084");
    let done = folder.run(&["--json"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(!told(&done).contains("1850578006084") && !said(&done).contains("1850578006084"));
}

#[test]
fn an_answer_already_there_is_kept() {
    let folder = Folder::new();
    std::fs::write(folder.out(), "à garder").unwrap();
    let done = folder.run(&[]);
    assert_eq!(done.status.code(), Some(2), "{}", told(&done));
    assert!(told(&done).contains("--force"), "{}", told(&done));
    assert_eq!(std::fs::read_to_string(folder.out()).unwrap(), "à garder");
    let nowhere = folder.path("ailleurs/reponse.json");
    let done = chambre(folder.0.path(), &["--out", nowhere.to_str().unwrap()]);
    assert_eq!((done.status.code(), told(&done).contains("introuvable")), (Some(2), true), "{}", told(&done));
    let left = std::fs::read_dir(folder.0.path()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(left.iter().all(|name| !name.contains("partiel")), "{left:?}");
}

#[test]
fn a_folder_and_a_graph_do_not_go_together() {
    let both = chambre(&example(), &["--graph", "g.json"]);
    assert_eq!(
        (both.status.code(), told(&both).contains("ne va pas avec")),
        (Some(2), true),
        "{}",
        told(&both)
    );
    let neither = Command::new(env!("CARGO_BIN_EXE_chambre")).arg("match").output().unwrap();
    assert_eq!(neither.status.code(), Some(2), "{}", told(&neither));
}
