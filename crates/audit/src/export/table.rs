//! The table: one row per transfer, for machines or for French spreadsheets. Same rows, same columns.

use super::manifest::Manifest;
use super::running::{Layout, Names};
use crate::wording::{harmless, name, noun, quantity};
use chambre_domain::{Account, Date, Entry, Transfer, french};
use csv::{Terminator, Writer, WriterBuilder};
use std::borrow::Cow;
use std::io;

/// Column names, for machines and in French.
const COLUMNS: [(&str, &str); 18] = [
    ("seq", "Numéro"),
    ("event_id", "Événement"),
    ("kind", "Nature"),
    ("occurred_on", "Survenu le"),
    ("booked_on", "Enregistré le"),
    ("territory_siren", "SIREN du territoire"),
    ("territory_name", "Territoire"),
    ("relogement_id", "Relogement"),
    ("reference", "Référence"),
    ("debit_compte", "Compte débité"),
    ("debit_bailleur_siren", "SIREN du bailleur débité"),
    ("debit_bailleur_name", "Bailleur débité"),
    ("credit_compte", "Compte crédité"),
    ("credit_bailleur_siren", "SIREN du bailleur crédité"),
    ("credit_bailleur_name", "Bailleur crédité"),
    ("unit", "Unité"),
    ("amount", "Montant"),
    ("seal", "Sceau"),
];

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

    fn side(&self, account: Account) -> [Cow<'static, str>; 3] {
        let (siren, name) = match account.bailleur {
            Some(siren) => (siren.to_string(), name(&self.names, siren)),
            None => (String::new(), String::new()),
        };
        [account.compte.to_string(), siren, name].map(Cow::Owned)
    }

    fn row<'a>(&'a self, entry: &'a Entry, transfer: &Transfer) -> Vec<Cow<'a, str>> {
        let (dialect, event) = (self.dialect, &entry.event);
        let (kind, mark) = match dialect {
            Dialect::Machine => (event.kind(), '.'),
            Dialect::French => (event.french(), ','),
        };
        let territory = transfer.debit().territory;
        let mut cells = vec![
            Cow::Owned(entry.seq.to_string()),
            dialect.id(entry.event_id.as_str()),
            Cow::Borrowed(kind),
            dialect.date(entry.occurred_on),
            dialect.date(entry.booked_at.day_in_paris()),
            Cow::Owned(territory.to_string()),
            Cow::Borrowed(territory.territory().name.as_str()),
        ];
        cells.extend(match (event.relogement(), noun(event)) {
            (Some(id), _) => [dialect.id(id.as_str()), Cow::Borrowed("")],
            (None, Some(reference)) => [Cow::Borrowed(""), Cow::Owned(dialect.id(&reference).into_owned())],
            (None, None) => [Cow::Borrowed(""), Cow::Borrowed("")],
        });
        cells.extend(self.side(transfer.debit()));
        cells.extend(self.side(transfer.credit()));
        let amount = quantity(transfer.unit(), i128::from(transfer.amount().get()), mark);
        let unit = Cow::Borrowed(transfer.unit().code());
        cells.extend([unit, Cow::Owned(amount), Cow::Owned(entry.seal.to_string())]);
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
            self.dialect.write_row(&self.row(entry, transfer), out)?;
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
