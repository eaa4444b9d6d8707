//! Who bears what.

use super::super::words::{self, date, each, missing, same_names, small, wire_date};
use super::{counter, distinct, large, negative, twice};
use crate::v1;
use chambre_domain::bailleur::Text;
use chambre_domain::convention::{FairShare, KeyBasis, KeySource, OutsideMoney, Weights};
use chambre_domain::{Cents, Reason, Refusal, Siren};
use std::collections::BTreeMap;
use std::mem::take;

same_names! {
    key_basis, wire_key_basis: KeyBasis { Stock, Attributions, Equal, Fixed }
}

/// Reads the rule; a field of another rule is refused, never dropped: it would be a charter half applied.
pub(super) fn read(wire: &mut v1::Convention) -> Result<FairShare, Refusal> {
    let rule = match v1::FairShareRule::try_from(wire.fair_share_rule) {
        Ok(v1::FairShareRule::Unspecified) => return Err(missing("fair_share_rule")),
        Ok(rule) => rule,
        Err(_) => {
            return Err(Refusal::new(Reason::ValueUnknown, "fair_share_rule", wire.fair_share_rule));
        }
    };
    refuse_foreign(wire, rule)?;
    match rule {
        v1::FairShareRule::Unspecified => Err(missing("fair_share_rule")),
        v1::FairShareRule::Causal => Ok(FairShare::Causal),
        v1::FairShareRule::Key => Ok(FairShare::Key {
            basis: key_basis("key_basis", wire.key_basis)?,
            source: source("key_source", wire.key_source.take())?,
            weights: weights("weights", take(&mut wire.weights))?,
        }),
        v1::FairShareRule::Roles => Ok(FairShare::Roles {
            basis: key_basis("key_basis", wire.key_basis)?,
            source: source("key_source", wire.key_source.take())?,
            weights: weights("weights", take(&mut wire.weights))?,
            demolishers_pct: counter("demolishers_pct", wire.demolishers_pct)?,
            demolishers: demolishers(wire)?,
        }),
        v1::FairShareRule::Units => Ok(FairShare::Units {
            tariff_cents: Cents::new(wire.tariff_cents),
            basis: key_basis("key_basis", wire.key_basis)?,
            source: source("key_source", wire.key_source.take())?,
            weights: weights("weights", take(&mut wire.weights))?,
            demolishers_pct: match wire.units_by_roles {
                true => Some(counter("demolishers_pct", wire.demolishers_pct)?),
                false => None,
            },
            demolishers: demolishers(wire)?,
        }),
        v1::FairShareRule::Rent => Ok(FairShare::Rent {
            rents_cents: rents(take(&mut wire.rents))?,
            source: source("key_source", wire.key_source.take())?,
            outside: wire.outside.take().map(outside).transpose()?,
        }),
        v1::FairShareRule::Blend => Ok(FairShare::Blend {
            stock_bp: counter("stock_bp", wire.stock_bp)?,
            stock: weights("weights", take(&mut wire.weights))?,
            stock_source: source("key_source", wire.key_source.take())?,
            other_basis: key_basis("key_basis", wire.key_basis)?,
            other: weights("other_weights", take(&mut wire.other_weights))?,
            other_source: source("other_source", wire.other_source.take())?,
        }),
    }
}

/// Which fields each rule reads; `key_source` goes with any key.
fn refuse_foreign(wire: &v1::Convention, rule: v1::FairShareRule) -> Result<(), Refusal> {
    use v1::FairShareRule::{Blend, Causal, Key, Rent, Roles, Units};
    let by_roles = rule == Roles || (rule == Units && wire.units_by_roles);
    let weighted = [Key, Roles, Units, Blend].contains(&rule);
    let fields = [
        ("demolishers_pct", wire.demolishers_pct != 0, by_roles),
        ("demolisher_sirens", !wire.demolisher_sirens.is_empty(), by_roles),
        ("key_basis", wire.key_basis != 0, weighted),
        ("weights", !wire.weights.is_empty(), weighted),
        ("key_source", wire.key_source.is_some(), rule != Causal),
        ("tariff_cents", wire.tariff_cents != 0, rule == Units),
        ("units_by_roles", wire.units_by_roles, rule == Units),
        ("rents", !wire.rents.is_empty(), rule == Rent),
        ("outside", wire.outside.is_some(), rule == Rent),
        ("stock_bp", wire.stock_bp != 0, rule == Blend),
        ("other_weights", !wire.other_weights.is_empty(), rule == Blend),
        ("other_source", wire.other_source.is_some(), rule == Blend),
    ];
    match fields.into_iter().find(|(_, present, read)| *present && !read) {
        Some((field, ..)) => {
            Err(Refusal::new(Reason::ConventionRange, field, "present").with("rule", rule.as_str_name()))
        }
        None => Ok(()),
    }
}

fn demolishers(wire: &mut v1::Convention) -> Result<Vec<Siren>, Refusal> {
    distinct("demolisher_sirens", take(&mut wire.demolisher_sirens), Reason::ConventionRoles)
}

fn weights(field: &str, weights: Vec<v1::Weight>) -> Result<Weights, Refusal> {
    let mut by_siren = BTreeMap::new();
    each(field, weights, |v1::Weight { bailleur_siren, weight }| {
        let siren = Siren::parse("bailleur_siren", &bailleur_siren)?;
        let weight = u64::try_from(weight).map_err(|_| negative("weight", weight))?;
        match by_siren.insert(siren, weight) {
            Some(_) => Err(twice(Reason::ConventionWeights, "bailleur_siren", siren)),
            None => Ok(()),
        }
    })?;
    Ok(by_siren)
}

fn rents(rents: Vec<v1::YearlyRent>) -> Result<BTreeMap<Siren, Cents>, Refusal> {
    let mut by_siren = BTreeMap::new();
    each("rents", rents, |v1::YearlyRent { bailleur_siren, rents_cents }| {
        let siren = Siren::parse("bailleur_siren", &bailleur_siren)?;
        match by_siren.insert(siren, Cents::new(rents_cents)) {
            Some(_) => Err(twice(Reason::ConventionWeights, "bailleur_siren", siren)),
            None => Ok(()),
        }
    })?;
    Ok(by_siren)
}

fn outside(wire: v1::OutsideMoney) -> Result<OutsideMoney, Refusal> {
    let payer = Siren::parse("outside.payer_siren", &wire.payer_siren)?;
    Ok(OutsideMoney { payer, amount_cents: Cents::new(wire.amount_cents) })
}

fn source(field: &str, wire: Option<v1::KeySource>) -> Result<Option<KeySource>, Refusal> {
    let read = |wire: v1::KeySource| {
        let label = Text::parse("label", &wire.label)?;
        Ok(KeySource { label, as_of: date("as_of", wire.as_of)? })
    };
    wire.map(|wire| read(wire).map_err(|refusal: Refusal| refusal.within(field))).transpose()
}

/// Writes the rule into its flat fields.
pub(super) fn write(fair_share: &FairShare, wire: &mut v1::Convention) {
    wire.fair_share_rule = match fair_share {
        FairShare::Causal => v1::FairShareRule::Causal,
        FairShare::Key { basis, source, weights } => {
            write_key(wire, Some(*basis), source.as_ref(), weights);
            v1::FairShareRule::Key
        }
        FairShare::Roles { demolishers_pct, demolishers, basis, source, weights } => {
            write_key(wire, Some(*basis), source.as_ref(), weights);
            wire.demolishers_pct = small(*demolishers_pct);
            wire.demolisher_sirens = words::wire_sirens(demolishers);
            v1::FairShareRule::Roles
        }
        FairShare::Units { tariff_cents, demolishers_pct, demolishers, basis, source, weights } => {
            write_key(wire, Some(*basis), source.as_ref(), weights);
            wire.tariff_cents = tariff_cents.get();
            wire.units_by_roles = demolishers_pct.is_some();
            wire.demolishers_pct = demolishers_pct.map_or(0, small);
            wire.demolisher_sirens = words::wire_sirens(demolishers);
            v1::FairShareRule::Units
        }
        FairShare::Rent { rents_cents, source, outside } => {
            write_key(wire, None, source.as_ref(), &Weights::new());
            let rent = |(siren, rents): (&Siren, &Cents)| v1::YearlyRent {
                bailleur_siren: siren.to_string(),
                rents_cents: rents.get(),
            };
            wire.rents = rents_cents.iter().map(rent).collect();
            wire.outside = outside.map(|outside| v1::OutsideMoney {
                payer_siren: outside.payer.to_string(),
                amount_cents: outside.amount_cents.get(),
            });
            v1::FairShareRule::Rent
        }
        FairShare::Blend { stock_bp, stock, stock_source, other_basis, other, other_source } => {
            write_key(wire, Some(*other_basis), stock_source.as_ref(), stock);
            wire.stock_bp = small(*stock_bp);
            wire.other_weights = wire_weights(other);
            wire.other_source = other_source.as_ref().map(wire_source);
            v1::FairShareRule::Blend
        }
    }
    .into();
}

fn write_key(
    wire: &mut v1::Convention,
    basis: Option<KeyBasis>,
    source: Option<&KeySource>,
    weights: &Weights,
) {
    wire.key_basis = basis.map_or(0, wire_key_basis);
    wire.key_source = source.map(wire_source);
    wire.weights = wire_weights(weights);
}

fn wire_weights(weights: &Weights) -> Vec<v1::Weight> {
    let weight = |(siren, weight): (&Siren, &u64)| v1::Weight {
        bailleur_siren: siren.to_string(),
        weight: large(*weight),
    };
    weights.iter().map(weight).collect()
}

fn wire_source(source: &KeySource) -> v1::KeySource {
    v1::KeySource { label: source.label.to_string(), as_of: Some(wire_date(source.as_of)) }
}
