//! The tables hold the same rows: CSV, workbook, Parquet. What was kept of version 1 still reads the same.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use calamine::{Data, Reader as _, Xlsx, open_workbook_from_rs};
use chambre_audit::{Format, Scope};
use chambre_domain::Date;
use common::{journal, origin, run, text, whole};
use data_encoding::HEXLOWER;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use std::io::Cursor;
use std::path::Path;

/// Rows in one form: dates ISO, amounts with two decimals, nothing for what is not there.
type Rows = Vec<Vec<String>>;

fn bytes(format: Format, scope: Scope, file: &str) -> Vec<u8> {
    let (files, _) = run(format, scope, &journal()).unwrap();
    files.iter().find(|(name, _)| *name == file).unwrap().1.to_vec()
}

fn two_decimals(amount: &str) -> String {
    if amount.contains('.') { amount.to_owned() } else { format!("{amount}.00") }
}

fn of_csv(scope: Scope) -> Rows {
    let (files, _) = run(Format::Csv, scope, &journal()).unwrap();
    let text = files.text("journal.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut rows: Rows =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    rows.iter_mut().for_each(|row| row[16] = two_decimals(&row[16]));
    rows
}

fn of_parquet(bytes: Vec<u8>) -> Rows {
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let cell = |field: &Field| match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Int(number) => number.to_string(),
        Field::Long(number) => number.to_string(),
        Field::Date(days) => chambre_domain::calendar::date_of_day_number(*days).unwrap().to_string(),
        Field::Decimal(decimal) => {
            let cents = i64::from_be_bytes(decimal.data().try_into().unwrap());
            assert_eq!((decimal.precision(), decimal.scale()), (18, 2));
            format!("{}.{:02}", cents / 100, cents % 100)
        }
        Field::Bytes(seal) => HEXLOWER.encode(seal.data()),
        other => panic!("{other:?} is not a type of the table"),
    };
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| row.unwrap().get_column_iter().map(|(_, field)| cell(field)).collect()).collect()
}

fn sheet(bytes: Vec<u8>, name: &str) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    book.worksheet_range(name).unwrap().rows().map(<[Data]>::to_vec).collect()
}

/// The cells of a sheet as text; a number or a date that is only text is an error.
fn of_workbook(bytes: Vec<u8>) -> Rows {
    let row = |cells: Vec<Data>| {
        let cell = |(at, data): (usize, Data)| match (at, data) {
            (3 | 4, Data::DateTime(date)) => {
                let (year, month, day, ..) = date.to_ymd_hms_milli();
                format!("{year:04}-{month:02}-{day:02}")
            }
            (0, Data::Float(number)) => format!("{number:.0}"),
            (16, Data::Float(number)) => format!("{number:.2}"),
            (0 | 3 | 4 | 16, other) => panic!("column {at} holds {other:?}"),
            (_, Data::String(text)) => text,
            (_, Data::Empty) => String::new(),
            (at, other) => panic!("column {at} holds {other:?}"),
        };
        cells.into_iter().enumerate().map(cell).collect()
    };
    sheet(bytes, "Mouvements").into_iter().skip(1).map(row).collect()
}

/// What a spreadsheet shows otherwise: kinds in French, and an apostrophe before what looks like a formula.
fn as_shown(rows: Rows) -> Rows {
    let entries = journal();
    let shown = |mut row: Vec<String>| {
        let seq: usize = row[0].parse().unwrap();
        row[2] = entries[seq - 1].event.french().to_owned();
        for at in [1, 7, 8] {
            if row[at].starts_with('-') {
                row[at].insert(0, '\'');
            }
        }
        row
    };
    rows.into_iter().map(shown).collect()
}

fn scopes() -> [Scope; 3] {
    let empty = Scope::whole(Date::constant(2024, 12, 31));
    [whole(), Scope { bailleur: Some(origin()), ..whole() }, empty]
}

#[test]
fn parquet_has_the_rows_of_the_csv() {
    for scope in scopes() {
        assert_eq!(of_parquet(bytes(Format::Parquet, scope, "journal.parquet")), of_csv(scope));
    }
}

#[test]
fn the_workbook_has_the_rows_of_the_csv_with_real_numbers_and_dates() {
    for scope in scopes() {
        assert_eq!(of_workbook(bytes(Format::Xlsx, scope, "journal.xlsx")), as_shown(of_csv(scope)));
    }
}

#[test]
fn the_sheet_of_totals_adds_up_by_unit_and_by_compte() {
    let totals = sheet(bytes(Format::Xlsx, whole(), "journal.xlsx"), "Totaux");
    let line = |name: &str| {
        let row = totals.iter().find(|row| row[0] == Data::String(name.to_owned())).unwrap();
        row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")
    };
    assert_eq!(line("EUR"), "EUR|10||14302.45|");
    assert_eq!(line("615900"), "615900|Travaux d’adaptation supportés|EUR|2400|1200");
    assert_eq!(line("Dernier enregistrement lu"), "Dernier enregistrement lu|10|||");
}

#[test]
fn the_same_journal_gives_the_same_bytes() {
    for (format, file) in [(Format::Xlsx, "journal.xlsx"), (Format::Parquet, "journal.parquet")] {
        assert!(bytes(format, whole(), file) == bytes(format, whole(), file), "{file}");
    }
}

#[test]
fn a_parquet_of_several_groups_of_rows_keeps_their_order() {
    let works = journal().into_iter().nth(4).unwrap();
    let entries: Vec<_> = (1..=40_000)
        .map(|seq| chambre_domain::Entry { seq: chambre_domain::Seq::new(seq), ..works.clone() })
        .collect();
    let (files, manifest) = run(Format::Parquet, whole(), &entries).unwrap();
    let rows = of_parquet(files.iter().next().unwrap().1.to_vec());
    assert_eq!((rows.len(), manifest.rows), (40_000, 40_000));
    assert!(rows.iter().zip(1_u64..).all(|(row, seq)| row[0] == seq.to_string()));
}

#[test]
fn files_kept_from_version_1_still_read_the_same() {
    let kept = |folder: &str, file: &str, now: Vec<u8>| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
        if std::env::var_os("GOLDEN").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(file), now).unwrap();
        }
        std::fs::read(folder.join(file)).unwrap()
    };
    let parquet = kept("parquet", "journal.parquet", bytes(Format::Parquet, whole(), "journal.parquet"));
    assert_eq!(of_parquet(parquet), of_csv(whole()));
    let workbook = kept("xlsx", "journal.xlsx", bytes(Format::Xlsx, whole(), "journal.xlsx"));
    assert_eq!(of_workbook(workbook), as_shown(of_csv(whole())));
}

#[test]
fn beancount_closes_each_account_on_the_balance_of_the_books() {
    let text = text(Format::Beancount, whole(), "journal.beancount");
    for line in [
        "2025-12-03 balance Passifs:467100:200057867:000000018  756.09 ~ 0.00 EUR",
        "2025-12-03 balance Passifs:467100:200057867:000000026  0.00 ~ 0.00 EUR",
        "2025-12-03 balance Capitaux:802100:200057867:000000026  -1 ~ 0 RELOGEMENT",
    ] {
        assert!(text.contains(line), "{line}");
    }
    assert!(text.contains("nom: \"Position du bailleur, Plaine Commune, '=CMD(\\\"accueil\\\")\""), "{text}");
}
