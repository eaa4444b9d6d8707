//! Words that every service shares: dates, seqs, pages, accounts, entries, receipts.

use crate::v1;
use chambre_domain::{
    Account, AsOf, BookedAt, Date, Entry, Event, EventId, Period, Reason, Receipt, Refusal, Seq, Siren,
    TerritoryId, Transfer, Unit, calendar,
};

/// Two enums with the same names, one on the wire: reads a number, writes a noun.
macro_rules! same_names {
    ($($seen:vis $read:ident, $write:ident: $noun:ident { $($variant:ident),+ $(,)? })+) => {$(
        $seen fn $read(field: &str, number: i32) -> Result<$noun, Refusal> {
            match v1::$noun::try_from(number) {
                Ok(v1::$noun::Unspecified) => Err($crate::convert::words::missing(field)),
                $(Ok(v1::$noun::$variant) => Ok($noun::$variant),)+
                Err(_) => Err(Refusal::new(chambre_domain::Reason::ValueUnknown, field, number)),
            }
        }

        #[allow(dead_code)] // what is only ever asked is never answered
        $seen fn $write(noun: $noun) -> i32 {
            match noun { $($noun::$variant => v1::$noun::$variant,)+ }.into()
        }
    )+};
}
pub(super) use same_names;

/// A command, and whether to check it only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<T> {
    /// What to do.
    pub command: T,
    /// Check only: nothing is written.
    pub validate_only: bool,
}

/// A declaration under the identifier that its caller chose.
pub type Declaration = (EventId, Event);

/// A required day.
///
/// # Errors
/// [`Reason::FieldMissing`], [`Reason::DateInvalid`].
pub fn date(field: &str, wire: Option<v1::Date>) -> Result<Date, Refusal> {
    let v1::Date { year, month, day } = required(field, wire)?;
    calendar::date(field, year, month, day)
}

/// A day that may be left out.
///
/// # Errors
/// [`Reason::DateInvalid`].
pub fn optional_date(field: &str, wire: Option<v1::Date>) -> Result<Option<Date>, Refusal> {
    wire.map(|day| date(field, Some(day))).transpose()
}

/// Required days, first and last included.
///
/// # Errors
/// [`Reason::FieldMissing`], [`Reason::DateInvalid`], [`Reason::DatesOutOfOrder`].
pub fn period(field: &str, wire: Option<v1::Period>) -> Result<Period, Refusal> {
    let v1::Period { from, to } = required(field, wire)?;
    let from = date("from", from).map_err(|refusal| refusal.within(field))?;
    let to = date("to", to).map_err(|refusal| refusal.within(field))?;
    Period::new(from, to).map_err(|refusal| Refusal { field: "to".to_owned(), ..refusal }.within(field))
}

/// Days that may be left out.
///
/// # Errors
/// What [`period`] refuses.
pub fn optional_period(field: &str, wire: Option<v1::Period>) -> Result<Option<Period>, Refusal> {
    wire.map(|days| period(field, Some(days))).transpose()
}

/// A number of the journal; zero means none.
///
/// # Errors
/// [`Reason::SeqBeyondHead`] below zero.
pub fn seq(field: &str, number: i64) -> Result<Option<Seq>, Refusal> {
    match u64::try_from(number) {
        Ok(0) => Ok(None),
        Ok(number) => Ok(Some(Seq::new(number))),
        Err(_) => Err(Refusal::new(Reason::SeqBeyondHead, field, number).with("least", 0)),
    }
}

/// A state of the books; now when left out.
///
/// # Errors
/// What [`seq`] and [`optional_date`] refuse.
pub fn as_of(field: &str, wire: Option<v1::AsOf>) -> Result<AsOf, Refusal> {
    let read = |wire: v1::AsOf| {
        Ok(AsOf {
            seq: seq("seq", wire.seq)?,
            occurred_by: optional_date("occurred_by", wire.occurred_by)?,
            booked_by: optional_date("booked_by", wire.booked_by)?,
        })
    };
    read(wire.unwrap_or_default()).map_err(|refusal: Refusal| refusal.within(field))
}

/// The netting territory of a filter; empty means all.
///
/// # Errors
/// What [`TerritoryId::parse`] refuses.
pub fn optional_territory(field: &str, text: &str) -> Result<Option<TerritoryId>, Refusal> {
    optional(text, |text| TerritoryId::parse(field, text))
}

/// The bailleur of a filter; empty means all.
///
/// # Errors
/// What [`Siren::parse`] refuses.
pub fn optional_siren(field: &str, text: &str) -> Result<Option<Siren>, Refusal> {
    optional(text, |text| Siren::parse(field, text))
}

/// How many items a page holds: 100 unless said, at most 1000.
///
/// # Errors
/// [`Reason::PageSize`] below zero.
pub fn page_size(asked: i32) -> Result<usize, Refusal> {
    match usize::try_from(asked) {
        Ok(0) => Ok(100),
        Ok(size) => Ok(size.min(1000)),
        Err(_) => Err(Refusal::new(Reason::PageSize, "page_size", asked)),
    }
}

/// A day.
#[must_use]
pub fn wire_date(day: Date) -> v1::Date {
    v1::Date { year: day.year().into(), month: day.month().into(), day: day.day().into() }
}

/// Days.
#[must_use]
pub fn wire_period(period: Period) -> v1::Period {
    v1::Period { from: Some(wire_date(period.from)), to: Some(wire_date(period.to)) }
}

/// A number of the journal.
#[must_use]
pub fn wire_seq(seq: Seq) -> i64 {
    i64::try_from(seq.get()).unwrap_or(i64::MAX)
}

/// The instant of booking.
#[must_use]
pub fn wire_booked_at(booked_at: BookedAt) -> prost_types::Timestamp {
    let millis = booked_at.millis();
    let nanos = i32::try_from(millis.rem_euclid(1000) * 1_000_000).expect("below one second, so below 10^9");
    prost_types::Timestamp { seconds: millis.div_euclid(1000), nanos }
}

/// Proof of a recording. A validation has seq zero, and neither instant nor seal: it proves nothing.
#[must_use]
pub fn wire_receipt(receipt: &Receipt) -> v1::Receipt {
    let Receipt { seq, booked_at, seal, replayed } = *receipt;
    if seq == Seq::ZERO {
        return v1::Receipt { replayed, ..v1::Receipt::default() };
    }
    v1::Receipt {
        seq: wire_seq(seq),
        booked_at: Some(wire_booked_at(booked_at)),
        seal: seal.bytes().to_vec(),
        replayed,
    }
}

/// What an account counts.
#[must_use]
pub fn wire_unit(unit: Unit) -> v1::Unit {
    match unit {
        Unit::Eur => v1::Unit::EurCents,
        Unit::Placement => v1::Unit::Placements,
        Unit::SquareMetreSdp => v1::Unit::SquareMetres,
    }
}

/// One account.
#[must_use]
pub fn wire_account(account: Account) -> v1::Account {
    v1::Account {
        compte: small(account.compte.number()),
        territory_siren: account.territory.to_string(),
        bailleur_siren: wire_optional(account.bailleur),
    }
}

/// One transfer.
#[must_use]
pub fn wire_transfer(transfer: &Transfer) -> v1::Transfer {
    v1::Transfer {
        debit: Some(wire_account(transfer.debit())),
        credit: Some(wire_account(transfer.credit())),
        amount: transfer.amount().get(),
        unit: wire_unit(transfer.unit()).into(),
    }
}

/// One entry of the journal.
#[must_use]
pub fn wire_entry(entry: &Entry) -> v1::Entry {
    v1::Entry {
        seq: wire_seq(entry.seq),
        event_id: entry.event_id.to_string(),
        kind: entry.event.kind().to_owned(),
        occurred_on: Some(wire_date(entry.occurred_on)),
        booked_at: Some(wire_booked_at(entry.booked_at)),
        transfers: entry.transfers.iter().map(wire_transfer).collect(),
        payload_json: String::from_utf8(entry.event.to_payload()).expect("JSON is UTF-8"),
        seal: entry.seal.bytes().to_vec(),
    }
}

pub(super) fn required<T>(field: &str, wire: Option<T>) -> Result<T, Refusal> {
    wire.ok_or_else(|| missing(field))
}

pub(super) fn missing(field: &str) -> Refusal {
    Refusal::new(Reason::FieldMissing, field, "")
}

pub(super) fn optional<T>(
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, Refusal>,
) -> Result<Option<T>, Refusal> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// Reads a list; a refusal names its place: `held_sirens[2]`.
pub(super) fn each<T, U>(
    field: &str,
    items: Vec<T>,
    mut read: impl FnMut(T) -> Result<U, Refusal>,
) -> Result<Vec<U>, Refusal> {
    let place = |index| move |refusal: Refusal| refusal.within(&format!("{field}[{index}]"));
    items.into_iter().enumerate().map(|(index, item)| read(item).map_err(place(index))).collect()
}

/// SIRENs of a list.
pub(super) fn sirens(field: &str, texts: Vec<String>) -> Result<Vec<Siren>, Refusal> {
    each(field, texts, |text| Siren::parse("", &text))
}

pub(super) fn wire_optional(noun: Option<impl ToString>) -> String {
    noun.map_or_else(String::new, |noun| noun.to_string())
}

pub(super) fn wire_sirens(sirens: &[Siren]) -> Vec<String> {
    sirens.iter().map(ToString::to_string).collect()
}

/// A count on the wire, where it is signed.
pub(super) fn small(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
