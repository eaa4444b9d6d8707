//! A CSV file as lines of named cells: separator found in the heading, byte-order mark accepted.

use super::{BadLine, BadLines, plain};
use crate::failure::Failure;
use std::collections::BTreeMap;
use std::path::Path;

/// Largest file read: fifty thousand long lines stay well below.
const LARGEST_FILE: u64 = 64 << 20;

/// One line of a file; empty cells are left out, spaces around the others too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Number of the line, from 1, the heading included.
    pub line: u64,
    /// Cells by column.
    pub cells: BTreeMap<&'static str, String>,
}

/// Reads a file whose heading holds some of `columns`, and all of `required`. Faults of a line go to `bad`.
///
/// # Errors
/// A file that cannot be read, is not text, or whose heading is wrong.
pub fn read(
    path: &Path,
    columns: &[&'static str],
    required: &[&'static str],
    bad: &mut BadLines,
) -> Result<Vec<Row>, Failure> {
    let bytes = bytes_of(path)?;
    rows(&bytes, columns, required, bad)
        .map_err(|reason| Failure::usage(format!("{} : {reason}", path.display())))
}

/// The bytes of a file, not larger than a spreadsheet may be.
///
/// # Errors
/// A file that cannot be read, or too large.
pub fn bytes_of(path: &Path) -> Result<Vec<u8>, Failure> {
    let size = std::fs::metadata(path).map_err(|error| Failure::of_file(path, &error))?.len();
    if size > LARGEST_FILE {
        return Err(Failure::usage(format!(
            "{} : {} Mio, au plus {} Mio. Découpez le fichier.",
            path.display(),
            size >> 20,
            LARGEST_FILE >> 20
        )));
    }
    std::fs::read(path).map_err(|error| Failure::of_file(path, &error))
}

/// The lines of a file already read; the error is a sentence about the heading.
pub fn rows(
    bytes: &[u8],
    columns: &[&'static str],
    required: &[&'static str],
    bad: &mut BadLines,
) -> Result<Vec<Row>, String> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err("le fichier est en UTF-16 ; enregistrez-le en « CSV UTF-8 ».".to_owned());
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let heading = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let separator = if heading.contains(&b';') { b';' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).flexible(true).has_headers(false).from_reader(bytes);
    let mut records = reader.byte_records();
    let heading = match records.next() {
        Some(Ok(record)) => headings(&record, columns, required)?,
        _ => return Err("le fichier est vide.".to_owned()),
    };
    let mut rows = Vec::new();
    for record in records {
        let record = record.map_err(|error| error.to_string())?;
        if let Some(row) = row(&record, line_of(bytes, &record), &heading, bad) {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// The line on which a record begins: the reader's own count stops before the empty lines that it skips.
fn line_of(bytes: &[u8], record: &csv::ByteRecord) -> u64 {
    let Some(position) = record.position() else { return 0 };
    let start = usize::try_from(position.byte()).unwrap_or(bytes.len()).min(bytes.len());
    let skipped = bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + skipped.filter(|byte| **byte == b'\n').count() as u64
}

fn headings(
    record: &csv::ByteRecord,
    columns: &[&'static str],
    required: &[&'static str],
) -> Result<Vec<&'static str>, String> {
    let mut found = Vec::with_capacity(record.len());
    for cell in record {
        let text = std::str::from_utf8(cell)
            .map_err(|_| "l’en-tête n’est pas en UTF-8 ; enregistrez le fichier en « CSV UTF-8 ».")?;
        let column = columns.iter().find(|column| **column == plain(text)).ok_or_else(|| {
            format!("colonne inconnue « {} ». Colonnes connues : {}.", text.trim(), columns.join(", "))
        })?;
        if found.contains(column) {
            return Err(format!("la colonne « {column} » figure deux fois."));
        }
        found.push(*column);
    }
    match required.iter().find(|column| !found.contains(column)) {
        Some(column) => Err(format!("il manque la colonne « {column} » dans l’en-tête.")),
        None => Ok(found),
    }
}

fn row(record: &csv::ByteRecord, line: u64, heading: &[&'static str], bad: &mut BadLines) -> Option<Row> {
    if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
        return None;
    }
    let mut fault = |field: &str, reason: &str, french: String| {
        bad.push(BadLine { line, field: field.to_owned(), reason: reason.to_owned(), french });
    };
    if record.len() != heading.len() {
        let french = format!(
            "{} cellules alors que l’en-tête en compte {}. Avec la virgule comme séparateur, un montant à \
             virgule se met entre guillemets.",
            record.len(),
            heading.len()
        );
        fault("", "CELL_COUNT", french);
        return None;
    }
    let mut cells = BTreeMap::new();
    let mut readable = true;
    for (column, cell) in heading.iter().zip(record) {
        match std::str::from_utf8(cell).map(str::trim) {
            Ok("") => {}
            Ok(text) => {
                cells.insert(*column, text.to_owned());
            }
            Err(_) => {
                readable = false;
                fault(
                    column,
                    "NOT_UTF8",
                    "ce texte n’est pas en UTF-8. Enregistrez le fichier en « CSV UTF-8 ».".to_owned(),
                );
            }
        }
    }
    readable.then_some(Row { line, cells })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [&str; 3] = ["siren", "nom", "type"];

    fn check(bytes: &[u8]) -> Result<(Vec<Row>, BadLines), String> {
        let mut bad = BadLines::default();
        Ok((rows(bytes, &COLUMNS, &["siren"], &mut bad)?, bad))
    }

    #[test]
    fn both_separators_a_mark_and_windows_line_ends_are_read() {
        for text in ["siren;nom\n1;A, B\n", "siren,nom\n1,\"A, B\"\n", "\u{feff}Siren;NOM\r\n 1 ;A, B\r\n"] {
            let (rows, bad) = check(text.as_bytes()).unwrap();
            assert!(bad.is_empty());
            let cells = BTreeMap::from([("siren", "1".to_owned()), ("nom", "A, B".to_owned())]);
            assert_eq!(rows, [Row { line: 2, cells }], "{text}");
        }
    }

    #[test]
    fn a_wrong_heading_is_refused() {
        for (text, sentence) in [
            ("", "vide"),
            ("nom\nA", "il manque la colonne « siren »"),
            ("siren;ville\n", "colonne inconnue « ville »"),
            ("siren;siren\n", "figure deux fois"),
        ] {
            assert!(check(text.as_bytes()).unwrap_err().contains(sentence), "{text}");
        }
        assert!(check(b"\xFF\xFEs\0").unwrap_err().contains("UTF-16"));
        assert!(check(b"siren;n\xE9\n").unwrap_err().contains("UTF-8"));
    }

    #[test]
    fn lines_keep_their_number_and_faults_are_all_told() {
        let text = b"siren;nom\n1;A\n\n2\n;\n3;\xE9\n4;\"B\nC\"\n5;D\n";
        let (rows, bad) = check(text).unwrap();
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 7, 9]);
        let bad: Vec<_> = bad.first().into_iter().map(|bad| (bad.line, bad.reason.as_str())).collect();
        assert_eq!(bad, [(4, "CELL_COUNT"), (6, "NOT_UTF8")]);
    }
}
