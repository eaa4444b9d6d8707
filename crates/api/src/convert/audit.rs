//! The head of the journal, and what an export is asked to hold.

use super::words::{self, same_names, wire_booked_at, wire_seq};
use crate::v1;
use chambre_domain::{BookedAt, Date, Period, Reason, Refusal, Seal, Seq, Siren, TerritoryId};

/// Formats of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportFormat {
    /// Shaped as the fichier des écritures comptables.
    Fec,
    /// hledger journal.
    Hledger,
    /// CSV for machines: comma, point, ISO dates.
    Csv,
    /// CSV for French spreadsheets: semicolon, comma, byte-order mark.
    CsvFrench,
    /// Every entry with its seal, whole.
    Journal,
    /// beancount journal.
    Beancount,
    /// Workbook.
    Xlsx,
    /// Parquet.
    Parquet,
}

/// What an export is asked to hold; what is set applies together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportAsked {
    /// Which format.
    pub format: ExportFormat,
    /// Only écritures that move an account of this territory.
    pub territory: Option<TerritoryId>,
    /// Only écritures that move an account of this bailleur.
    pub bailleur: Option<Siren>,
    /// Only what happened in these days.
    pub period: Option<Period>,
    /// Entries up to this one.
    pub up_to_seq: Option<Seq>,
    /// Closing date in the name of the FEC file; today when none.
    pub closing_date: Option<Date>,
}

/// Reads what an export is asked to hold.
///
/// # Errors
/// The field that is missing or wrong.
pub fn export_asked(wire: v1::ExportJournalRequest) -> Result<ExportAsked, Refusal> {
    let asked = ExportAsked {
        format: export_format("format", wire.format)?,
        territory: words::optional_territory("territory_siren", &wire.territory_siren)?,
        bailleur: words::optional_siren("bailleur_siren", &wire.bailleur_siren)?,
        period: words::optional_period("period", wire.period)?,
        up_to_seq: words::seq("up_to_seq", wire.up_to_seq)?,
        closing_date: words::optional_date("closing_date", wire.closing_date)?,
    };
    if asked.format == ExportFormat::Journal {
        whole("territory_siren", asked.territory)?;
        whole("bailleur_siren", asked.bailleur)?;
        whole("period", asked.period.map(|period| period.from))?;
        whole("closing_date", asked.closing_date)?;
    }
    Ok(asked)
}

/// Seals prove nothing of a part of the journal.
fn whole(field: &str, filter: Option<impl std::fmt::Display>) -> Result<(), Refusal> {
    filter.map_or(Ok(()), |value| Err(Refusal::new(Reason::ExportWhole, field, value)))
}

/// How many entries a checkpoint is asked to cover; all of them when none.
///
/// # Errors
/// A number below zero.
pub fn checkpoint_asked(wire: &v1::GetCheckpointRequest) -> Result<Option<Seq>, Refusal> {
    words::seq("size", wire.size)
}

/// Which entry is to be proved, in a tree of how many; all of them when none.
///
/// # Errors
/// [`Reason::FieldMissing`] for no entry; a number below zero.
pub fn inclusion_asked(wire: &v1::GetInclusionProofRequest) -> Result<(Seq, Option<Seq>), Refusal> {
    let seq = words::seq("seq", wire.seq)?.ok_or_else(|| words::missing("seq"))?;
    Ok((seq, words::seq("size", wire.size)?))
}

/// From which tree to which; the older may be empty, the newer is the whole journal when none.
///
/// # Errors
/// A number below zero.
pub fn consistency_asked(wire: &v1::GetConsistencyProofRequest) -> Result<(Seq, Option<Seq>), Refusal> {
    Ok((words::seq("old_size", wire.old_size)?.unwrap_or_default(), words::seq("new_size", wire.new_size)?))
}

/// The proof that an entry is in the journal: its number, its seal, the size of the tree, its nodes and its root.
#[must_use]
pub fn wire_inclusion(
    (seq, seal): (Seq, Seal),
    size: Seq,
    nodes: &[[u8; 32]],
    root: [u8; 32],
) -> v1::GetInclusionProofResponse {
    v1::GetInclusionProofResponse {
        seq: wire_seq(seq),
        size: wire_seq(size),
        seal: seal.bytes().to_vec(),
        nodes: nodes.iter().map(|node| node.to_vec()).collect(),
        root: root.to_vec(),
    }
}

/// The proof that a journal only grew: sizes and roots of the two trees, and the nodes.
#[must_use]
pub fn wire_consistency(
    (old_size, old_root): (Seq, [u8; 32]),
    (new_size, new_root): (Seq, [u8; 32]),
    nodes: &[[u8; 32]],
) -> v1::GetConsistencyProofResponse {
    v1::GetConsistencyProofResponse {
        old_size: wire_seq(old_size),
        old_root: old_root.to_vec(),
        new_size: wire_seq(new_size),
        new_root: new_root.to_vec(),
        nodes: nodes.iter().map(|node| node.to_vec()).collect(),
    }
}

/// An export, as a client asks for it.
#[must_use]
pub fn wire_export(asked: &ExportAsked) -> v1::ExportJournalRequest {
    v1::ExportJournalRequest {
        format: wire_export_format(asked.format),
        territory_siren: words::wire_optional(asked.territory),
        bailleur_siren: words::wire_optional(asked.bailleur),
        period: asked.period.map(words::wire_period),
        up_to_seq: asked.up_to_seq.map_or(0, wire_seq),
        closing_date: asked.closing_date.map(words::wire_date),
    }
}

/// The head of the journal; of an empty one, zero and neither seal nor instant.
#[must_use]
pub fn wire_head(head: Option<(Seq, Seal, BookedAt)>) -> v1::GetJournalHeadResponse {
    head.map_or_else(v1::GetJournalHeadResponse::default, |(seq, seal, booked_at)| {
        v1::GetJournalHeadResponse {
            seq: wire_seq(seq),
            seal: seal.bytes().to_vec(),
            booked_at: Some(wire_booked_at(booked_at)),
        }
    })
}

same_names! {
    export_format, wire_export_format: ExportFormat { Fec, Hledger, Csv, CsvFrench, Journal, Beancount, Xlsx, Parquet }
}
