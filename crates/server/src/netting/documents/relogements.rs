//! The drill-down of a relevé: from the lines declared to the effort shared, relogement by relogement.

use super::cited::{party, version};
use super::{Dossier, Unmade, wording};
use chambre_audit::report::{Labelled, RelogementLine, ReportError, Role};
use chambre_domain::explanation::{EffortSteps, ExplainedRelogement, Explanation, LeftOut, RelogementRole};
use chambre_domain::measure::LineKind;
use chambre_domain::{Cents, Convention, Reason, Refusal};
use std::collections::BTreeMap;

/// The relogements of a bailleur, in the order of the journal.
pub(super) fn lines(dossier: &Dossier, explained: &Explanation) -> Result<Vec<RelogementLine>, Unmade> {
    explained.relogements.iter().map(|one| line(dossier, one)).collect()
}

fn line(dossier: &Dossier, one: &ExplainedRelogement) -> Result<RelogementLine, Unmade> {
    let operation = dossier.operations.get(&one.recorded_seq).cloned();
    let unknown = || Refusal::new(Reason::OperationUnknown, "relogement_id", &one.id);
    let rules = version(dossier, one.version)?;
    let (role, other) = match one.role {
        RelogementRole::Host => (Role::Accueil, Some(one.origin)),
        RelogementRole::Origin => (Role::Origine, Some(one.host)),
        RelogementRole::Internal => (Role::Interne, None),
    };
    let EffortSteps { rent_gap, works, vacancy, indemnity, to_date, .. } = one.steps;
    Ok(RelogementLine {
        id: one.id.clone(),
        operation: operation.ok_or_else(unknown)?,
        role,
        other: other.map(|siren| party(&dossier.names, siren)),
        lease_date: one.lease_date,
        convention_version: one.version,
        rent_gap,
        works,
        vacancy,
        indemnity,
        adjustments: adjustments(&one.steps, rules)?,
        to_date,
        shared_before: one.shared_before,
        shared_now: one.shared_now,
        held: one.left_out.map(|why| why.french().to_owned()),
        left_out: left_out(one)?,
    })
}

/// What makes the effort differ from gap + works + vacancy − indemnity, in the order of the rule: tariff, floor,
/// cap, part shared.
fn adjustments(steps: &EffortSteps, rules: &Convention) -> Result<Vec<Labelled>, ReportError> {
    let wide = |cents: Cents| i128::from(cents.get());
    let lines = wide(steps.rent_gap) + wide(steps.works) + wide(steps.vacancy) - wide(steps.indemnity);
    let shared = wide(steps.net) + wide(steps.surplus_kept) - wide(steps.beyond_total_cap);
    let part = format!("part répartie : {}", wording::percent(rules.effort.share_bp));
    let parts = [
        ("forfait par placement".to_owned(), wide(steps.net) - lines),
        ("excédent d’indemnité gardé par le bailleur d’accueil".to_owned(), wide(steps.surplus_kept)),
        ("au-delà du plafond de l’effort".to_owned(), -wide(steps.beyond_total_cap)),
        (part, wide(steps.to_date) - shared),
    ];
    labelled(parts)
}

/// What was measured but does not count: whole lines by their reason, then what lies beyond caps.
fn left_out(one: &ExplainedRelogement) -> Result<Vec<Labelled>, ReportError> {
    let mut sums: BTreeMap<(u8, &str), (String, i128)> = BTreeMap::new();
    for (line, why) in &one.lines {
        // A relogement inside one bailleur counts nothing of its lines; a disputed one still has its effort to date.
        let why = why.or(one.left_out.filter(|why| *why == LeftOut::Internal));
        let Some(why) = why else { continue };
        let (order, kind) = match line.kind {
            LineKind::RentGap => (0, "écart de loyer"),
            LineKind::Works => (1, "travaux"),
            LineKind::Vacancy { .. } => (2, "vacance"),
            LineKind::Indemnity => (3, "indemnité ANRU"),
        };
        let label = || (format!("{kind} : {}", why.french()), 0);
        sums.entry((order, why.french())).or_insert_with(label).1 += i128::from(line.amount.get());
    }
    let beyond = [
        ("travaux au-delà de leur plafond".to_owned(), i128::from(one.steps.works_beyond_cap.get())),
        ("vacance au-delà des jours comptés".to_owned(), i128::from(one.steps.vacancy_beyond_cap.get())),
    ];
    labelled(sums.into_values().chain(beyond))
}

/// The amounts that are not zero.
fn labelled(parts: impl IntoIterator<Item = (String, i128)>) -> Result<Vec<Labelled>, ReportError> {
    let not_zero = parts.into_iter().filter(|(_, amount)| *amount != 0);
    let line = |(label, amount): (String, i128)| match i64::try_from(amount) {
        Ok(amount) => Ok(Labelled { label, amount: Cents::new(amount) }),
        Err(_) => Err(ReportError::Overflow { field: format!("relogements : {label}") }),
    };
    not_zero.map(line).collect()
}
