//! What an officer looks at before a run: what is missing, what is in dispute, what still awaits a bank.

use chambre_api::v1::{ReviewFinding, ReviewItem, ReviewNettingResponse};
use chambre_domain::dispute::DisputeSubject;
use chambre_domain::measure::LineKind;
use chambre_domain::netting_run::PaymentState;
use chambre_domain::operation::OperationKind;
use chambre_domain::{NettingRun, NettingStep, Period, Refusal, TerritoryId};
use chambre_ledger::Books;
use chambre_ledger::books::RelogementFile;
use std::collections::BTreeSet;

/// Most subjects named in a finding.
const NAMED: usize = 20;

/// Reviews a territory; writes nothing.
pub fn review(
    books: &Books,
    territory: TerritoryId,
    period: Period,
) -> Result<ReviewNettingResponse, Refusal> {
    let no_convention = match books.parties().convention_on(territory, period.to) {
        Some(_) => Vec::new(),
        None => vec![territory.to_string()],
    };
    let relogements: Vec<&RelogementFile> = books
        .relogements_of(territory)
        .filter(|file| !file.measured.reversed && file.measured.rents.lease_date <= period.to)
        .collect();
    let due = if no_convention.is_empty() {
        chambre_ledger::accruals_due(books, territory, period.to)?
    } else {
        Vec::new()
    };
    let due = due.iter().filter_map(|command| command.event.relogement()).map(ToString::to_string);
    let (disputed, held) = disputes(books, territory);
    let findings = [
        (ReviewFinding::NoConvention, no_convention, true),
        (ReviewFinding::RunUnderWay, under_way(books, territory), false),
        (ReviewFinding::PaymentsAwaited, awaited(books, territory), false),
        (ReviewFinding::RelogementsDisputed, disputed, false),
        (ReviewFinding::BailleursHeld, held, false),
        (ReviewFinding::IndemnityNotReceived, without_indemnity(books, &relogements), false),
        (ReviewFinding::OperationsSilent, silent_operations(books, territory, &relogements), false),
        (ReviewFinding::RentGapsDue, due.collect(), false),
    ];
    let items = findings.into_iter().filter(|(_, subjects, _)| !subjects.is_empty());
    let item = |(finding, mut subjects, blocking): (ReviewFinding, Vec<String>, bool)| {
        let count = i32::try_from(subjects.len()).unwrap_or(i32::MAX);
        subjects.truncate(NAMED);
        ReviewItem { finding: finding.into(), count, subjects, blocking }
    };
    Ok(ReviewNettingResponse {
        items: items.map(item).collect(),
        relogement_count: i32::try_from(relogements.len()).unwrap_or(i32::MAX),
        at_seq: i64::try_from(books.head().seq.get()).unwrap_or(i64::MAX),
    })
}

fn runs_of(books: &Books, territory: TerritoryId) -> impl Iterator<Item = &NettingRun> {
    books.nettings().filter(move |run| run.opening.territory == territory)
}

fn under_way(books: &Books, territory: TerritoryId) -> Vec<String> {
    let runs = runs_of(books, territory).filter(|run| run.status.is_under_way());
    runs.map(|run| run.opening.id.to_string()).collect()
}

fn awaited(books: &Books, territory: TerritoryId) -> Vec<String> {
    let signed = runs_of(books, territory).filter(|run| run.allows(NettingStep::Confirm));
    let payments = signed.flat_map(|run| {
        run.proposal().into_iter().flat_map(|proposal| &proposal.plan.payments).zip(&run.payments)
    });
    let awaited = payments.filter(|(_, state)| **state == PaymentState::Awaited);
    awaited.map(|(payment, _)| payment.id.to_string()).collect()
}

fn disputes(books: &Books, territory: TerritoryId) -> (Vec<String>, Vec<String>) {
    let (mut relogements, mut bailleurs) = (Vec::new(), Vec::new());
    for dispute in books.disputes().of_territory(territory).filter(|dispute| dispute.settled.is_none()) {
        match &dispute.raising.subject {
            DisputeSubject::Relogement { id } => relogements.push(id.to_string()),
            DisputeSubject::Bailleur { siren, .. } => bailleurs.push(siren.to_string()),
        }
    }
    (relogements, bailleurs)
}

/// ANRU pays for definitive relogements of its operations; what it has not paid yet weighs on the effort.
fn without_indemnity(books: &Books, relogements: &[&RelogementFile]) -> Vec<String> {
    let silent = |file: &&&RelogementFile| {
        let anru = books.operation_of(file).is_some_and(|operation| operation.kind == OperationKind::Anru);
        anru && !file.measured.lines.iter().any(|line| line.kind == LineKind::Indemnity)
    };
    relogements.iter().filter(silent).map(|file| file.measured.id.to_string()).collect()
}

fn silent_operations(books: &Books, territory: TerritoryId, relogements: &[&RelogementFile]) -> Vec<String> {
    let heard: BTreeSet<_> = relogements
        .iter()
        .filter_map(|file| books.operation_of(file))
        .map(|operation| &operation.id)
        .collect();
    let planned = books.parties().operations_after(None).filter(|operation| {
        operation.territory == territory
            && operation.planned_relogements > 0
            && !heard.contains(&operation.id)
    });
    planned.map(|operation| operation.id.to_string()).collect()
}
