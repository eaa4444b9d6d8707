//! The relevé of one bailleur, from the explanation of its position.

use super::cited::{convention, party, payment_state, run, version};
use super::key::Divided;
use super::{Dossier, Unmade, relogements};
use chambre_audit::report::{Direction, HowShared, PaymentPart, Releve, SettlementLimit, VersionPart};
use chambre_domain::explanation::{Explanation, LimitedBy};
use chambre_domain::{Cents, Siren};
use chambre_settlement::VersionShare;
use std::collections::BTreeSet;

/// The figures of a relevé.
pub(super) fn releve(dossier: &Dossier, bailleur: Siren) -> Result<Releve, Unmade> {
    let explained = dossier.frozen.explain(bailleur)?;
    let shares = dossier.frozen.shares()?;
    Ok(Releve {
        run: run(dossier),
        bailleur: party(&dossier.names, bailleur),
        position: explained.position,
        versions: versions(dossier, &explained, &shares)?,
        carried_from: Vec::new(),
        limit: limit(&explained),
        payments: payments(dossier, bailleur),
        set_off: Vec::new(),
        relogements: relogements::lines(dossier, &explained)?,
    })
}

/// Effort and fair share under each version: those that share something with the bailleur, and those that a
/// relogement it sees follows.
fn versions(
    dossier: &Dossier,
    explained: &Explanation,
    shares: &[VersionShare],
) -> Result<Vec<VersionPart>, Unmade> {
    let bailleur = explained.position.bailleur;
    let followed = explained.relogements.iter().map(|one| one.version);
    let numbers: BTreeSet<u32> = explained.shares.iter().map(|one| one.version).chain(followed).collect();
    let mut parts = Vec::with_capacity(numbers.len());
    for number in numbers {
        let rules = version(dossier, number)?;
        let share = shares.iter().find(|one| one.version == number);
        let how = match share {
            None => HowShared::Nothing("aucun effort partagé par cet arrêté sous cette version".to_owned()),
            Some(share) => match Divided::of(rules, share)? {
                None => HowShared::Origin,
                Some(divided) => divided.how(bailleur, &dossier.names)?,
            },
        };
        let of = |amount: Option<&Cents>| amount.copied().unwrap_or_default();
        parts.push(VersionPart {
            convention: convention(rules),
            total: share.map_or(Cents::ZERO, |share| share.total),
            effort: of(share.and_then(|share| share.effort.get(&bailleur))),
            fair_share: of(share.and_then(|share| share.fair_share.get(&bailleur))),
            how,
        });
    }
    Ok(parts)
}

/// What keeps the position from being settled whole; nothing when it is.
pub(super) fn limit(explained: &Explanation) -> Option<SettlementLimit> {
    let position = &explained.position;
    let limited_by = explained.settlement.limited_by.filter(|_| position.settled != position.position)?;
    Some(match limited_by {
        LimitedBy::Cap { kind, most } => SettlementLimit {
            label: format!("plafond de la convention : {}", kind.french()),
            most: Some(most),
        },
        other => SettlementLimit { label: other.french(), most: None },
    })
}

fn payments(dossier: &Dossier, bailleur: Siren) -> Vec<PaymentPart> {
    let plan = &dossier.frozen.proposed.proposal.plan;
    let own = plan.payments.iter().enumerate().filter_map(|(place, payment)| {
        let (direction, other) = if payment.from == bailleur {
            (Direction::Pays, payment.to)
        } else if payment.to == bailleur {
            (Direction::Receives, payment.from)
        } else {
            return None;
        };
        Some(PaymentPart {
            id: payment.id.clone(),
            direction,
            counterparty: party(&dossier.names, other),
            amount: payment.amount,
            whole: None,
            state: payment_state(dossier, place),
        })
    });
    own.collect()
}
