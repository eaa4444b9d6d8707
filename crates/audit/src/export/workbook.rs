//! The table as a workbook (XLSX): real numbers and dates, and a sheet of totals.
//!
//! Rows go to a passing file of the system as they come (the constant-memory mode of the writer): memory does
//! not grow with them. A sheet holds 1 048 576 rows; the next one goes on.

use super::manifest::Manifest;
use super::row::{COLUMNS, Row};
use super::running::{Layout, Names, Put};
use crate::wording::harmless;
use chambre_domain::{Compte, Date, Entry, Seq, Transfer, Unit};
use rust_decimal::Decimal;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Worksheet, XlsxError};
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Read, Seek, Write};

const ROWS_OF_A_SHEET: u32 = 1_048_576;
const WIDTHS: [u32; 18] = [10, 24, 28, 12, 12, 18, 28, 18, 18, 14, 14, 30, 14, 14, 30, 14, 16, 24];

pub(crate) struct Workbook {
    names: Names,
    book: rust_xlsxwriter::Workbook,
    /// Sheets of rows so far.
    sheets: usize,
    /// The next row of the last one.
    row: u32,
    /// Debits and credits of each compte.
    comptes: BTreeMap<Compte, (i128, i128)>,
    formats: Formats,
}

struct Formats {
    title: Format,
    date: Format,
    euros: Format,
    whole: Format,
}

impl Formats {
    fn new() -> Self {
        Self {
            title: Format::new().set_bold(),
            date: Format::new().set_num_format("dd/mm/yyyy"),
            euros: Format::new().set_num_format("#,##0.00"),
            whole: Format::new().set_num_format("#,##0"),
        }
    }

    const fn of(&self, unit: Unit) -> &Format {
        match unit {
            Unit::Eur => &self.euros,
            Unit::Placement | Unit::SquareMetreSdp => &self.whole,
        }
    }
}

impl Workbook {
    pub(crate) fn new(names: Names) -> Self {
        let mut book = rust_xlsxwriter::Workbook::new();
        // No clock: the same rows give the same file.
        if let Ok(epoch) = ExcelDateTime::from_ymd(2000, 1, 1) {
            book.set_properties(&DocProperties::new().set_creation_datetime(&epoch));
        }
        Self {
            names,
            book,
            sheets: 0,
            row: ROWS_OF_A_SHEET,
            comptes: BTreeMap::new(),
            formats: Formats::new(),
        }
    }

    /// Begins a sheet of rows with its head.
    fn begin_sheet(&mut self) -> Result<(), XlsxError> {
        self.sheets += 1;
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        let name =
            if self.sheets == 1 { "Mouvements".to_owned() } else { format!("Mouvements {}", self.sheets) };
        sheet.set_name(name)?.set_freeze_panes(1, 0)?;
        for (column, width) in (0..).zip(WIDTHS) {
            sheet.set_column_width(column, width)?;
        }
        for (column, (_, title)) in (0..).zip(COLUMNS) {
            sheet.write_string_with_format(0, column, title, &self.formats.title)?;
        }
        self.row = 1;
        Ok(())
    }

    fn write_row(&mut self, row: &Row<'_>) -> Result<(), XlsxError> {
        if self.row >= ROWS_OF_A_SHEET {
            self.begin_sheet()?;
        }
        let sheet = self.book.worksheet_from_index(self.sheets - 1)?;
        let (at, formats, entry) = (self.row, &self.formats, row.entry);
        sheet.write_with_format(at, 0, number(entry.seq), &formats.whole)?;
        sheet.write_string(at, 1, harmless(entry.event_id.as_str()))?;
        sheet.write_string(at, 2, entry.event.french())?;
        sheet.write_datetime_with_format(at, 3, date(entry.occurred_on)?, &formats.date)?;
        sheet.write_datetime_with_format(at, 4, date(row.booked_on)?, &formats.date)?;
        sheet.write_string(at, 5, row.territory_siren.as_str())?;
        sheet.write_string(at, 6, row.territory_name)?;
        text(sheet, at, 7, row.relogement)?;
        text(sheet, at, 8, row.reference.as_deref())?;
        for (column, side) in [(9, &row.debit), (12, &row.credit)] {
            sheet.write_string(at, column, side.compte.to_string())?;
            if let Some((siren, name)) = &side.bailleur {
                sheet.write_string(at, column + 1, siren.to_string())?;
                sheet.write_string(at, column + 2, name)?;
            }
        }
        sheet.write_string(at, 15, row.unit.code())?;
        sheet.write_with_format(at, 16, quantity(row.unit, row.amount.into())?, formats.of(row.unit))?;
        sheet.write_string(at, 17, entry.seal.to_string())?;
        self.row += 1;
        Ok(())
    }

    /// What the rows add up to, by unit and by compte.
    fn write_totals(&mut self, manifest: &Manifest) -> Result<(), XlsxError> {
        let formats = &self.formats;
        let sheet = self.book.add_worksheet();
        sheet.set_name("Totaux")?;
        for (column, width) in (0..).zip([28_u32, 40, 14, 18, 18]) {
            sheet.set_column_width(column, width)?;
        }
        sheet.write_string_with_format(0, 0, "Dernier enregistrement lu", &formats.title)?;
        sheet.write_with_format(0, 1, number(manifest.read_up_to_seq), &formats.whole)?;
        sheet.write_string_with_format(1, 0, "Son sceau", &formats.title)?;
        text(sheet, 1, 1, manifest.last_seal.as_deref())?;
        for (column, title) in (0..).zip(["Unité", "Mouvements", "", "Total"]) {
            sheet.write_string_with_format(3, column, title, &formats.title)?;
        }
        let mut at = 4;
        for (code, moved) in &manifest.moved {
            sheet.write_string(at, 0, *code)?;
            sheet.write_with_format(at, 1, Decimal::from(moved.transfers), &formats.whole)?;
            let (unit, total) = (moved.total.unit, moved.total.quantity);
            sheet.write_with_format(at, 3, quantity(unit, total)?, formats.of(unit))?;
            at += 1;
        }
        at += 1;
        for (column, title) in (0..).zip(["Compte", "Intitulé", "Unité", "Débits", "Crédits"]) {
            sheet.write_string_with_format(at, column, title, &formats.title)?;
        }
        for (compte, (debit, credit)) in &self.comptes {
            at += 1;
            let unit = compte.unit();
            sheet.write_string(at, 0, compte.to_string())?;
            sheet.write_string(at, 1, compte.label())?;
            sheet.write_string(at, 2, unit.code())?;
            sheet.write_with_format(at, 3, quantity(unit, *debit)?, formats.of(unit))?;
            sheet.write_with_format(at, 4, quantity(unit, *credit)?, formats.of(unit))?;
        }
        Ok(())
    }
}

/// A text that no spreadsheet takes for a formula; an empty cell when there is none.
fn text(sheet: &mut Worksheet, row: u32, column: u16, text: Option<&str>) -> Result<(), XlsxError> {
    if let Some(text) = text {
        sheet.write_string(row, column, harmless(text))?;
    }
    Ok(())
}

fn number(seq: Seq) -> Decimal {
    Decimal::from(seq.get())
}

/// Exact in the file; a spreadsheet keeps 15 digits of it: below ten thousand billion euros, every cent.
fn quantity(unit: Unit, quantity: i128) -> Result<Decimal, XlsxError> {
    let decimals = match unit {
        Unit::Eur => 2,
        Unit::Placement | Unit::SquareMetreSdp => 0,
    };
    Decimal::try_from_i128_with_scale(quantity, decimals)
        .map_err(|error| XlsxError::ParameterError(error.to_string()))
}

fn date(date: Date) -> Result<ExcelDateTime, XlsxError> {
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    ExcelDateTime::from_ymd(
        u16::try_from(date.year()).unwrap_or_default(),
        part(date.month()),
        part(date.day()),
    )
}

impl Layout for Workbook {
    fn file_name(&self) -> String {
        "journal.xlsx".to_owned()
    }

    fn head(&self) -> String {
        String::new()
    }

    fn entry(&mut self, entry: &Entry, transfers: &[Transfer], _out: &mut Vec<u8>) -> io::Result<u64> {
        let mut rows = 0;
        for transfer in transfers {
            self.write_row(&Row::new(entry, transfer, &self.names)).map_err(io::Error::other)?;
            let amount = i128::from(transfer.amount().get());
            self.comptes.entry(transfer.debit().compte).or_default().0 += amount;
            self.comptes.entry(transfer.credit().compte).or_default().1 += amount;
            rows += 1;
        }
        Ok(rows)
    }

    fn end(&mut self, manifest: &Manifest, put: Put<'_>) -> io::Result<()> {
        if self.sheets == 0 {
            self.begin_sheet().map_err(io::Error::other)?;
        }
        self.write_totals(manifest).map_err(io::Error::other)?;
        let mut file = tempfile::tempfile()?;
        let mut writer = BufWriter::new(&mut file);
        self.book.save_to_writer(&mut writer).map_err(io::Error::other)?;
        writer.flush()?;
        drop(writer);
        file.rewind()?;
        let mut piece = vec![0; 1 << 16];
        loop {
            match file.read(&mut piece)? {
                0 => return Ok(()),
                read => put(&piece[..read])?,
            }
        }
    }

    fn companion(&self, _manifest: &Manifest) -> Option<(String, String)> {
        None
    }
}
