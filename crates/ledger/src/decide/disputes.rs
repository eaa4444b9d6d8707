//! Rules of disputes.

use crate::books::Books;
use chambre_domain::dispute::{DisputeParty, DisputeRaising, DisputeSettlement, DisputeSubject};
use chambre_domain::netting_run::NettingStatus;
use chambre_domain::{Date, NettingId, NettingProposal, Reason, Refusal, Siren, TerritoryId, Transfers};

/// An officer holds anything at any time; a bailleur disputes its own relogements in a published run.
pub(super) fn raising(books: &Books, raising: &DisputeRaising, today: Date) -> Result<Transfers, Refusal> {
    let (territory, parties) = subject(books, &raising.subject)?;
    if let DisputeParty::Bailleur { siren } = &raising.raised_by {
        super::living(books, "raised_by.bailleur_siren", *siren)?;
        if !parties.contains(siren) || matches!(raising.subject, DisputeSubject::Bailleur { .. }) {
            return Err(Refusal::new(Reason::DisputeNotConcerned, "raised_by.bailleur_siren", siren));
        }
        in_window(books, raising.netting.as_ref(), territory, today)?;
    } else if let Some(netting) = &raising.netting {
        let run = books.netting(netting);
        run.filter(|run| run.opening.territory == territory)
            .ok_or_else(|| Refusal::new(Reason::NettingUnknown, "netting_id", netting))?;
    }
    match books.disputes().open_on(&raising.subject) {
        Some(first) => Err(Refusal::new(Reason::DisputeExists, "subject", &first.id).with("seq", first.seq)),
        None => Ok(Transfers::new()),
    }
}

/// Territory of what is disputed, and who may dispute it.
fn subject(books: &Books, subject: &DisputeSubject) -> Result<(TerritoryId, Vec<Siren>), Refusal> {
    match subject {
        DisputeSubject::Relogement { id } => {
            let file = books
                .relogement(id)
                .ok_or_else(|| Refusal::new(Reason::RelogementUnknown, "subject.relogement_id", id))?;
            if file.measured.reversed {
                return Err(Refusal::new(Reason::RelogementReversed, "subject.relogement_id", id));
            }
            Ok((file.measured.territory, vec![file.measured.origin, file.measured.host]))
        }
        DisputeSubject::Bailleur { territory, siren } => {
            super::living(books, "subject.bailleur_siren", *siren)?;
            Ok((*territory, Vec::new()))
        }
    }
}

fn in_window(
    books: &Books,
    netting: Option<&NettingId>,
    territory: TerritoryId,
    today: Date,
) -> Result<(), Refusal> {
    let closed = |value: String| Refusal::new(Reason::DisputeWindowClosed, "netting_id", value);
    let netting = netting.ok_or_else(|| closed(String::new()))?;
    let run = books
        .netting(netting)
        .filter(|run| run.opening.territory == territory)
        .ok_or_else(|| Refusal::new(Reason::NettingUnknown, "netting_id", netting))?;
    match run.disputes_until {
        Some(until) if run.status == NettingStatus::Published && today <= until => Ok(()),
        until => {
            let closed = closed(netting.to_string()).with("status", run.status.code());
            Err(until.into_iter().fold(closed, |closed, until| closed.with("disputes_until", until)))
        }
    }
}

pub(super) fn settlement(books: &Books, settlement: &DisputeSettlement) -> Result<Transfers, Refusal> {
    let dispute = books
        .disputes()
        .get(&settlement.dispute)
        .ok_or_else(|| Refusal::new(Reason::DisputeUnknown, "dispute_id", &settlement.dispute))?;
    match &dispute.settled {
        Some((_, _, seq)) => {
            Err(Refusal::new(Reason::DisputeSettled, "dispute_id", &settlement.dispute).with("seq", seq))
        }
        None => Ok(Transfers::new()),
    }
}

/// Nothing that the proposal shares or settles is disputed at this moment.
pub(super) fn undisputed(books: &Books, proposal: &NettingProposal) -> Result<(), Refusal> {
    for dispute in books.disputes().of_territory(proposal.territory) {
        if dispute.settled.is_some() {
            continue;
        }
        let counted = match &dispute.raising.subject {
            DisputeSubject::Relogement { id } => books.relogement(id).is_some_and(|file| {
                proposal.shared.iter().any(|share| share.recorded_seq == file.measured.recorded_seq)
            }),
            DisputeSubject::Bailleur { siren, .. } => {
                let siren = books.parties().current(*siren);
                proposal.positions.iter().any(|p| p.bailleur == siren && p.settled.get() != 0)
            }
        };
        if counted {
            return Err(Refusal::new(Reason::NettingDisputed, "netting_id", &proposal.id)
                .with("dispute_id", &dispute.id));
        }
    }
    Ok(())
}
