//! The needs of the month, sent to those who reserve: counts by operation, typology and financing.

use crate::failure::Failure;
use crate::file::folder::Folder;
use crate::file::offer::FINANCINGS;
use chambre_matching::exchange::reports::Cell;
use chambre_matching::exchange::reports::needs::{NeedsRow, Reader, needs_table};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::path::Path;

const COLUMNS: [&str; 6] = ["operation", "typologie", "financement", "menages", "urgents", "urgence"];

/// In which form the table is written, by the end of its file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For French spreadsheets: byte-order mark, semicolons.
    Csv,
    /// A workbook.
    Xlsx,
}

impl Form {
    /// The form that a file's name asks for.
    ///
    /// # Errors
    /// Another end than `.csv` and `.xlsx`.
    pub fn of(path: &Path) -> Result<Self, Failure> {
        let end = path.extension().map(|end| end.to_string_lossy().to_lowercase());
        match end.as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("xlsx") => Ok(Self::Xlsx),
            _ => {
                Err(Failure::usage(format!("{} : le nom d’un état finit par .csv ou .xlsx.", path.display())))
            }
        }
    }
}

/// A line of the table.
#[derive(Debug)]
pub struct Line {
    pub operation: String,
    /// `T3`.
    pub typology: String,
    /// `PLUS`, or `non précisé`.
    pub financing: String,
    pub households: Cell,
    pub urgent: Cell,
    /// Some are urgent.
    pub flagged: bool,
}

impl From<NeedsRow> for Line {
    fn from(row: NeedsRow) -> Self {
        let financing = row.financing.and_then(|of| FINANCINGS.iter().find(|(_, known)| *known == of));
        Self {
            operation: row.operation.to_string(),
            typology: format!("{:?}", row.typology),
            financing: financing.map_or_else(|| UNSAID.to_owned(), |(word, _)| word.to_uppercase()),
            households: row.households,
            urgent: row.urgent,
            flagged: row.flagged,
        }
    }
}

/// The financing that no team looks for.
pub const UNSAID: &str = "non précisé";

/// The table of a folder, small counts hidden as the policy says: its readers are outside the territory.
pub fn lines(folder: &Folder) -> Vec<Line> {
    let reader = Reader::Outside { least_cell: folder.policy.terms().least_cell };
    needs_table(&folder.needs, reader).into_iter().map(Line::from).collect()
}

/// The table as a file.
///
/// # Errors
/// What the writer met.
pub fn write(rows: &[Line], form: Form) -> Result<Vec<u8>, Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::infrastructure(format!("état des besoins : {error}."));
    match form {
        Form::Csv => csv(rows).map_err(|error| failed(&error)),
        Form::Xlsx => xlsx(rows).map_err(|error| failed(&error)),
    }
}

fn csv(rows: &[Line]) -> Result<Vec<u8>, std::io::Error> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(COLUMNS)?;
    for row in rows {
        let [operation, typology, financing, urgency] = texts(row);
        writer.write_record([
            operation,
            typology,
            financing,
            shown(row.households),
            shown(row.urgent),
            urgency,
        ])?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

fn xlsx(rows: &[Line]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // No clock: the same needs give the same file.
    book.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?));
    let sheet = book.add_worksheet();
    sheet.set_name("Besoins")?.set_freeze_panes(1, 0)?;
    let title = Format::new().set_bold();
    for (column, name) in (0..).zip(COLUMNS) {
        sheet.write_string_with_format(0, column, name, &title)?.set_column_width(column, 18)?;
    }
    for (at, row) in (1..).zip(rows) {
        let [operation, typology, financing, urgency] = texts(row);
        for (column, text) in [(0, operation), (1, typology), (2, financing), (5, urgency)] {
            sheet.write_string(at, column, text)?;
        }
        count(sheet, at, 3, row.households)?;
        count(sheet, at, 4, row.urgent)?;
    }
    book.save_to_buffer()
}

fn count(sheet: &mut Worksheet, at: u32, column: u16, cell: Cell) -> Result<(), XlsxError> {
    match cell {
        Cell::Count(count) => sheet.write_number(at, column, count)?,
        Cell::Below(_) => sheet.write_string(at, column, cell.french())?,
    };
    Ok(())
}

/// Operation, typology, financing, and the mark of urgent lines.
fn texts(row: &Line) -> [String; 4] {
    let operation = row.operation.clone();
    // An apostrophe keeps a spreadsheet from reading a formula (OWASP, CSV injection).
    let operation = if operation.starts_with('-') { format!("'{operation}") } else { operation };
    let urgency = if row.flagged { "oui" } else { "non" };
    [operation, row.typology.clone(), row.financing.clone(), urgency.to_owned()]
}

/// A number that a spreadsheet adds up, or `<5`.
fn shown(cell: Cell) -> String {
    match cell {
        Cell::Count(count) => count.to_string(),
        Cell::Below(_) => cell.french(),
    }
}
