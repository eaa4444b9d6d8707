//! The head of the journal, and what an export is asked to hold.

use super::words::{self, same_names, wire_booked_at, wire_seq};
use crate::v1;
use chambre_domain::{BookedAt, Date, Period, Refusal, Seal, Seq, Siren, TerritoryId};

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
    Ok(ExportAsked {
        format: export_format("format", wire.format)?,
        territory: words::optional_territory("territory_siren", &wire.territory_siren)?,
        bailleur: words::optional_siren("bailleur_siren", &wire.bailleur_siren)?,
        period: words::optional_period("period", wire.period)?,
        up_to_seq: words::seq("up_to_seq", wire.up_to_seq)?,
        closing_date: words::optional_date("closing_date", wire.closing_date)?,
    })
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
    export_format, wire_export_format: ExportFormat { Fec, Hledger, Csv, CsvFrench }
}
