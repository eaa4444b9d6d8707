//! Disputes.

use super::words::{self, Asked, Declaration, optional, required, same_names, wire_date};
use crate::v1;
use chambre_domain::dispute::{
    Dispute, DisputeOutcome, DisputeParty, DisputeRaising, DisputeReason, DisputeSettlement, DisputeSubject,
};
use chambre_domain::{Event, EventId, NettingId, OfficerId, Refusal, RelogementId, Siren, TerritoryId};
use v1::raise_dispute_request::{RaisedBy, Subject};

/// Reads a dispute.
///
/// # Errors
/// The field that is missing or wrong.
pub fn raise(wire: v1::RaiseDisputeRequest) -> Result<Asked<Declaration>, Refusal> {
    let event_id = EventId::parse("event_id", &wire.event_id)?;
    let subject = match required("subject", wire.subject)? {
        Subject::RelogementId(id) => {
            DisputeSubject::Relogement { id: RelogementId::parse("subject.relogement_id", &id)? }
        }
        Subject::Bailleur(held) => DisputeSubject::Bailleur {
            territory: TerritoryId::parse("subject.territory_siren", &held.territory_siren)?,
            siren: Siren::parse("subject.bailleur_siren", &held.bailleur_siren)?,
        },
    };
    let raised_by = match required("raised_by", wire.raised_by)? {
        RaisedBy::BailleurSiren(siren) => {
            DisputeParty::Bailleur { siren: Siren::parse("raised_by.bailleur_siren", &siren)? }
        }
        RaisedBy::OfficerId(id) => {
            DisputeParty::Officer { id: OfficerId::parse("raised_by.officer_id", &id)? }
        }
    };
    let netting = optional(&wire.netting_id, |text| NettingId::parse("netting_id", text))?;
    let reason = read_reason("reason", wire.reason)?;
    let raising = DisputeRaising { subject, netting, reason, raised_by };
    Ok(Asked { command: (event_id, Event::DisputeRaised(raising)), validate_only: wire.validate_only })
}

/// Reads the end of a dispute.
///
/// # Errors
/// The field that is missing or wrong.
pub fn settle(wire: v1::SettleDisputeRequest) -> Result<Asked<DisputeSettlement>, Refusal> {
    let command = DisputeSettlement {
        dispute: EventId::parse("dispute_id", &wire.dispute_id)?,
        officer: OfficerId::parse("officer_id", &wire.officer_id)?,
        outcome: read_outcome("outcome", wire.outcome)?,
    };
    Ok(Asked { command, validate_only: wire.validate_only })
}

same_names! {
    read_reason, wire_reason: DisputeReason {
        AmountWrong, VoucherMissing, NotConcerned, DeclaredTwice, ConventionMisread, UnderNegotiation,
    }
    read_outcome, wire_outcome: DisputeOutcome { Corrected, Dismissed, Withdrawn }
}

/// A dispute with what became of it.
#[must_use]
pub fn wire_dispute(dispute: &Dispute) -> v1::Dispute {
    use v1::dispute::{RaisedBy, Subject};
    let raising = &dispute.raising;
    v1::Dispute {
        dispute_id: dispute.id.to_string(),
        subject: Some(match &raising.subject {
            DisputeSubject::Relogement { id } => Subject::RelogementId(id.to_string()),
            DisputeSubject::Bailleur { territory, siren } => Subject::Bailleur(v1::HeldBailleur {
                territory_siren: territory.to_string(),
                bailleur_siren: siren.to_string(),
            }),
        }),
        netting_id: words::wire_optional(raising.netting.as_ref()),
        reason: wire_reason(raising.reason),
        raised_by: Some(match &raising.raised_by {
            DisputeParty::Bailleur { siren } => RaisedBy::BailleurSiren(siren.to_string()),
            DisputeParty::Officer { id } => RaisedBy::OfficerId(id.to_string()),
        }),
        territory_siren: dispute.territory.to_string(),
        raised_on: Some(wire_date(dispute.raised_on)),
        outcome: dispute.settled.as_ref().map_or(0, |(outcome, _, _)| wire_outcome(*outcome)),
        settled_by: words::wire_optional(dispute.settled.as_ref().map(|(_, officer, _)| officer)),
    }
}
