//! What documents cite: the run, the bailleurs, the conventions.

use super::{Dossier, Names, wording};
use chambre_audit::report::{ConventionCited, Party, RunCited};
use chambre_domain::netting_run::PaymentState;
use chambre_domain::{Convention, Reason, Refusal, Siren, french};

/// The run.
pub(super) fn run(dossier: &Dossier) -> RunCited {
    let run = &dossier.frozen.run;
    let proposal = &dossier.frozen.proposed.proposal;
    RunCited {
        netting: proposal.id.clone(),
        territory: proposal.territory,
        period: proposal.period,
        status: run.status.french().to_owned(),
        at_seq: proposal.at_seq,
        seal: dossier.seal,
        input_sha256: proposal.input_sha256.clone(),
        proposed_by: proposal.officer.clone(),
        approved_by: run.approved.as_ref().map(|(officer, _)| officer.clone()),
        between_pairs: settling(dossier).is_some_and(|one| !one.settlement.level.is_multilateral()),
        issued_on: dossier.issued_on,
    }
}

/// The version that rules the settlement: the one in force on the last day of the period.
fn settling(dossier: &Dossier) -> Option<&Convention> {
    let to = dossier.frozen.proposed.proposal.period.to;
    let in_force = dossier.frozen.conventions.iter().filter(|one| one.in_force_from <= to);
    in_force.max_by_key(|one| (one.in_force_from, one.version))
}

/// A bailleur; one that the registry does not know has its SIREN for name.
pub(super) fn party(names: &Names, siren: Siren) -> Party {
    Party { siren, name: names.get(&siren).cloned().unwrap_or_default() }
}

/// The version of that number.
pub(super) fn version(dossier: &Dossier, number: u32) -> Result<&Convention, Refusal> {
    let found = dossier.frozen.conventions.iter().find(|one| one.version == number);
    found.ok_or_else(|| Refusal::new(Reason::ConventionUnknown, "convention_version", number))
}

/// A version as printed.
pub(super) fn convention(one: &Convention) -> ConventionCited {
    ConventionCited {
        version: one.version,
        in_force_from: one.in_force_from,
        title: one.title.to_string(),
        article: one.articles.fair_share.as_ref().map(ToString::to_string).unwrap_or_default(),
        rule: wording::rule(&one.fair_share),
    }
}

/// What became of a payment, in French.
pub(super) fn payment_state(dossier: &Dossier, place: usize) -> String {
    let run = &dossier.frozen.run;
    match run.payments.get(place) {
        _ if run.approved.is_none() => "projeté".to_owned(),
        Some(PaymentState::Awaited) | None => "attendu".to_owned(),
        Some(PaymentState::Confirmed { paid_on, .. }) => format!("payé le {}", french::short_date(*paid_on)),
        Some(PaymentState::Returned { returned_on, .. }) => {
            format!("rejeté le {}", french::short_date(*returned_on))
        }
        Some(PaymentState::Replaced) => "repris au plan régional".to_owned(),
        Some(PaymentState::Lapsed) => "impayé, reporté".to_owned(),
    }
}
