//! What an export covers, and the walk over the entries that makes its files.

use crate::{fec::Fec, hledger::Hledger, table::Table};
use chambre_domain::{Account, Date, Entry, Period, Seal, Seq, Siren, TerritoryId, Transfer, Unit};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;

/// Forms of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Shaped as the fichier des écritures comptables.
    Fec,
    /// hledger journal.
    Hledger,
    /// CSV for machines: comma, point, ISO dates (RFC 4180).
    Csv,
    /// CSV for French spreadsheets: semicolon, comma, byte-order mark.
    CsvFrench,
}

impl Format {
    /// Its name in the manifest.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fec => "fec",
            Self::Hledger => "hledger",
            Self::Csv => "csv",
            Self::CsvFrench => "csv-fr",
        }
    }
}

/// What an export covers; what is set applies together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Only transfers that move an account of this territory.
    pub territory: Option<TerritoryId>,
    /// Only transfers that move an account of this bailleur.
    pub bailleur: Option<Siren>,
    /// Only what happened in these days.
    pub period: Option<Period>,
    /// Closing date, in the name of the FEC file.
    pub closing_date: Date,
}

impl Scope {
    /// The whole journal.
    #[must_use]
    pub const fn whole(closing_date: Date) -> Self {
        Self { territory: None, bailleur: None, period: None, closing_date }
    }

    /// The transfers of an entry that the export covers. Each balances by itself, so what is left balances too.
    pub fn transfers<'a>(&'a self, entry: &'a Entry) -> impl Iterator<Item = &'a Transfer> {
        let occurred = self.period.is_none_or(|p| (p.from..=p.to).contains(&entry.occurred_on));
        let concerns = |account: Account| {
            self.territory.is_none_or(|territory| account.territory == territory)
                && self.bailleur.is_none_or(|bailleur| account.bailleur == Some(bailleur))
        };
        let wanted = move |transfer: &&Transfer| {
            occurred && (concerns(transfer.debit()) || concerns(transfer.credit()))
        };
        entry.transfers.iter().filter(wanted)
    }
}

/// Tells the name of a bailleur.
pub type Names = Box<dyn Fn(Siren) -> String + Send>;

/// Takes the bytes of the files of an export, each file's in their order.
pub trait Sink {
    /// The next bytes of a file.
    ///
    /// # Errors
    /// What the other end meets.
    fn write(&mut self, file: &str, bytes: &[u8]) -> io::Result<()>;
}

/// Files kept in memory, for small exports and tests.
#[derive(Debug, Default)]
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// The text of a file; empty when there is none of this name.
    #[must_use]
    pub fn text(&self, file: &str) -> String {
        self.0.get(file).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    }

    /// Names and bytes of the files.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }
}

impl Sink for Files {
    fn write(&mut self, file: &str, bytes: &[u8]) -> io::Result<()> {
        self.0.entry(file.to_owned()).or_default().extend_from_slice(bytes);
        Ok(())
    }
}

/// One form of export: what each entry and the end write.
pub(crate) trait Writer: Send {
    fn begin(&mut self, sink: &mut dyn Sink) -> io::Result<()>;
    fn entry(
        &mut self,
        entry: &Entry,
        transfers: &[&Transfer],
        names: &Names,
        sink: &mut dyn Sink,
    ) -> io::Result<()>;
    fn end(&mut self, names: &Names, sink: &mut dyn Sink) -> io::Result<()>;
}

/// An export under way: give it the entries in the order of the journal, then finish it.
pub struct Export {
    format: Format,
    scope: Scope,
    names: Names,
    writer: Box<dyn Writer>,
    began: bool,
    read: Option<(Seq, Seq, Seal)>,
    ecritures: u64,
    rows: u64,
    totals: BTreeMap<Unit, i128>,
    hashes: BTreeMap<String, Sha256>,
}

impl Export {
    /// Begins an export.
    #[must_use]
    pub fn new(format: Format, scope: Scope, names: Names) -> Self {
        let writer: Box<dyn Writer> = match format {
            Format::Fec => Box::new(Fec::new(scope)),
            Format::Hledger => Box::new(Hledger::default()),
            Format::Csv => Box::new(Table::machine()),
            Format::CsvFrench => Box::new(Table::french()),
        };
        Self {
            format,
            scope,
            names,
            writer,
            began: false,
            read: None,
            ecritures: 0,
            rows: 0,
            totals: BTreeMap::new(),
            hashes: BTreeMap::new(),
        }
    }

    /// Writes what the export takes from an entry.
    ///
    /// # Errors
    /// What the sink meets.
    pub fn entry(&mut self, entry: &Entry, sink: &mut dyn Sink) -> io::Result<()> {
        let mut hashing = Hashing { sink, hashes: &mut self.hashes };
        if !self.began {
            self.began = true;
            self.writer.begin(&mut hashing)?;
        }
        let first = self.read.map_or(entry.seq, |(first, ..)| first);
        self.read = Some((first, entry.seq, entry.seal));
        let transfers: Vec<&Transfer> = self.scope.transfers(entry).collect();
        if transfers.is_empty() {
            return Ok(());
        }
        self.ecritures += 1;
        for transfer in &transfers {
            self.rows += 1;
            *self.totals.entry(transfer.unit()).or_default() += i128::from(transfer.amount().get());
        }
        self.writer.entry(entry, &transfers, &self.names, &mut hashing)
    }

    /// Writes the last files, the manifest at the very end.
    ///
    /// # Errors
    /// What the sink meets.
    pub fn finish(mut self, sink: &mut dyn Sink) -> io::Result<()> {
        let mut hashing = Hashing { sink, hashes: &mut self.hashes };
        if !self.began {
            self.writer.begin(&mut hashing)?;
        }
        self.writer.end(&self.names, &mut hashing)?;
        let manifest = self.manifest();
        let text = serde_json::to_string_pretty(&manifest).map_err(io::Error::other)?;
        sink.write("manifest.json", text.as_bytes())?;
        sink.write("manifest.json", b"\n")
    }

    fn manifest(&mut self) -> serde_json::Value {
        let files: BTreeMap<String, String> = std::mem::take(&mut self.hashes)
            .into_iter()
            .map(|(name, hash)| (name, hex(&hash.finalize())))
            .collect();
        let totals: BTreeMap<&str, String> =
            self.totals.iter().map(|(unit, sum)| (unit.code(), sum.to_string())).collect();
        let period = self
            .scope
            .period
            .map(|p| serde_json::json!({ "from": p.from.to_string(), "to": p.to.to_string() }));
        serde_json::json!({
            "format": self.format.name(),
            "format_version": 1,
            "territory": self.scope.territory.map(|territory| territory.to_string()),
            "bailleur": self.scope.bailleur.map(|siren| siren.to_string()),
            "period": period,
            "closing_date": self.scope.closing_date.to_string(),
            "first_seq": self.read.map(|(first, ..)| first.get()),
            "last_seq": self.read.map(|(_, last, _)| last.get()),
            "last_seal": self.read.map(|(.., seal)| seal.to_string()),
            "ecritures": self.ecritures,
            "transfers": self.rows,
            "totals": totals,
            "sha256": files,
        })
    }
}

struct Hashing<'a> {
    sink: &'a mut dyn Sink,
    hashes: &'a mut BTreeMap<String, Sha256>,
}

impl Sink for Hashing<'_> {
    fn write(&mut self, file: &str, bytes: &[u8]) -> io::Result<()> {
        match self.hashes.get_mut(file) {
            Some(hash) => hash.update(bytes),
            None => {
                self.hashes.insert(file.to_owned(), Sha256::new_with_prefix(bytes));
            }
        }
        self.sink.write(file, bytes)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use chambre_domain::follow_up::Works;
    use chambre_domain::{Amount, BookedAt, Compte, Event, EventId, RelogementId, VoucherRef};

    pub(crate) const OCCURRED: Date = Date::constant(2025, 3, 31);

    /// Works of 1 200,00 € of a host, booked the day after they were invoiced.
    pub(crate) fn works(seq: u64, host: u32) -> Entry {
        let territory = TerritoryId::parse("t", "200057867").unwrap();
        let account = |compte| Account::of(compte, territory, Siren::fictitious(host));
        let amount = Amount::new("a", 120_000).unwrap();
        let event = Event::WorksRecorded(Works {
            relogement: RelogementId::parse("r", "R-1").unwrap(),
            amount,
            invoiced_on: OCCURRED,
            voucher: VoucherRef::parse("v", "F-17").unwrap(),
        });
        Entry {
            seq: Seq::new(seq),
            event_id: EventId::parse("e", &format!("e-{seq}")).unwrap(),
            occurred_on: OCCURRED,
            booked_at: BookedAt::noon_in_paris(Date::constant(2025, 4, 1)),
            event,
            transfers: Transfer::new(account(Compte::Travaux), account(Compte::EffortMesure), amount)
                .into_iter()
                .collect(),
            seal: Seal::GENESIS,
        }
    }

    pub(crate) fn export(format: Format, scope: Scope, entries: &[Entry]) -> Files {
        let mut files = Files::default();
        let mut export = Export::new(format, scope, Box::new(|siren| format!("Bailleur {siren}")));
        entries.iter().for_each(|entry| export.entry(entry, &mut files).unwrap());
        export.finish(&mut files).unwrap();
        files
    }

    #[test]
    fn a_scope_keeps_only_what_concerns_it() {
        let whole = Scope::whole(OCCURRED);
        let other = TerritoryId::parse("t", "200057875").unwrap();
        let day = |day| Some(Period::new(day, day).unwrap());
        for (scope, kept) in [
            (whole, 1),
            (Scope { bailleur: Some(Siren::fictitious(1)), ..whole }, 1),
            (Scope { bailleur: Some(Siren::fictitious(2)), ..whole }, 0),
            (Scope { territory: Some(other), ..whole }, 0),
            (Scope { period: day(OCCURRED), ..whole }, 1),
            (Scope { period: day(Date::constant(2025, 4, 1)), ..whole }, 0),
        ] {
            assert_eq!(scope.transfers(&works(1, 1)).count(), kept, "{scope:?}");
        }
    }

    #[test]
    fn the_manifest_holds_counts_totals_and_the_hash_of_each_file() {
        let files = export(Format::Csv, Scope::whole(OCCURRED), &[works(4, 1), works(5, 2)]);
        let manifest: serde_json::Value = serde_json::from_str(&files.text("manifest.json")).unwrap();
        assert_eq!(manifest["first_seq"], 4);
        assert_eq!(manifest["last_seq"], 5);
        assert_eq!(manifest["totals"]["EUR"], "240000");
        let hash = hex(&Sha256::digest(files.text("journal.csv").as_bytes()));
        assert_eq!(manifest["sha256"]["journal.csv"], hash);
    }
}
