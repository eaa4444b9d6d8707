//! Where a territory stands: nothing in it names a household.

use super::book::Book;
use super::fact::Pooled;
use super::signed::Signed;
use chambre_api::convert::matching::{wire_financing, wire_reserver, wire_typology};
use chambre_api::convert::words::wire_date;
use chambre_api::v1;
use chambre_domain::rehousing::{DwellingOffer, HouseholdNeed};
use chambre_domain::{Date, Refusal, TerritoryId, calendar};
use chambre_matching::exchange::Proposal;
use chambre_matching::exchange::reports::Cell;
use chambre_matching::exchange::reports::commitments::CommitmentRow;
use chambre_matching::exchange::reports::delays::time_to_answer;
use chambre_matching::exchange::reports::holds::holds;
use chambre_matching::exchange::reports::needs::{Reader, needs_table};
use chambre_matching::exchange::reports::orphans::orphans;
use chambre_matching::exchange::reports::out_of_flow::out_of_flow;
use chambre_matching::exchange::stages::End;
use std::collections::BTreeSet;

fn small(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The report of a territory on a day. `all` shows every count; else small ones are hidden as its rules say.
///
/// # Errors
/// A need that its counted offers or refusals make impossible.
pub fn report(
    book: &Book,
    territory: TerritoryId,
    on: Date,
    all: bool,
) -> Result<v1::ReportMatchingResponse, Refusal> {
    let policy = book.policy(territory, on);
    let least_cell = if all { 0 } else { policy.terms().least_cell };
    let references = book.references_for_a_run(on);
    let open = book.needs_after("").filter(|listed| listed.project.territory == territory);
    let open = open.filter(|listed| !is_placed(book, &listed.need));
    let needs: Vec<HouseholdNeed> = open.map(|listed| book.up_to_date(listed)).collect::<Result<_, _>>()?;
    let signed = Signed::of(book);
    let offers: Vec<DwellingOffer> = book
        .offers_after("")
        .filter(|offer| offer.declared().commune.territory() == territory)
        .filter(|offer| !references.engaged_offers.contains(&offer.declared().offer))
        .map(|offer| signed.complete(offer))
        .collect::<Result<_, _>>()?;
    let silent = without_reaction(book, &offers, policy.terms().clocks.window_days, on);
    // Read against every need of the territory, those under way too.
    let orphans = orphans(&silent, &needs, &policy, &book.references(on));
    let landlord = |id: &chambre_domain::rehousing::ids::OfferId| {
        let found = offers.iter().find(|offer| offer.declared().offer == *id);
        found.map_or_else(String::new, |offer| offer.declared().landlord.to_string())
    };
    let placements = book.desk().proposals().filter_map(Proposal::placement).filter(|placement| {
        let known = book.proposal(&placement.proposal);
        known.is_ok_and(|(_, project)| project.territory == territory)
    });
    let near = needs.iter().filter(|need| need.declared().formal_offers.is_near_the_last()).count();
    Ok(v1::ReportMatchingResponse {
        on: Some(wire_date(on)),
        needs: needs_lines(&needs, least_cell),
        offers: i32::try_from(offers.len()).unwrap_or(i32::MAX),
        orphans: orphans
            .iter()
            .map(|orphan| v1::OrphanOffer {
                offer_id: orphan.offer.to_string(),
                bailleur_siren: landlord(&orphan.offer),
                possible: small(orphan.possible),
                impossible: small(orphan.impossible),
                main_rule: orphan.main_rule().map_or_else(String::new, |rule| rule.code().to_owned()),
            })
            .collect(),
        delays: time_to_answer(book.answers(territory))
            .into_iter()
            .map(|row| v1::TeamDelay {
                mous_id: row.mous.to_string(),
                proposed: small(row.proposed),
                answered: small(row.answered),
                median_days: row.median_days,
                longest_days: row.longest_days,
            })
            .collect(),
        contingents: standings(book, territory, on),
        holds: holds(&offers, policy.terms().clocks.hold_days, on)
            .into_iter()
            .map(|row| v1::HeldDwelling {
                offer_id: row.offer.to_string(),
                bailleur_siren: row.landlord.to_string(),
                operation_id: row.operation.to_string(),
                days: row.days,
                lost_each_day_cents: row.lost_each_day.map(chambre_domain::Cents::get),
                too_long: row.too_long,
            })
            .collect(),
        out_of_flow: out_of_flow(placements, on.year())
            .into_iter()
            .map(|row| v1::OutOfFlowLine {
                bailleur_siren: row.landlord.to_string(),
                reserver: wire_reserver(row.reserver),
                dwellings: small(row.dwellings),
            })
            .collect(),
        near_the_last_offer: Some(count(Cell::of(u32::try_from(near).unwrap_or(u32::MAX), least_cell))),
    })
}

fn count(cell: Cell) -> v1::HiddenCount {
    use v1::hidden_count::Shown;
    v1::HiddenCount {
        shown: Some(match cell {
            Cell::Count(count) => Shown::Count(small(count)),
            Cell::Below(least) => Shown::Below(small(least)),
        }),
    }
}

fn needs_lines(needs: &[HouseholdNeed], least_cell: u32) -> Vec<v1::NeedsLine> {
    let rows = needs_table(needs, Reader::Outside { least_cell }).into_iter();
    rows.map(|row| v1::NeedsLine {
        operation_id: row.operation.to_string(),
        typology: wire_typology(row.typology),
        financing: wire_financing(row.financing),
        households: Some(count(row.households)),
        urgent: Some(count(row.urgent)),
        flagged: row.flagged,
    })
    .collect()
}

fn standings(book: &Book, territory: TerritoryId, on: Date) -> Vec<v1::ContingentStanding> {
    let standing = |(pooled, taken): (&Pooled, u32)| {
        let (contingent, achieved) = (&pooled.contingent, pooled.taken_before.saturating_add(taken));
        let row = CommitmentRow::new(contingent.reserver.clone(), contingent.commitment, achieved, on);
        v1::ContingentStanding {
            contingent_id: contingent.id.to_string(),
            reserver: row.party.to_string(),
            committed: small(row.committed),
            due: small(row.due),
            achieved: small(row.achieved),
            per_mille: row.per_mille.map(small),
        }
    };
    book.contingents(territory).map(standing).collect()
}

fn is_placed(book: &Book, need: &HouseholdNeed) -> bool {
    let household = &need.declared().household;
    book.desk().proposals().any(|one| one.terms().household == *household && one.placement().is_some())
}

/// Offers whose window is over and that no team took position on.
fn without_reaction<'a>(
    book: &Book,
    offers: &'a [DwellingOffer],
    window_days: u16,
    on: Date,
) -> Vec<&'a DwellingOffer> {
    let answered = book.desk().proposals().filter(|proposal| {
        // Declined or expired, nobody took position.
        !matches!(proposal, Proposal::Proposed(_))
            && !matches!(proposal.end(), Some(End::Declined(_) | End::Expired))
    });
    let answered: BTreeSet<_> = answered.map(|proposal| &proposal.terms().offer).collect();
    let over = |offer: &&DwellingOffer| {
        let last = calendar::day_number(offer.declared().published_on) + i32::from(window_days);
        calendar::day_number(on) > last && !answered.contains(&offer.declared().offer)
    };
    offers.iter().filter(over).collect()
}
