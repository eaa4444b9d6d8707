//! The table: one row per transfer, for machines or for French spreadsheets. Same rows, same columns.

use super::manifest::Manifest;
use super::row::{COLUMNS, Row};
use super::running::{Layout, Names};
use crate::wording::{harmless, quantity};
use chambre_domain::{Date, Entry, Transfer, french};
use csv::{Terminator, Writer, WriterBuilder};
use std::borrow::Cow;
use std::io;

/// Who reads the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// RFC 4180: comma, decimal point, ISO dates.
    Machine,
    /// A French spreadsheet: byte-order mark, semicolon, decimal comma, dd/mm/yyyy.
    French,
}

impl Dialect {
    pub(crate) fn write_row(self, cells: &[Cow<'_, str>], out: &mut Vec<u8>) -> io::Result<()> {
        let delimiter = if self == Self::French { b';' } else { b',' };
        let mut builder = WriterBuilder::new();
        builder.delimiter(delimiter).terminator(Terminator::CRLF).buffer_capacity(1024);
        let mut writer: Writer<&mut Vec<u8>> = builder.from_writer(out);
        writer.write_record(cells.iter().map(|cell| cell.as_bytes()))?;
        writer.flush()
    }

    fn date(self, date: Date) -> Cow<'static, str> {
        Cow::Owned(match self {
            Self::Machine => date.to_string(),
            Self::French => french::short_date(date),
        })
    }

    /// An identifier: exact for machines, which join on it; harmless for a spreadsheet.
    fn id(self, id: &str) -> Cow<'_, str> {
        if self == Self::French { harmless(id) } else { Cow::Borrowed(id) }
    }
}

pub(crate) struct Table {
    dialect: Dialect,
    names: Names,
}

impl Table {
    pub(crate) const fn new(dialect: Dialect, names: Names) -> Self {
        Self { dialect, names }
    }

    fn cells<'a>(&self, row: Row<'a>) -> Vec<Cow<'a, str>> {
        let dialect = self.dialect;
        let (kind, mark) = match dialect {
            Dialect::Machine => (row.entry.event.kind(), '.'),
            Dialect::French => (row.entry.event.french(), ','),
        };
        let reference = row.reference.map(|reference| dialect.id(&reference).into_owned());
        let mut cells = vec![
            Cow::Owned(row.entry.seq.to_string()),
            dialect.id(row.entry.event_id.as_str()),
            Cow::Borrowed(kind),
            dialect.date(row.entry.occurred_on),
            dialect.date(row.booked_on),
            Cow::Owned(row.territory_siren),
            Cow::Borrowed(row.territory_name),
            row.relogement.map_or(Cow::Borrowed(""), |id| dialect.id(id)),
            Cow::Owned(reference.unwrap_or_default()),
        ];
        for side in [row.debit, row.credit] {
            let (siren, name) =
                side.bailleur.map(|(siren, name)| (siren.to_string(), name)).unwrap_or_default();
            cells.extend([side.compte.to_string(), siren, name].map(Cow::Owned));
        }
        let amount = quantity(row.unit, i128::from(row.amount), mark);
        let seal = row.entry.seal.to_string();
        cells.extend([Cow::Borrowed(row.unit.code()), Cow::Owned(amount), Cow::Owned(seal)]);
        cells
    }
}

impl Layout for Table {
    fn file_name(&self) -> String {
        "journal.csv".to_owned()
    }

    fn head(&self) -> String {
        match self.dialect {
            Dialect::Machine => COLUMNS.map(|(name, _)| name).join(",") + "\r\n",
            Dialect::French => format!("\u{feff}{}\r\n", COLUMNS.map(|(_, name)| name).join(";")),
        }
    }

    fn entry(&mut self, entry: &Entry, transfers: &[Transfer], out: &mut Vec<u8>) -> io::Result<u64> {
        let mut rows = 0;
        for transfer in transfers {
            self.dialect.write_row(&self.cells(Row::new(entry, transfer, &self.names)), out)?;
            rows += 1;
        }
        Ok(rows)
    }

    fn companion(&self, _manifest: &Manifest) -> Option<(String, String)> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_when_they_hold_the_separator() {
        let cells = ["a;b", "c,d", "e\"f"].map(Cow::Borrowed);
        let mut out = Vec::new();
        Dialect::French.write_row(&cells, &mut out).unwrap();
        Dialect::Machine.write_row(&cells, &mut out).unwrap();
        let expected = "\"a;b\";c,d;\"e\"\"f\"\r\na;b,\"c,d\",\"e\"\"f\"\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
