//! One row for each transfer, for machines (RFC 4180) or for French spreadsheets.

use crate::export::{Names, Sink, Writer};
use chambre_domain::{Account, Date, Entry, Siren, Transfer, Unit, french};
use std::io;

/// The file.
const FILE: &str = "journal.csv";

const MACHINE_COLUMNS: [&str; 17] = [
    "seq",
    "event_id",
    "kind",
    "occurred_on",
    "booked_on",
    "territory_siren",
    "territory",
    "relogement_id",
    "debit_compte",
    "debit_siren",
    "debit_name",
    "credit_compte",
    "credit_siren",
    "credit_name",
    "unit",
    "amount",
    "seal",
];

const FRENCH_COLUMNS: [&str; 17] = [
    "Numéro",
    "Identifiant",
    "Nature",
    "Date du fait",
    "Date d’enregistrement",
    "SIREN du territoire",
    "Territoire",
    "Relogement",
    "Compte débité",
    "SIREN débité",
    "Bailleur débité",
    "Compte crédité",
    "SIREN crédité",
    "Bailleur crédité",
    "Unité",
    "Montant",
    "Sceau",
];

pub(crate) struct Table {
    french: bool,
}

impl Table {
    pub(crate) const fn machine() -> Self {
        Self { french: false }
    }

    pub(crate) const fn french() -> Self {
        Self { french: true }
    }

    fn row(&self, cells: &[String], sink: &mut dyn Sink) -> io::Result<()> {
        let delimiter = if self.french { b';' } else { b',' };
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        writer.write_record(cells).map_err(io::Error::other)?;
        let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        sink.write(FILE, &bytes)
    }

    fn date(&self, date: Date) -> String {
        if self.french { french::short_date(date) } else { date.to_string() }
    }

    fn amount(&self, transfer: &Transfer) -> String {
        match transfer.unit() {
            Unit::Eur if self.french => french::decimal_comma(transfer.amount().cents()),
            Unit::Eur => transfer.amount().cents().to_string(),
            Unit::Placement | Unit::SquareMetreSdp => transfer.amount().get().to_string(),
        }
    }
}

impl Writer for Table {
    fn begin(&mut self, sink: &mut dyn Sink) -> io::Result<()> {
        if self.french {
            // The byte-order mark, by which spreadsheets know UTF-8.
            sink.write(FILE, "\u{feff}".as_bytes())?;
        }
        let columns = if self.french { FRENCH_COLUMNS } else { MACHINE_COLUMNS };
        self.row(&columns.map(str::to_owned), sink)
    }

    fn entry(
        &mut self,
        entry: &Entry,
        transfers: &[&Transfer],
        names: &Names,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        for transfer in transfers {
            let (debit, credit) = (transfer.debit(), transfer.credit());
            let siren =
                |account: Account| account.bailleur.map(|siren| siren.to_string()).unwrap_or_default();
            let name = |account: Account| {
                account.bailleur.map(|siren: Siren| text(names(siren))).unwrap_or_default()
            };
            let kind = if self.french { entry.event.french() } else { entry.event.kind() };
            let relogement = entry.event.relogement().map(|id| text(id.to_string())).unwrap_or_default();
            self.row(
                &[
                    entry.seq.to_string(),
                    text(entry.event_id.to_string()),
                    kind.to_owned(),
                    self.date(entry.occurred_on),
                    self.date(entry.booked_at.day_in_paris()),
                    debit.territory.to_string(),
                    debit.territory.territory().name.clone(),
                    relogement,
                    debit.compte.to_string(),
                    siren(debit),
                    name(debit),
                    credit.compte.to_string(),
                    siren(credit),
                    name(credit),
                    transfer.unit().code().to_owned(),
                    self.amount(transfer),
                    entry.seal.to_string(),
                ],
                sink,
            )?;
        }
        Ok(())
    }

    fn end(&mut self, _: &Names, _: &mut dyn Sink) -> io::Result<()> {
        Ok(())
    }
}

/// A text that a spreadsheet will not take for a formula: an apostrophe goes before what would begin one.
fn text(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::{OCCURRED, export, works};
    use crate::export::{Export, Files, Format, Scope};

    #[test]
    fn machines_and_spreadsheets_get_the_same_rows() {
        let machine = export(Format::Csv, Scope::whole(OCCURRED), &[works(7, 1)]).text(FILE);
        let french = export(Format::CsvFrench, Scope::whole(OCCURRED), &[works(7, 1)]).text(FILE);
        let siren = Siren::fictitious(1);
        let seal = "0".repeat(64);
        assert_eq!(
            machine.split("\r\n").nth(1).unwrap(),
            format!(
                "7,e-7,works_recorded,2025-03-31,2025-04-01,200057867,Plaine Commune,R-1,615900,{siren},Bailleur {siren},467900,{siren},Bailleur {siren},EUR,1200.00,{seal}"
            )
        );
        assert!(french.starts_with("\u{feff}Numéro;Identifiant;"));
        assert!(french.contains(&format!(";31/03/2025;01/04/2025;200057867;Plaine Commune;R-1;615900;{siren};Bailleur {siren};467900;{siren};Bailleur {siren};EUR;1200,00;{seal}")));
    }

    #[test]
    fn a_name_never_becomes_a_formula() {
        let mut files = Files::default();
        let mut export =
            Export::new(Format::Csv, Scope::whole(OCCURRED), Box::new(|_| "=HYPERLINK(1)".to_owned()));
        export.entry(&works(1, 1), &mut files).unwrap();
        export.finish(&mut files).unwrap();
        assert!(files.text(FILE).contains(",'=HYPERLINK(1),"));
    }
}
