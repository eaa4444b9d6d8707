//! What is paid at once, within which limits; what the parties promised.

use super::super::words::{self, each, missing, same_names, small, wire_period};
use super::{counter, distinct, large, large_counter, optional_counter, twice};
use crate::v1;
use chambre_domain::bailleur::Text;
use chambre_domain::convention::{
    Capacity, Commitment, CommitmentUnit, Fraction, NettingLevel, Party, SettlementMode, SettlementRule,
};
use chambre_domain::{Cents, Reason, Refusal, Siren};
use std::collections::BTreeMap;

same_names! {
    commitment_unit, wire_commitment_unit: CommitmentUnit { Placements, AttributionsBp }
    netting_level, wire_netting_level: NettingLevel { Bilateral, Cyclic, Multilateral }
}

pub(super) fn read(wire: v1::Convention) -> Result<SettlementRule, Refusal> {
    let mode = match (wire.carry_over_only, wire.in_kind_only) {
        (true, true) => {
            let refusal = Refusal::new(Reason::ConventionRange, "in_kind_only", "true");
            return Err(refusal.with("with", "carry_over_only"));
        }
        (true, false) => SettlementMode::CarryOver,
        (false, true) => SettlementMode::InKind,
        (false, false) => SettlementMode::Monetary,
    };
    let level = match wire.netting_level {
        0 => NettingLevel::Multilateral,
        number => netting_level("netting_level", number)?,
    };
    Ok(SettlementRule {
        mode,
        level,
        de_minimis_cents: Cents::new(wire.de_minimis_cents),
        debtor_caps_cents: debtor_caps(wire.debtor_caps)?,
        cap_per_dwelling_cents: wire.cap_per_dwelling_cents.map(Cents::new),
        cap_rents_bp: optional_counter("cap_rents_bp", wire.cap_rents_bp)?,
        cap_growth_bp: optional_counter("cap_growth_bp", wire.cap_growth_bp)?,
        capacities: capacities(wire.capacities)?,
        exempt: distinct("exempt_sirens", wire.exempt_sirens, Reason::ConventionRange)?,
        smoothing: wire.smoothing.map(fraction).transpose()?,
        dispute_days: optional_counter("dispute_days", wire.dispute_days)?,
    })
}

pub(super) fn write(rule: &SettlementRule, wire: &mut v1::Convention) {
    wire.carry_over_only = rule.mode == SettlementMode::CarryOver;
    wire.in_kind_only = rule.mode == SettlementMode::InKind;
    wire.netting_level = wire_netting_level(rule.level);
    wire.de_minimis_cents = rule.de_minimis_cents.get();
    wire.debtor_caps = rule
        .debtor_caps_cents
        .iter()
        .map(|(siren, cap)| v1::DebtorCap { bailleur_siren: siren.to_string(), cap_cents: cap.get() })
        .collect();
    wire.cap_per_dwelling_cents = rule.cap_per_dwelling_cents.map(Cents::get);
    wire.cap_rents_bp = rule.cap_rents_bp.map(small);
    wire.cap_growth_bp = rule.cap_growth_bp.map(small);
    wire.capacities = rule.capacities.iter().map(wire_capacity).collect();
    wire.exempt_sirens = words::wire_sirens(&rule.exempt);
    wire.dispute_days = rule.dispute_days.map(small);
    wire.smoothing = rule
        .smoothing
        .map(|part| v1::Fraction { numerator: small(part.numerator), denominator: small(part.denominator) });
}

pub(super) fn commitments(wire: Vec<v1::Commitment>) -> Result<Vec<Commitment>, Refusal> {
    each("commitments", wire, |wire| {
        let party = match wire.party {
            None => return Err(missing("party")),
            Some(v1::commitment::Party::BailleurSiren(siren)) => {
                Party::Bailleur(Siren::parse("bailleur_siren", &siren)?)
            }
            Some(v1::commitment::Party::Reserver(name)) => Party::Reserver(Text::parse("reserver", &name)?),
        };
        Ok(Commitment {
            party,
            unit: commitment_unit("unit", wire.unit)?,
            min: large_counter("min", wire.min)?,
            max: wire.max.map(|max| large_counter("max", max)).transpose()?,
            period: words::period("period", wire.period)?,
        })
    })
}

/// A commitment.
#[must_use]
pub fn wire_commitment(commitment: &Commitment) -> v1::Commitment {
    let party = match &commitment.party {
        Party::Bailleur(siren) => v1::commitment::Party::BailleurSiren(siren.to_string()),
        Party::Reserver(name) => v1::commitment::Party::Reserver(name.to_string()),
    };
    v1::Commitment {
        party: Some(party),
        unit: wire_commitment_unit(commitment.unit),
        min: large(commitment.min),
        max: commitment.max.map(large),
        period: Some(wire_period(commitment.period)),
    }
}

fn debtor_caps(caps: Vec<v1::DebtorCap>) -> Result<BTreeMap<Siren, Cents>, Refusal> {
    let mut by_siren = BTreeMap::new();
    each("debtor_caps", caps, |v1::DebtorCap { bailleur_siren, cap_cents }| {
        let siren = Siren::parse("bailleur_siren", &bailleur_siren)?;
        match by_siren.insert(siren, Cents::new(cap_cents)) {
            Some(_) => Err(twice(Reason::ConventionRange, "bailleur_siren", siren)),
            None => Ok(()),
        }
    })?;
    Ok(by_siren)
}

fn capacities(wire: Vec<v1::Capacity>) -> Result<BTreeMap<Siren, Capacity>, Refusal> {
    let mut by_siren = BTreeMap::new();
    each("capacities", wire, |wire| {
        let siren = Siren::parse("bailleur_siren", &wire.bailleur_siren)?;
        let capacity = Capacity {
            dwellings: wire.dwellings.map(|count| large_counter("dwellings", count)).transpose()?,
            rents_cents: wire.rents_cents.map(Cents::new),
            last_payment_cents: wire.last_payment_cents.map(Cents::new),
        };
        match by_siren.insert(siren, capacity) {
            Some(_) => Err(twice(Reason::ConventionRange, "bailleur_siren", siren)),
            None => Ok(()),
        }
    })?;
    Ok(by_siren)
}

fn wire_capacity((siren, capacity): (&Siren, &Capacity)) -> v1::Capacity {
    v1::Capacity {
        bailleur_siren: siren.to_string(),
        dwellings: capacity.dwellings.map(large),
        rents_cents: capacity.rents_cents.map(Cents::get),
        last_payment_cents: capacity.last_payment_cents.map(Cents::get),
    }
}

fn fraction(wire: v1::Fraction) -> Result<Fraction, Refusal> {
    Ok(Fraction {
        numerator: counter("smoothing.numerator", wire.numerator)?,
        denominator: counter("smoothing.denominator", wire.denominator)?,
    })
}
