//! What the parties of a charter promised, against the placements that the books count.

use crate::desk::{Desk, refused};
use chambre_api::convert::commitments::{CommitmentsAsked, wire_progress};
use chambre_api::v1;
use chambre_domain::convention::{Commitment, CommitmentUnit, Party};
use chambre_domain::{Date, Period, Reason, Refusal, Siren, TerritoryId};
use chambre_ledger::Books;
use tonic::Status;

/// Reports the commitments of the convention in force on a day.
pub fn report(desk: &Desk, asked: &CommitmentsAsked) -> Result<v1::ReportCommitmentsResponse, Status> {
    let on = asked.on.unwrap_or_else(|| desk.today());
    desk.books(|books| progress(books, asked, on))?.map_err(refused)
}

fn progress(
    books: &Books,
    asked: &CommitmentsAsked,
    on: Date,
) -> Result<v1::ReportCommitmentsResponse, Refusal> {
    let convention = books
        .parties()
        .convention_on(asked.territory, on)
        .ok_or_else(|| Refusal::new(Reason::NoConvention, "on", on).with("territory", asked.territory))?;
    let one = |commitment: &Commitment| {
        let Party::Bailleur(siren) = commitment.party else { return wire_progress(commitment, None, None) };
        let placements = taken_in(books, asked.territory, books.parties().current(siren), commitment.period);
        let attributions = match commitment.unit {
            CommitmentUnit::Placements => Some(0),
            CommitmentUnit::AttributionsBp => asked.attributions.get(&siren).copied(),
        };
        let progress = attributions.map(|attributions| commitment.progress(placements, attributions));
        wire_progress(commitment, Some(placements), progress)
    };
    Ok(v1::ReportCommitmentsResponse {
        convention_version: i32::try_from(convention.version).unwrap_or(i32::MAX),
        progress: convention.commitments.iter().map(one).collect(),
    })
}

/// Placements that a bailleur took in: what account 802100 was credited for leases of the period.
fn taken_in(books: &Books, territory: TerritoryId, host: Siren, period: Period) -> u64 {
    let leases = books.relogements_of(territory).map(|file| &file.measured).filter(|measured| {
        !measured.reversed
            && measured.host == host
            && (period.from..=period.to).contains(&measured.rents.lease_date)
    });
    leases.map(|_| 1).sum()
}
