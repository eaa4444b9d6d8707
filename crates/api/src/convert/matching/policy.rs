//! The matching rules of a territory as fields, and its pooled contingents.

use super::count;
use crate::convert::ledger::{contingent as kind_of_reserver, wire_contingent as wire_kind_of_reserver};
use crate::convert::words::{self, date, each, missing, required, same_names, small};
use crate::v1;
use chambre_domain::rehousing::dwelling::PosterRule;
use chambre_domain::rehousing::ids::{ContingentId, MousId};
use chambre_domain::rehousing::{Accepts, Commitment, Contingent};
use chambre_domain::{Date, OperationId, Refusal, TerritoryId, Text};

/// Rules as they are asked for: what is left out takes its default.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // each as in `proto/chambre/v1/matching.proto`
pub struct PolicyAsked {
    pub territory: TerritoryId,
    pub in_force_from: Date,
    pub effort_cap_bp: Option<u32>,
    pub rpv_floor_cents_per_day: Option<i64>,
    pub pls_ceiling_bp_of_plus: Option<u32>,
    pub own_stock_skips_ceiling: Option<bool>,
    pub late_is_out: Option<bool>,
    pub poster: Option<PosterRule>,
    pub admit_unknown: Vec<String>,
    pub clocks: ClocksAsked,
    /// In the order of the message.
    pub weights: Option<[u32; 7]>,
    pub least_cell: Option<u32>,
    pub rotation: Vec<MousId>,
}

/// Clocks as they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)] // each as in `proto/chambre/v1/matching.proto`
pub struct ClocksAsked {
    pub window_days: Option<u16>,
    pub extension_days: Option<u16>,
    pub turn_days: Option<u16>,
    pub answer_days: Option<u16>,
    pub hold_days: Option<u16>,
}

/// Reads rules. Their version and their hash are the service's: what the message says of them is not read.
///
/// # Errors
/// The field under `policy` that is missing or wrong.
pub fn policy(wire: Option<v1::MatchingPolicy>) -> Result<PolicyAsked, Refusal> {
    let read = |wire: v1::MatchingPolicy| {
        let number = |field, number: Option<i32>| number.map(|number| count(field, number)).transpose();
        Ok(PolicyAsked {
            territory: TerritoryId::parse("territory_siren", &wire.territory_siren)?,
            in_force_from: date("in_force_from", wire.in_force_from)?,
            effort_cap_bp: number("effort_cap_bp", wire.effort_cap_bp)?,
            rpv_floor_cents_per_day: wire.rpv_floor_cents_per_day,
            pls_ceiling_bp_of_plus: number("pls_ceiling_bp_of_plus", wire.pls_ceiling_bp_of_plus)?,
            own_stock_skips_ceiling: wire.own_stock_skips_ceiling,
            late_is_out: wire.late_is_out,
            poster: super::known(wire.poster, |number| read_poster("poster", number))?,
            admit_unknown: wire.admit_unknown,
            clocks: clocks(&wire.clocks.unwrap_or_default())
                .map_err(|refusal: Refusal| refusal.within("clocks"))?,
            weights: wire.weights.map(|weights| read_weights(&weights)).transpose()?,
            least_cell: number("least_cell", wire.least_cell)?,
            rotation: each("rotation", wire.rotation, |team| MousId::parse("", &team))?,
        })
    };
    read(required("policy", wire)?).map_err(|refusal: Refusal| refusal.within("policy"))
}

fn clocks(wire: &v1::MatchingClocks) -> Result<ClocksAsked, Refusal> {
    let days = |field, number: Option<i32>| number.map(|number| count(field, number)).transpose();
    Ok(ClocksAsked {
        window_days: days("window_days", wire.window_days)?,
        extension_days: days("extension_days", wire.extension_days)?,
        turn_days: days("turn_days", wire.turn_days)?,
        answer_days: days("answer_days", wire.answer_days)?,
        hold_days: days("hold_days", wire.hold_days)?,
    })
}

fn read_weights(wire: &v1::ScoreWeights) -> Result<[u32; 7], Refusal> {
    Ok([
        count("weights.geography", wire.geography)?,
        count("weights.typology", wire.typology)?,
        count("weights.affordability", wire.affordability)?,
        count("weights.rent_change", wire.rent_change)?,
        count("weights.waiting", wire.waiting)?,
        count("weights.mix", wire.mix)?,
        count("weights.quality", wire.quality)?,
    ])
}

same_names! {
    read_poster, poster_number: PosterRule { NonDemolishers, OutsideOwnOperations, Anyone }
}

/// Who may post on the exchange.
#[must_use]
pub fn wire_poster(rule: PosterRule) -> i32 {
    poster_number(rule)
}

/// Reads contingents, with the places taken before, and the territory that pools them.
///
/// # Errors
/// The field that is missing or wrong, at its place: `contingents[2].period`.
pub fn contingents(
    territory: &str,
    wire: Vec<v1::PooledContingent>,
) -> Result<(TerritoryId, Vec<(Contingent, u32)>), Refusal> {
    let territory = TerritoryId::parse("territory_siren", territory)?;
    super::need::check_length("contingents", wire.len())?;
    Ok((territory, each("contingents", wire, contingent)?))
}

fn contingent(wire: v1::PooledContingent) -> Result<(Contingent, u32), Refusal> {
    let period = words::period("period", wire.period)?;
    let taken_before = count("taken_before", wire.taken_before)?;
    let contingent = Contingent {
        id: ContingentId::parse("contingent_id", &wire.contingent_id)?,
        reserver: Text::parse("reserver", &wire.reserver)?,
        kind: kind_of_reserver("kind", wire.kind)?,
        accepts: accepts(wire.accepts, wire.operation_ids)?,
        commitment: Commitment::new(count("dwellings", wire.dwellings)?, period.from, period.to)?,
    };
    if taken_before > contingent.commitment.dwellings() {
        let refusal = Refusal::new(chambre_domain::Reason::ValueRange, "taken_before", taken_before);
        return Err(refusal.with("min", 0).with("max", contingent.commitment.dwellings()));
    }
    Ok((contingent, taken_before))
}

fn accepts(number: i32, operations: Vec<String>) -> Result<Accepts, Refusal> {
    use v1::ContingentPublic as Public;
    match Public::try_from(number) {
        Ok(Public::Anyone) => Ok(Accepts::Anyone),
        Ok(Public::AlsEligible) => Ok(Accepts::AlsEligible),
        Ok(Public::Priority) => Ok(Accepts::PriorityPublic),
        Ok(Public::Operations) if operations.is_empty() => Err(missing("operation_ids")),
        Ok(Public::Operations) => {
            each("operation_ids", operations, |text| OperationId::parse("", &text)).map(Accepts::Operations)
        }
        Ok(Public::Unspecified) => Err(missing("accepts")),
        Err(_) => Err(Refusal::new(chambre_domain::Reason::ValueUnknown, "accepts", number)),
    }
}

/// A contingent, the placements made under it, and those made before.
#[must_use]
pub fn wire_contingent(contingent: &Contingent, taken: u32, taken_before: u32) -> v1::PooledContingent {
    use v1::ContingentPublic as Public;
    let (accepts, operation_ids) = match &contingent.accepts {
        Accepts::Anyone => (Public::Anyone, Vec::new()),
        Accepts::AlsEligible => (Public::AlsEligible, Vec::new()),
        Accepts::PriorityPublic => (Public::Priority, Vec::new()),
        Accepts::Operations(operations) => {
            (Public::Operations, operations.iter().map(ToString::to_string).collect())
        }
    };
    v1::PooledContingent {
        contingent_id: contingent.id.to_string(),
        reserver: contingent.reserver.to_string(),
        kind: wire_kind_of_reserver(contingent.kind),
        accepts: accepts.into(),
        operation_ids,
        dwellings: small(contingent.commitment.dwellings()),
        period: Some(v1::Period {
            from: Some(words::wire_date(contingent.commitment.from())),
            to: Some(words::wire_date(contingent.commitment.to())),
        }),
        taken: small(taken),
        taken_before: small(taken_before),
    }
}
