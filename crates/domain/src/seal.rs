//! The seal: SHA-256 over a canonical encoding of each entry, chained to the seal before.
//!
//! The encoding is written out in `docs/journal-format.md`, so that an auditor can re-check it with any tool:
//!
//! | bytes | content |
//! |---|---|
//! | 32 | seal of the entry before; zeros for the first |
//! | 1 | version of the encoding: 1 |
//! | 8 | seq, unsigned, big-endian |
//! | 8 | booked at: milliseconds since 1970-01-01 UTC, signed, big-endian |
//! | 4 | occurred on: days since 1970-01-01, signed, big-endian |
//! | 2 + n | length and text of the event id |
//! | 4 + n | length and JSON of the event |
//! | 2 | number of transfers, then 33 bytes for each |
//!
//! A transfer: unit (1 byte: 1 euro cents, 2 placements, 3 m²), amount (8 bytes), then the debited and the
//! credited account, each as compte, SIREN of the territory, SIREN of the bailleur (0 for none), 4 bytes each.
//! All integers are big-endian.

use crate::account::{Account, Compte, Transfer, Unit};
use crate::calendar::{BookedAt, Date, day_number};
use crate::entry::{Entry, Seq, Transfers};
use crate::event::Event;
use crate::ids::EventId;
use crate::money::Amount;
use crate::siren::Siren;
use crate::territory::TerritoryId;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::fmt;

const VERSION: u8 = 1;
const TRANSFER_BYTES: usize = 33;

/// SHA-256 of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Seal([u8; 32]);

impl Seal {
    /// What the first entry commits to: 32 zero bytes.
    pub const GENESIS: Self = Self([0; 32]);

    /// The 32 bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Takes 32 stored bytes back; nothing for any other length.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", HEXLOWER.encode_display(&self.0))
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Seal({self})")
    }
}

/// An entry as it is stored: the bytes that the seal covers, before anything is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its number.
    pub seq: Seq,
    /// The caller's identifier.
    pub event_id: String,
    /// Milliseconds since 1970-01-01 UTC.
    pub booked_at: i64,
    /// Days since 1970-01-01.
    pub occurred_on: i32,
    /// JSON of the event.
    pub payload: Vec<u8>,
    /// Packed transfers.
    pub transfers: Vec<u8>,
    /// The seal stored with it.
    pub seal: Seal,
}

/// Why stored bytes are not an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum DecodeError {
    #[error("entry {seq}: the event cannot be read: {cause}")]
    Event { seq: Seq, cause: String },
    #[error("entry {seq}: transfer {index} cannot be read")]
    Transfer { seq: Seq, index: usize },
    #[error("entry {seq}: {what} is out of range")]
    Field { seq: Seq, what: &'static str },
}

impl StoredEntry {
    /// The seal this entry must have, after `before`.
    #[must_use]
    pub fn seal_after(&self, before: Seal) -> Seal {
        let head = Head { seq: self.seq, booked_at: self.booked_at, occurred_on: self.occurred_on };
        seal(before, &head, &self.event_id, &self.payload, &self.transfers)
    }

    /// Understands the bytes.
    ///
    /// # Errors
    /// Which part cannot be read.
    pub fn decode(&self) -> Result<Entry, DecodeError> {
        let seq = self.seq;
        let event = Event::from_payload(&self.payload)
            .map_err(|cause| DecodeError::Event { seq, cause: cause.to_string() })?;
        let occurred_on = crate::calendar::date_of_day_number(self.occurred_on)
            .ok_or(DecodeError::Field { seq, what: "occurred_on" })?;
        let event_id =
            EventId::from_stored(&self.event_id).ok_or(DecodeError::Field { seq, what: "event_id" })?;
        let transfers =
            unpack_transfers(&self.transfers).map_err(|index| DecodeError::Transfer { seq, index })?;
        let booked_at = BookedAt::from_millis(self.booked_at);
        Ok(Entry { seq, event_id, occurred_on, booked_at, event, transfers, seal: self.seal })
    }
}

/// The fixed part of what the seal covers.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// Number of the entry.
    pub seq: Seq,
    /// Milliseconds since 1970-01-01 UTC.
    pub booked_at: i64,
    /// Days since 1970-01-01.
    pub occurred_on: i32,
}

impl Head {
    /// The head of an entry about to be booked.
    #[must_use]
    pub fn new(seq: Seq, booked_at: BookedAt, occurred_on: Date) -> Self {
        Self { seq, booked_at: booked_at.millis(), occurred_on: day_number(occurred_on) }
    }
}

/// The seal of an entry: SHA-256 of the encoding in the module's table.
#[must_use]
pub fn seal(before: Seal, head: &Head, event_id: &str, payload: &[u8], transfers: &[u8]) -> Seal {
    let mut fixed = [0_u8; 55];
    fixed[..32].copy_from_slice(before.bytes());
    fixed[32] = VERSION;
    fixed[33..41].copy_from_slice(&head.seq.get().to_be_bytes());
    fixed[41..49].copy_from_slice(&head.booked_at.to_be_bytes());
    fixed[49..53].copy_from_slice(&head.occurred_on.to_be_bytes());
    fixed[53..55].copy_from_slice(&length16(event_id.len()).to_be_bytes());
    let mut hash = Sha256::new();
    hash.update(fixed);
    hash.update(event_id.as_bytes());
    hash.update(length32(payload.len()).to_be_bytes());
    hash.update(payload);
    hash.update(length16(transfers.len() / TRANSFER_BYTES).to_be_bytes());
    hash.update(transfers);
    Seal(hash.finalize().into())
}

/// Lengths beyond their field never meet: ids have 64 bytes at most, payloads and transfers are bounded by the
/// size of a request. The greatest value stands for any that would.
fn length16(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

fn length32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Packs transfers, 33 bytes each.
#[must_use]
pub fn pack_transfers(transfers: &[Transfer]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(transfers.len() * TRANSFER_BYTES);
    for transfer in transfers {
        packed.push(unit_code(transfer.unit()));
        packed.extend(transfer.amount().get().to_be_bytes());
        for account in [transfer.debit(), transfer.credit()] {
            packed.extend(account.compte.number().to_be_bytes());
            packed.extend(account.territory.siren().number().to_be_bytes());
            packed.extend(account.bailleur.map_or(0, Siren::number).to_be_bytes());
        }
    }
    packed
}

/// Unpacks transfers.
///
/// # Errors
/// The index of the first that cannot be read: unknown account, wrong unit, amount not above zero.
pub fn unpack_transfers(packed: &[u8]) -> Result<Transfers, usize> {
    let chunks = packed.chunks_exact(TRANSFER_BYTES);
    if !chunks.remainder().is_empty() {
        return Err(packed.len() / TRANSFER_BYTES);
    }
    chunks.enumerate().map(|(index, bytes)| unpack(bytes).ok_or(index)).collect()
}

fn unpack(bytes: &[u8]) -> Option<Transfer> {
    let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    let account = |at: usize| {
        let bailleur = match number(at + 8)? {
            0 => None,
            siren => Some(Siren::from_number(siren)?),
        };
        let compte = Compte::from_number(number(at)?)?;
        Some(Account { compte, territory: TerritoryId::from_number(number(at + 4)?)?, bailleur })
    };
    let amount = i64::from_be_bytes(bytes.get(1..9)?.try_into().ok()?);
    let transfer = Transfer::new(account(9)?, account(21)?, Amount::size_of(crate::Cents::new(amount))?)?;
    (amount > 0 && bytes[0] == unit_code(transfer.unit())).then_some(transfer)
}

const fn unit_code(unit: Unit) -> u8 {
    match unit {
        Unit::Eur => 1,
        Unit::Placement => 2,
        Unit::SquareMetreSdp => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transfer(cents: i64) -> Transfer {
        let territory = TerritoryId::parse("t", "200057867").unwrap();
        let host = Siren::fictitious(1);
        let (debit, credit) = (Compte::EcartDeLoyer, Compte::EffortMesure);
        let amount = Amount::new("a", cents).unwrap();
        Transfer::new(Account::of(debit, territory, host), Account::of(credit, territory, host), amount)
            .unwrap()
    }

    #[test]
    fn transfers_survive_packing() {
        let transfers = [transfer(1), transfer(384_012)];
        let packed = pack_transfers(&transfers);
        assert_eq!(packed.len(), 66);
        assert_eq!(unpack_transfers(&packed).unwrap().as_slice(), transfers);
    }

    #[test]
    fn a_damaged_transfer_is_named() {
        let packed = pack_transfers(&[transfer(1), transfer(2)]);
        for at in [33, 41, 42, 46, 50] {
            let mut damaged = packed.clone();
            damaged[at] ^= 0x81;
            assert!(
                unpack_transfers(&damaged) == Err(1)
                    || unpack_transfers(&damaged) != unpack_transfers(&packed)
            );
        }
        assert_eq!(unpack_transfers(&packed[..40]), Err(1));
    }

    #[test]
    fn every_part_of_an_entry_is_under_the_seal() {
        let packed = pack_transfers(&[transfer(1)]);
        let head = Head { seq: Seq::new(7), booked_at: 1, occurred_on: 2 };
        let reference = seal(Seal::GENESIS, &head, "e", b"{}", &packed);
        let others = [
            seal(reference, &head, "e", b"{}", &packed),
            seal(Seal::GENESIS, &Head { seq: Seq::new(8), ..head }, "e", b"{}", &packed),
            seal(Seal::GENESIS, &Head { booked_at: 2, ..head }, "e", b"{}", &packed),
            seal(Seal::GENESIS, &Head { occurred_on: 3, ..head }, "e", b"{}", &packed),
            seal(Seal::GENESIS, &head, "f", b"{}", &packed),
            seal(Seal::GENESIS, &head, "e", b"{ }", &packed),
            seal(Seal::GENESIS, &head, "e", b"{}", &pack_transfers(&[transfer(2)])),
            seal(Seal::GENESIS, &head, "e{", b"}", &packed),
        ];
        assert!(others.iter().all(|other| *other != reference));
    }

    #[test]
    fn the_encoding_is_the_documented_one() {
        // Computed apart with Python's hashlib from the table in the module's documentation.
        let head = Head { seq: Seq::new(1), booked_at: 1_735_689_600_000, occurred_on: 20_089 };
        let sealed = seal(Seal::GENESIS, &head, "e-1", b"{}", &pack_transfers(&[transfer(384_012)]));
        assert_eq!(sealed.to_string(), "01ad575829eb2b3ff60b8b2c7bf8ce050274e60f1bd0885c24297a157ac4156b");
    }
}
