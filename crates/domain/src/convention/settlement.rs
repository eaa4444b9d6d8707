//! What is paid at once of a position, between whom, and within which limits; the rest is carried over.

use super::range::{not_negative, range, yearly};
use crate::money::Cents;
use crate::refusal::{Reason, Refusal};
use crate::siren::Siren;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is paid at once; the rest is carried over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SettlementRule {
    /// Whether money moves at all.
    pub mode: SettlementMode,
    /// Between whom: pairs of the relogements, or anybody.
    #[serde(skip_serializing_if = "NettingLevel::is_multilateral")]
    pub level: NettingLevel,
    /// Amounts below this are not paid. Zero or more.
    pub de_minimis_cents: Cents,
    /// Most that a bailleur pays in one run, as an amount.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub debtor_caps_cents: BTreeMap<Siren, Cents>,
    /// Most that any bailleur pays in one run, for each of its dwellings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_per_dwelling_cents: Option<Cents>,
    /// Most that any bailleur pays in one run, in ten-thousandths of its rents. 0 to 10 000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_rents_bp: Option<u32>,
    /// Most that a payment may exceed that of the year before, in ten-thousandths of it. 0 to 100 000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_growth_bp: Option<u32>,
    /// What the last three caps are counted on.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub capacities: BTreeMap<Siren, Capacity>,
    /// Bailleurs that pay nothing (protected bodies); they receive like the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exempt: Vec<Siren>,
    /// Part of the balance settled by each run; the whole when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smoothing: Option<Fraction>,
    /// Days during which the bailleurs may dispute a published proposal before it is approved. 1 to 365; when left
    /// out, a proposal may be approved without having been published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispute_days: Option<u32>,
}

impl Default for SettlementRule {
    fn default() -> Self {
        Self {
            mode: SettlementMode::Monetary,
            level: NettingLevel::Multilateral,
            de_minimis_cents: Cents::ZERO,
            debtor_caps_cents: BTreeMap::new(),
            cap_per_dwelling_cents: None,
            cap_rents_bp: None,
            cap_growth_bp: None,
            capacities: BTreeMap::new(),
            exempt: Vec::new(),
            smoothing: None,
            dispute_days: None,
        }
    }
}

/// Whether positions are paid, carried over or settled in land.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettlementMode {
    /// Debtors pay creditors.
    Monetary,
    /// Nothing is paid: positions are carried from run to run.
    CarryOver,
    /// No money moves: building rights (m² SDP) answer for positions, the rest is carried over.
    InKind,
}

impl SettlementMode {
    /// Whether a run orders payments.
    #[must_use]
    pub const fn moves_money(self) -> bool {
        matches!(self, Self::Monetary)
    }
}

/// How far obligations are netted (netting.md 2.2). The first two need a causal rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NettingLevel {
    /// One net amount for each pair.
    Bilateral,
    /// Set-off round every ring, as much as can be; the rest stays between the same parties.
    Cyclic,
    /// One position for each bailleur, then the fewest payments: new counterparties appear (novation).
    #[default]
    Multilateral,
}

impl NettingLevel {
    /// Whether a bailleur may have to pay one whom it owed nothing.
    #[must_use]
    #[allow(clippy::trivially_copy_pass_by_ref)] // the shape that serde asks for
    pub const fn is_multilateral(&self) -> bool {
        matches!(self, Self::Multilateral)
    }
}

/// What the caps of a bailleur are counted on; what is left out sets no cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Capacity {
    /// Its social dwellings, up to ten million.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dwellings: Option<u64>,
    /// Its rents of a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rents_cents: Option<Cents>,
    /// What it paid the year before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_payment_cents: Option<Cents>,
}

/// A part of a whole: above zero, at most one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fraction {
    /// Above zero.
    pub numerator: u32,
    /// At least the numerator, at most 10 000.
    pub denominator: u32,
}

/// Which cap of a convention bounds a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapKind {
    /// An amount in the convention.
    Absolute,
    /// An amount for each dwelling.
    PerDwelling,
    /// A part of the rents.
    Rents,
    /// A growth on the payment of the year before.
    Growth,
}

impl CapKind {
    /// Its name in French.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::Absolute => "montant fixé",
            Self::PerDwelling => "montant par logement",
            Self::Rents => "part des loyers",
            Self::Growth => "hausse limitée par rapport à l’an dernier",
        }
    }
}

impl SettlementRule {
    /// The smallest cap of a bailleur, and which one it is; nothing when none bounds it.
    ///
    /// Fractions of a cent are dropped: a cap is never exceeded. Equal caps: the first in the order of
    /// [`CapKind`]. Exemption is not a cap: see [`SettlementRule::exempt`].
    #[must_use]
    pub fn cap_of(&self, bailleur: Siren) -> Option<(Cents, CapKind)> {
        let capacity = self.capacities.get(&bailleur).copied().unwrap_or_default();
        let product = |base: Option<i64>, times: Option<i64>, over: i128| {
            let (base, times) = (base?, times?);
            i64::try_from(i128::from(base) * i128::from(times) / over).map(Cents::new).ok()
        };
        let cents = |amount: Option<Cents>| amount.map(Cents::get);
        let growth = self.cap_growth_bp.map(|bp| 10_000 + i64::from(bp));
        let caps = [
            (self.debtor_caps_cents.get(&bailleur).copied(), CapKind::Absolute),
            (
                product(
                    capacity.dwellings.and_then(|count| i64::try_from(count).ok()),
                    cents(self.cap_per_dwelling_cents),
                    1,
                ),
                CapKind::PerDwelling,
            ),
            (product(cents(capacity.rents_cents), self.cap_rents_bp.map(i64::from), 10_000), CapKind::Rents),
            (product(cents(capacity.last_payment_cents), growth, 10_000), CapKind::Growth),
        ];
        caps.into_iter().filter_map(|(cap, kind)| Some((cap?, kind))).min()
    }

    /// Bailleurs that the rule names, with repetitions.
    pub(super) fn named(&self) -> impl Iterator<Item = Siren> {
        self.debtor_caps_cents.keys().chain(self.capacities.keys()).chain(&self.exempt).copied()
    }

    /// `key`: the bailleurs of the fair share, each of which a cap on a base must be able to find.
    pub(super) fn check(&self, key: &[Siren], causal: bool) -> Result<(), Refusal> {
        not_negative("settlement.de_minimis_cents", self.de_minimis_cents)?;
        for cap in self.debtor_caps_cents.values() {
            not_negative("settlement.debtor_caps_cents", *cap)?;
        }
        if !causal && !self.level.is_multilateral() {
            let refusal = Refusal::new(Reason::ConventionRange, "settlement.level", "without a causal rule");
            return Err(refusal.with("allowed", "multilateral"));
        }
        if let Some(part) = self.smoothing {
            range("settlement.smoothing.denominator", u64::from(part.denominator), 1, 10_000)?;
            let most = u64::from(part.denominator);
            range("settlement.smoothing.numerator", u64::from(part.numerator), 1, most)?;
        }
        if let Some(days) = self.dispute_days {
            range("settlement.dispute_days", u64::from(days), 1, 365)?;
        }
        if let Some(twice) = first_twice(&self.exempt) {
            let refusal = Refusal::new(Reason::ConventionRange, "settlement.exempt", twice);
            return Err(refusal.with("listed", "twice"));
        }
        self.check_capacities(key)
    }

    fn check_capacities(&self, key: &[Siren]) -> Result<(), Refusal> {
        if let Some(cents) = self.cap_per_dwelling_cents {
            not_negative("settlement.cap_per_dwelling_cents", cents)?;
        }
        range("settlement.cap_rents_bp", u64::from(self.cap_rents_bp.unwrap_or_default()), 0, 10_000)?;
        range("settlement.cap_growth_bp", u64::from(self.cap_growth_bp.unwrap_or_default()), 0, 100_000)?;
        for capacity in self.capacities.values() {
            let dwellings = capacity.dwellings.unwrap_or_default();
            range("settlement.capacities.dwellings", dwellings, 0, 10_000_000)?;
            yearly("settlement.capacities.rents_cents", capacity.rents_cents.unwrap_or_default())?;
            let last = capacity.last_payment_cents.unwrap_or_default();
            yearly("settlement.capacities.last_payment_cents", last)?;
        }
        // Whoever paid nothing last year has no base of growth; the other two bases exist for every bailleur.
        let lacks = |found: fn(&Capacity) -> bool| {
            key.iter().find(|siren| !self.capacities.get(siren).is_some_and(found))
        };
        let needed = [
            (
                self.cap_per_dwelling_cents.is_some(),
                lacks(|c| c.dwellings.is_some()),
                "settlement.capacities.dwellings",
            ),
            (
                self.cap_rents_bp.is_some(),
                lacks(|c| c.rents_cents.is_some()),
                "settlement.capacities.rents_cents",
            ),
        ];
        match needed.into_iter().find_map(|(set, lacking, field)| lacking.filter(|_| set).map(|s| (s, field)))
        {
            Some((siren, field)) => {
                Err(Refusal::new(Reason::ConventionRange, field, "missing").with("bailleur", siren))
            }
            None => Ok(()),
        }
    }
}

fn first_twice(sirens: &[Siren]) -> Option<Siren> {
    let mut sorted = sirens.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_cap_applies_and_is_named() {
        let siren = Siren::fictitious(1);
        let capacity = Capacity {
            dwellings: Some(12_000),
            rents_cents: Some(Cents::new(6_000_000_001)),
            last_payment_cents: Some(Cents::new(30_000_000)),
        };
        let mut rule = SettlementRule::default();
        rule.capacities.insert(siren, capacity);
        assert_eq!(rule.cap_of(siren), None);
        let mut check = |change: fn(&mut SettlementRule), cents: i64, kind: CapKind| {
            change(&mut rule);
            assert_eq!(rule.cap_of(siren), Some((Cents::new(cents), kind)));
        };
        check(|rule| rule.cap_rents_bp = Some(1_300), 780_000_000, CapKind::Rents);
        check(|rule| rule.cap_per_dwelling_cents = Some(Cents::new(5_000)), 60_000_000, CapKind::PerDwelling);
        check(|rule| rule.cap_growth_bp = Some(1_000), 33_000_000, CapKind::Growth);
        let cap = |rule: &mut SettlementRule| {
            rule.debtor_caps_cents.insert(Siren::fictitious(1), Cents::new(33_000_000));
        };
        check(cap, 33_000_000, CapKind::Absolute);
        assert_eq!(rule.cap_of(Siren::fictitious(2)), None);
    }

    #[test]
    fn a_fraction_of_a_cent_of_cap_is_not_paid() {
        let siren = Siren::fictitious(1);
        let rule = SettlementRule {
            cap_rents_bp: Some(1),
            capacities: [(siren, Capacity { rents_cents: Some(Cents::new(19_999)), ..Default::default() })]
                .into(),
            ..SettlementRule::default()
        };
        assert_eq!(rule.cap_of(siren), Some((Cents::new(1), CapKind::Rents)));
    }
}
