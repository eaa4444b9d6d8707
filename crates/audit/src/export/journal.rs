//! The journal itself: every entry with its seal, one a line, so that it can be verified far from the chamber.

use super::manifest::Manifest;
use super::running::Layout;
use chambre_domain::seal::pack_transfers;
use chambre_domain::{Account, Entry, Seal, Seq, StoredEntry, Transfer};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

pub(crate) const JOURNAL: &str = "journal.jsonl";
pub(crate) const BALANCES: &str = "balances.csv";

/// One entry, with the exact bytes that its seal covers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    seq: u64,
    event_id: Cow<'a, str>,
    booked_at: i64,
    occurred_on: i32,
    payload: Cow<'a, str>,
    transfers: String,
    seal: String,
}

/// Writes the line of an entry.
fn write_line(entry: &Entry, out: &mut Vec<u8>) -> io::Result<()> {
    let payload = entry.event.to_payload();
    let line = Line {
        seq: entry.seq.get(),
        event_id: Cow::Borrowed(entry.event_id.as_str()),
        booked_at: entry.booked_at.millis(),
        occurred_on: chambre_domain::calendar::day_number(entry.occurred_on),
        payload: String::from_utf8_lossy(&payload),
        transfers: HEXLOWER.encode(&pack_transfers(&entry.transfers)),
        seal: entry.seal.to_string(),
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.push(b'\n');
    Ok(())
}

/// Reads a line back, its end taken off; nothing unless it is written as [`write_line`] writes it, byte for byte.
pub(crate) fn read_line(bytes: &[u8]) -> Option<StoredEntry> {
    let line: Line<'_> = serde_json::from_slice(bytes).ok()?;
    let stored = StoredEntry {
        seq: Seq::new(line.seq),
        event_id: line.event_id.clone().into_owned(),
        booked_at: line.booked_at,
        occurred_on: line.occurred_on,
        payload: line.payload.as_bytes().to_vec(),
        transfers: HEXLOWER.decode(line.transfers.as_bytes()).ok()?,
        seal: Seal::from_bytes(&HEXLOWER.decode(line.seal.as_bytes()).ok()?)?,
    };
    (serde_json::to_vec(&line).ok()? == bytes).then_some(stored)
}

/// What went through each account: debits and credits, in cents or in whole units.
#[derive(Debug, Default)]
pub(crate) struct Balances(BTreeMap<Account, (i128, i128)>);

impl Balances {
    pub(crate) fn add(&mut self, transfer: &Transfer) {
        let amount = i128::from(transfer.amount().get());
        self.0.entry(transfer.debit()).or_default().0 += amount;
        self.0.entry(transfer.credit()).or_default().1 += amount;
    }

    pub(crate) fn accounts(&self) -> usize {
        self.0.len()
    }

    /// The lines of the file of balances, its head first, by compte, territory, bailleur.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        let head = "compte,territory_siren,bailleur_siren,unit,debit,credit\n".to_owned();
        let line = |(account, (debit, credit)): (&Account, &(i128, i128))| {
            let Account { compte, territory, bailleur } = account;
            let bailleur = bailleur.map_or_else(String::new, |siren| siren.to_string());
            format!("{compte},{territory},{bailleur},{},{debit},{credit}\n", compte.unit().code())
        };
        std::iter::once(head).chain(self.0.iter().map(line))
    }
}

#[derive(Default)]
pub(crate) struct Journal {
    balances: Balances,
}

impl Layout for Journal {
    fn file_name(&self) -> String {
        JOURNAL.to_owned()
    }

    fn head(&self) -> String {
        String::new()
    }

    fn every_entry(&self) -> bool {
        true
    }

    fn entry(&mut self, entry: &Entry, transfers: &[Transfer], out: &mut Vec<u8>) -> io::Result<u64> {
        transfers.iter().for_each(|transfer| self.balances.add(transfer));
        write_line(entry, out)?;
        Ok(1)
    }

    fn companion(&self, _manifest: &Manifest) -> Option<(String, String)> {
        Some((BALANCES.to_owned(), self.balances.lines().collect()))
    }
}
