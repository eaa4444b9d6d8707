//! Explanations and comparisons: what a person checks.

use super::convention::convention;
use super::netting::wire_position;
use super::words::{self, wire_date, wire_optional, wire_period, wire_seq};
use crate::v1;
use chambre_domain::explanation::{
    ExplainedPart, ExplainedPayment, ExplainedRelogement, ExplainedShare, Explanation, PartOf, RelogementRole,
};
use chambre_domain::measure::LineKind;
use chambre_domain::{Convention, NettingId, Period, Reason, Refusal, Siren, TerritoryId};

/// Most scenarios of one comparison: what a page shows side by side.
const MOST_SCENARIOS: usize = 8;

/// Reads whose position of which run is to be explained.
///
/// # Errors
/// The field that is missing or wrong.
pub fn explain(wire: &v1::ExplainPositionRequest) -> Result<(NettingId, Siren), Refusal> {
    let netting = NettingId::parse("netting_id", &wire.netting_id)?;
    Ok((netting, Siren::parse("bailleur_siren", &wire.bailleur_siren)?))
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulationAsked {
    /// Where.
    pub territory: TerritoryId,
    /// When.
    pub period: Period,
    /// Name and versions of each scenario.
    pub scenarios: Vec<(String, Vec<Convention>)>,
}

/// Reads where a comparison is asked.
///
/// # Errors
/// What [`TerritoryId::parse`] refuses.
pub fn territory(text: &str) -> Result<TerritoryId, Refusal> {
    TerritoryId::parse("territory_siren", text)
}

/// Reads what is to be compared.
///
/// # Errors
/// The field that is missing or wrong; none or more than eight scenarios.
pub fn simulate(wire: v1::SimulateNettingRequest) -> Result<SimulationAsked, Refusal> {
    let territory = territory(&wire.territory_siren)?;
    let period = words::period("period", wire.period)?;
    if wire.scenarios.is_empty() {
        return Err(words::missing("scenarios"));
    }
    if wire.scenarios.len() > MOST_SCENARIOS {
        return Err(Refusal::new(Reason::BatchTooLarge, "scenarios", wire.scenarios.len())
            .with("limit", MOST_SCENARIOS));
    }
    let scenario = |(place, scenario): (usize, v1::Scenario)| {
        let path = format!("scenarios[{place}]");
        let name = chambre_domain::Text::parse("name", &scenario.name).map_err(|r| r.within(&path))?;
        if scenario.conventions.is_empty() {
            return Err(words::missing("conventions").within(&path));
        }
        let versions = scenario
            .conventions
            .into_iter()
            .map(|version| convention(Some(version)).map_err(|refusal| refusal.within(&path)));
        Ok((name.to_string(), versions.collect::<Result<_, Refusal>>()?))
    };
    let scenarios = wire.scenarios.into_iter().enumerate().map(scenario).collect::<Result<_, Refusal>>()?;
    Ok(SimulationAsked { territory, period, scenarios })
}

/// An explanation.
#[must_use]
pub fn wire_explanation(explanation: &Explanation) -> v1::Explanation {
    let settlement = &explanation.settlement;
    v1::Explanation {
        netting_id: explanation.netting.to_string(),
        territory_siren: explanation.territory.to_string(),
        period: Some(wire_period(explanation.period)),
        position: Some(wire_position(&explanation.position)),
        relogements: explanation.relogements.iter().map(wire_relogement).collect(),
        shares: explanation.shares.iter().map(wire_share).collect(),
        settlement_version: words::small(settlement.version),
        settlement_article: wire_optional(settlement.article.as_ref()),
        limited_by: settlement.limited_by.as_ref().map(|limit| limit.french()).unwrap_or_default(),
        carried_forward_cents: settlement.carried_forward.get(),
        payments: explanation.payments.iter().map(wire_payment).collect(),
    }
}

fn wire_relogement(one: &ExplainedRelogement) -> v1::ExplainedRelogement {
    let line = |(line, left_out): &(_, Option<chambre_domain::explanation::LeftOut>)| {
        let line: &chambre_domain::measure::EffortLine = line;
        v1::ExplainedLine {
            seq: wire_seq(line.seq),
            occurred_on: Some(wire_date(line.occurred_on)),
            kind: match line.kind {
                LineKind::RentGap => "RENT_GAP",
                LineKind::Works => "WORKS",
                LineKind::Vacancy { .. } => "VACANCY",
                LineKind::Indemnity => "INDEMNITY",
            }
            .to_owned(),
            amount_cents: line.amount.get(),
            left_out: left_out.map(|why| why.french().to_owned()).unwrap_or_default(),
        }
    };
    let steps = &one.steps;
    v1::ExplainedRelogement {
        relogement_id: one.id.to_string(),
        role: match one.role {
            RelogementRole::Host => "HOST",
            RelogementRole::Origin => "ORIGIN",
            RelogementRole::Internal => "INTERNAL",
        }
        .to_owned(),
        origin_siren: one.origin.to_string(),
        host_siren: one.host.to_string(),
        lease_date: Some(wire_date(one.lease_date)),
        convention_version: words::small(one.version),
        article: wire_optional(one.article.as_ref()),
        lines: one.lines.iter().map(line).collect(),
        rent_gap_cents: steps.rent_gap.get(),
        works_cents: steps.works.get(),
        works_beyond_cap_cents: steps.works_beyond_cap.get(),
        vacancy_cents: steps.vacancy.get(),
        vacancy_beyond_cap_cents: steps.vacancy_beyond_cap.get(),
        indemnity_cents: steps.indemnity.get(),
        net_cents: steps.net.get(),
        surplus_kept_cents: steps.surplus_kept.get(),
        beyond_total_cap_cents: steps.beyond_total_cap.get(),
        effort_to_date_cents: steps.to_date.get(),
        shared_before_cents: one.shared_before.get(),
        shared_now_cents: one.shared_now.get(),
        left_out: one.left_out.map(|why| why.french().to_owned()).unwrap_or_default(),
    }
}

fn wire_share(share: &ExplainedShare) -> v1::ExplainedShare {
    let parts = share.key.iter().flat_map(|key| &key.parts);
    v1::ExplainedShare {
        convention_version: words::small(share.version),
        title: share.title.to_string(),
        article: wire_optional(share.article.as_ref()),
        total_cents: share.total.get(),
        outside_cents: share.outside.get(),
        parts: parts.map(wire_part).collect(),
        share_cents: share.share.get(),
    }
}

fn wire_part(part: &ExplainedPart) -> v1::ExplainedPart {
    v1::ExplainedPart {
        of: match part.of {
            PartOf::Whole => "WHOLE",
            PartOf::Demolishers => "DEMOLISHERS",
            PartOf::Others => "OTHERS",
            PartOf::PlacementsNow => "PLACEMENTS_NOW",
            PartOf::PlacementsBefore => "PLACEMENTS_BEFORE",
        }
        .to_owned(),
        amount: part.amount,
        weight: part.weight.to_string(),
        weights: part.weights.to_string(),
        quotient: part.quotient,
        remainder: part.remainder.to_string(),
        takes_one: part.takes_one,
        part: part.part,
    }
}

fn wire_payment(explained: &ExplainedPayment) -> v1::ExplainedPayment {
    let payment = &explained.payment;
    v1::ExplainedPayment {
        payment_id: payment.id.to_string(),
        from_siren: payment.from.to_string(),
        to_siren: payment.to.to_string(),
        amount_cents: payment.amount.get(),
        group: words::small(explained.group),
        member_sirens: words::wire_sirens(&explained.members),
    }
}
