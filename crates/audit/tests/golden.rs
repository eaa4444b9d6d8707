//! Exports of one small journal, byte for byte. `GOLDEN=write cargo test -p chambre-audit` takes them anew.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use chambre_audit::Format;
use common::{FEC_WHOLE, journal, run, whole};
use std::path::Path;

fn check(format: Format, folder: &str) {
    let (files, manifest) = run(format, whole(), &journal()).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    for (name, bytes) in files.iter() {
        let path = folder.join(name);
        if std::env::var_os("GOLDEN").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, bytes).unwrap();
        }
        let expected = std::fs::read(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
        let (got, expected) = (String::from_utf8_lossy(bytes), String::from_utf8_lossy(&expected));
        assert_eq!(got, expected, "{}", path.display());
    }
    let kept = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(kept, files.iter().count(), "a file of {} is no longer written", folder.display());
    assert_eq!(manifest.files.len() + 1, kept);
}

#[test]
fn the_fec_is_the_expected_one() {
    check(Format::Fec, "fec");
}

#[test]
fn the_hledger_journal_is_the_expected_one() {
    check(Format::Hledger, "hledger");
}

#[test]
fn the_beancount_journal_is_the_expected_one() {
    check(Format::Beancount, "beancount");
}

#[test]
fn the_table_for_machines_is_the_expected_one() {
    check(Format::Csv, "csv");
}

#[test]
fn the_table_for_spreadsheets_is_the_expected_one() {
    check(Format::CsvFrench, "csv-french");
}

#[test]
fn an_empty_journal_gives_empty_files_and_no_error() {
    let (files, manifest) = run(Format::Fec, whole(), &[]).unwrap();
    assert_eq!(files.text(&format!("{FEC_WHOLE}.txt")).lines().count(), 1);
    assert_eq!((manifest.rows, manifest.last_seal, manifest.first_seq), (0, None, None));
}

#[test]
fn the_page_on_formats_names_every_column_and_file() {
    let page = include_str!("../../../docs/format-export.md");
    for format in [Format::Fec, Format::Csv, Format::CsvFrench] {
        let (files, manifest) = run(format, whole(), &[]).unwrap();
        let head = files.text(&manifest.files[0].name);
        for column in head.trim_start_matches('\u{feff}').trim_end().split(['\t', ',', ';']) {
            assert!(page.contains(&format!("`{column}`")), "docs/format-export.md lacks `{column}`");
        }
    }
    for file in ["journal.beancount", "journal.xlsx", "journal.parquet", "journal.jsonl", "balances.csv"] {
        assert!(page.contains(&format!("`{file}`")), "docs/format-export.md lacks `{file}`");
    }
    for file in ["journal.hledger", "accounts.hledger", "journal.csv", "manifest.json"] {
        assert!(page.contains(&format!("`{file}`")), "docs/format-export.md lacks `{file}`");
    }
}
