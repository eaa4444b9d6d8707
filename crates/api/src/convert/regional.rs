//! Regional plans: one payment plan for the runs of several territories.

use super::netting::{new_netting_id, wire_payment, wire_status};
use super::words::{self, Asked, optional, same_names, wire_seq};
use crate::v1;
use chambre_domain::regional::{Compression, OptOuts, RegionalDue, RegionalShare};
use chambre_domain::{
    Cents, NettingId, OfficerId, Refusal, RegionalNetting, RegionalProposal, Siren, TerritoryId,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a regional plan is asked to cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionalAsked {
    /// Its identifier; none for the plan under way, or to let the chamber choose.
    pub id: Option<NettingId>,
    /// Who proposes.
    pub officer: OfficerId,
    /// The runs to cover; none for every one that may be.
    pub runs: BTreeSet<NettingId>,
    /// How far to go.
    pub compression: Compression,
    /// Who stays out.
    pub out: OptOuts,
}

same_names! {
    read_compression, wire_compression: Compression { Full, Conservative }
}

/// Reads what a regional plan is asked to cover.
///
/// # Errors
/// The field that is missing or wrong.
pub fn propose(wire: v1::ProposeRegionalNettingRequest) -> Result<Asked<RegionalAsked>, Refusal> {
    let compression = match wire.compression {
        0 => Compression::Full,
        number => read_compression("compression", number)?,
    };
    let numbered = |field: &str, number: usize, part: &str| match part {
        "" => format!("{field}[{number}]"),
        part => format!("{field}[{number}].{part}"),
    };
    let runs = wire.run_netting_ids.iter().enumerate();
    let runs = runs.map(|(n, id)| NettingId::parse(&numbered("run_netting_ids", n, ""), id));
    let territories = wire.out_territory_sirens.iter().enumerate();
    let territories =
        territories.map(|(n, siren)| TerritoryId::parse(&numbered("out_territory_sirens", n, ""), siren));
    let bailleurs = wire.out_bailleurs.iter().enumerate().map(|(n, one)| {
        let path = |part| numbered("out_bailleurs", n, part);
        Ok((
            TerritoryId::parse(&path("territory_siren"), &one.territory_siren)?,
            Siren::parse(&path("bailleur_siren"), &one.bailleur_siren)?,
        ))
    });
    let command = RegionalAsked {
        id: optional(&wire.netting_id, new_netting_id)?,
        officer: OfficerId::parse("officer_id", &wire.officer_id)?,
        runs: runs.collect::<Result<_, _>>()?,
        compression,
        out: OptOuts {
            territories: territories.collect::<Result<_, _>>()?,
            bailleurs: bailleurs.collect::<Result<_, Refusal>>()?,
        },
    };
    Ok(Asked { command, validate_only: wire.validate_only })
}

/// A regional plan with what became of it, in the message of a run.
#[must_use]
pub fn wire_regional(plan: &RegionalNetting) -> v1::NettingRun {
    let proposal = &plan.proposal;
    let payments = proposal.payments.iter().zip(&plan.payments).map(|(one, state)| v1::Payment {
        paid_for: wire_breakdown(&one.paid_for),
        received_for: wire_breakdown(&one.received_for),
        ..wire_payment((&one.payment, state))
    });
    let payments: Vec<v1::Payment> = payments.collect();
    v1::NettingRun {
        netting_id: proposal.id.to_string(),
        status: wire_status(plan.status).into(),
        at_seq: wire_seq(proposal.at_seq),
        input_sha256: proposal.input_sha256.to_string(),
        proposed_by: proposal.officer.to_string(),
        opened_by: proposal.officer.to_string(),
        revision: words::small(proposal.revision),
        approved_by: words::wire_optional(plan.approved.as_ref().map(|(officer, _)| officer)),
        approved_seq: plan.approved.as_ref().map_or(0, |(_, seq)| wire_seq(*seq)),
        pay_on: plan.pay_on.map(words::wire_date),
        payments_optimal: u32::try_from(payments.len()).is_ok_and(|count| count == proposal.lower_bound),
        payments_lower_bound: words::small(proposal.lower_bound),
        payments,
        regional: Some(wire_plan(proposal)),
        ..Default::default()
    }
}

fn wire_plan(proposal: &RegionalProposal) -> v1::RegionalPlan {
    let out_bailleurs = proposal.out.bailleurs.iter().map(|(territory, siren)| v1::TerritoryBailleur {
        territory_siren: territory.to_string(),
        bailleur_siren: siren.to_string(),
    });
    v1::RegionalPlan {
        netting_ids: proposal.nettings.iter().map(ToString::to_string).collect(),
        compression: wire_compression(proposal.compression),
        out_territory_sirens: proposal.out.territories.iter().map(ToString::to_string).collect(),
        out_bailleurs: out_bailleurs.collect(),
        moved: proposal.moved.iter().map(wire_share).collect(),
        carried_over: proposal.carried_over.iter().map(wire_due).collect(),
        set_off: proposal.set_off.iter().map(wire_share).collect(),
    }
}

fn wire_share(share: &RegionalShare) -> v1::RegionalShare {
    v1::RegionalShare {
        territory_siren: share.territory.to_string(),
        bailleur_siren: share.bailleur.to_string(),
        amount_cents: share.amount.get(),
    }
}

fn wire_due(due: &RegionalDue) -> v1::RegionalDue {
    v1::RegionalDue {
        from_siren: due.from.to_string(),
        paid_in_territory_siren: due.paid_in.to_string(),
        to_siren: due.to.to_string(),
        received_in_territory_siren: due.received_in.to_string(),
        amount_cents: due.amount.get(),
    }
}

fn wire_breakdown(pieces: &BTreeMap<TerritoryId, Cents>) -> Vec<v1::TerritoryAmount> {
    let piece = |(territory, cents): (&TerritoryId, &Cents)| v1::TerritoryAmount {
        territory_siren: territory.to_string(),
        amount_cents: cents.get(),
    };
    pieces.iter().map(piece).collect()
}
