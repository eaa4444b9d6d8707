//! Rules H03 and H04: what a dwelling leaves a household to live on, at which rent.
//!
//! Effort rate = (rent + charges − aid) ÷ resources (arrêté of 10 March 2011). Reste pour vivre = (resources +
//! aid − rent − charges) ÷ consumption units ÷ 30. Resources known as a band are read at both ends: a rule holds
//! when it holds at the worst end, is broken when it is broken at the best one, and is unknown in between.

use crate::trade::dwelling::OfferDeclaration;
use crate::trade::need::NeedDeclaration;
use crate::trade::policy::PolicyTerms;
use crate::trade::rule::{Rule, Verdict, broken, unknown};
use chambre_domain::Cents;

/// The rent at which the two rules were read, and what they say.
pub(crate) struct Burden {
    /// Monthly rent used: the asked one, or the lowest that the bailleur accepts.
    pub rent: Cents,
    /// Effort rate at the worst end, in basis points; nothing when it cannot be computed.
    pub effort_bp: Option<i64>,
    /// H03.
    pub effort: Verdict,
    /// H04.
    pub rpv: Verdict,
}

/// Tries the asked rent, then the lowest one. The first at which both rules hold is used, else the last tried.
pub(crate) fn burden(need: &NeedDeclaration, offer: &OfferDeclaration, terms: &PolicyTerms) -> Burden {
    let asked = at_rent(need, offer, terms, offer.rent);
    match offer.lowest_rent {
        Some(lowest) if asked.effort.is_some() || asked.rpv.is_some() => at_rent(need, offer, terms, lowest),
        _ => asked,
    }
}

fn at_rent(need: &NeedDeclaration, offer: &OfferDeclaration, terms: &PolicyTerms, rent: Cents) -> Burden {
    let neither = |input| Burden {
        rent,
        effort_bp: None,
        effort: unknown(Rule::Effort, input),
        rpv: unknown(Rule::Rpv, input),
    };
    let Some(charges) = offer.charges else { return neither("charges") };
    let Some(resources) = need.means.monthly_resources else { return neither("monthly_resources") };
    let aid = need.means.monthly_aid.unwrap_or(Cents::ZERO).get();
    let cost = rent.get() + charges.get() - aid;

    let rates = [resources.from(), resources.to()].map(|resources| effort_rate(cost, resources));
    let cap = i64::from(terms.effort_cap_bp);
    let holds = rates.map(|rate| rate <= cap);
    let figures =
        [("taux_bp", rates[1]), ("plafond_bp", cap), ("loyer", rent.get()), ("charges", charges.get())];
    let effort = judge(Rule::Effort, holds, need, figures);

    let units = i64::from(need.composition.units_tenths);
    let left = [resources.from(), resources.to()].map(|resources| (resources - cost) * 10 / (units * 30));
    let floor = terms.rpv_floor_cents_per_day;
    let figures =
        [("reste_par_jour", left[1]), ("plancher", floor), ("loyer", rent.get()), ("charges", charges.get())];
    let rpv = judge(Rule::Rpv, left.map(|left| left >= floor), need, figures);
    Burden { rent, effort_bp: Some(rates[0]), effort, rpv }
}

/// `holds` at the worst and at the best end of the resources; the figures are those of the best end.
fn judge(rule: Rule, holds: [bool; 2], need: &NeedDeclaration, figures: [(&'static str, i64); 4]) -> Verdict {
    match holds {
        [true, _] => None,
        // Aid was counted as zero: it might make the rule hold.
        [false, _] if need.means.monthly_aid.is_none() => unknown(rule, "monthly_aid"),
        [false, true] => unknown(rule, "monthly_resources: bande trop large"),
        [false, false] => {
            let [first, second, third, fourth] = &figures;
            broken(
                rule,
                &[(first.0, &first.1), (second.0, &second.1), (third.0, &third.1), (fourth.0, &fourth.1)],
            )
        }
    }
}

/// Basis points, rounded up: a rate just above the cap is above it.
fn effort_rate(cost: i64, resources: i64) -> i64 {
    match (cost, resources) {
        (..=0, _) => 0,
        (_, ..=0) => i64::MAX,
        _ => {
            let rate = (i128::from(cost) * 10_000 + i128::from(resources) - 1) / i128::from(resources);
            i64::try_from(rate).unwrap_or(i64::MAX)
        }
    }
}
