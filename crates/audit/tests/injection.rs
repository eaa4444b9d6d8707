//! What people type never becomes a formula, a column or a line of somebody else's tool.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use chambre_audit::Format;
use common::{FEC_WHOLE, text, whole};

fn rows(format: Format, delimiter: u8) -> Vec<csv::StringRecord> {
    let text = text(format, whole(), "journal.csv");
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    reader.records().map(Result::unwrap).collect()
}

#[test]
fn no_cell_for_a_spreadsheet_starts_like_a_formula() {
    for row in rows(Format::CsvFrench, b';') {
        assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{row:?}");
    }
}

#[test]
fn names_are_harmless_for_machines_too_and_ids_stay_exact() {
    let rows = rows(Format::Csv, b',');
    assert_eq!(&rows[2][1], "-2");
    assert_eq!(&rows[2][11], "'=CMD(\"accueil\")");
    for row in &rows {
        assert!([6, 11, 14].into_iter().all(|at| !row[at].starts_with(['=', '+', '-', '@'])), "{row:?}");
    }
}

#[test]
fn a_fec_opened_in_a_spreadsheet_has_no_formula_for_a_name() {
    let fec = text(Format::Fec, whole(), &format!("{FEC_WHOLE}.txt"));
    assert!(fec.lines().all(|line| !line.split('\t').nth(7).unwrap().starts_with(['=', '+', '-', '@'])));
}

#[test]
fn both_dialects_hold_the_same_rows() {
    let key = |row: &csv::StringRecord| [0, 5, 9, 10, 12, 13, 15, 17].map(|at| row[at].to_owned());
    let amount = |row: &csv::StringRecord| row[16].replace(',', ".");
    let (machine, french) = (rows(Format::Csv, b','), rows(Format::CsvFrench, b';'));
    assert_eq!(machine.iter().map(key).collect::<Vec<_>>(), french.iter().map(key).collect::<Vec<_>>());
    assert_eq!(machine.iter().map(amount).collect::<Vec<_>>(), french.iter().map(amount).collect::<Vec<_>>());
}

#[test]
fn the_spreadsheet_has_its_mark_and_the_others_have_none() {
    assert!(text(Format::CsvFrench, whole(), "journal.csv").starts_with("\u{feff}Numéro;"));
    assert!(text(Format::Csv, whole(), "journal.csv").starts_with("seq,event_id,"));
    assert!(text(Format::Fec, whole(), &format!("{FEC_WHOLE}.txt")).starts_with("JournalCode\t"));
}

#[test]
fn the_hledger_files_are_plain_ascii() {
    for file in ["journal.hledger", "accounts.hledger"] {
        assert!(text(Format::Hledger, whole(), file).is_ascii(), "{file}");
    }
}
