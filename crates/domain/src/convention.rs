//! The convention: a territory's rules, as dated and versioned data.
//!
//! A relogement belongs, with all its later events, to the version in force on its lease date.
//! The annotated example is `docs/conventions.md`; what AORIF must still decide is a field here, not code.

use crate::bailleur::Text;
use crate::calendar::Date;
use crate::money::Cents;
use crate::refusal::{Reason, Refusal};
use crate::siren::Siren;
use crate::territory::TerritoryId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One version of a territory's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convention {
    /// The netting territory.
    pub territory: TerritoryId,
    /// 1 for the first version, then one more each time.
    pub version: u32,
    /// First lease date it governs.
    pub in_force_from: Date,
    /// The charter or deliberation it puts into figures.
    pub title: Text,
    /// How the rent gap is counted.
    #[serde(default)]
    pub rent_gap: RentGapRule,
    /// Which lines make the effort, and under which limits.
    #[serde(default)]
    pub effort: EffortRule,
    /// Who bears what.
    pub fair_share: FairShare,
    /// What is paid at once.
    #[serde(default)]
    pub settlement: SettlementRule,
}

/// How the rent gap is counted (monthly reference rent − rent in the lease).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RentGapRule {
    /// Once at the lease date, or month by month at each closing.
    pub mode: RentGapMode,
    /// Months counted: the horizon when capitalised, the longest run when accrued. 1 to 600.
    pub months: u32,
    /// Capitalised only: the end of the lease before the horizon gives the months not begun back.
    pub claw_back: bool,
    /// Accrued only: both rents follow the IRL each 1 January.
    pub revise_with_irl: bool,
    /// Counts the charges gap too, when declared.
    pub include_charges: bool,
}

impl Default for RentGapRule {
    fn default() -> Self {
        Self {
            mode: RentGapMode::Accrued,
            months: 192,
            claw_back: false,
            revise_with_irl: true,
            include_charges: false,
        }
    }
}

/// When the rent gap is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RentGapMode {
    /// Gap × months, in one écriture at the lease date.
    Capitalised,
    /// At each closing, for the months of the lease so far.
    Accrued,
}

/// A cost line that may count as effort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostLine {
    /// The rent gap.
    RentGap,
    /// Adaptation works.
    Works,
    /// Organised vacancy.
    Vacancy,
}

/// What becomes of an indemnity larger than the costs counted so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surplus {
    /// The host keeps it: the effort of a relogement never falls below zero.
    Keep,
    /// It is shared like a cost: the effort may be negative.
    Return,
}

/// Which lines make the effort of a relogement, cumulated since its lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EffortRule {
    /// Lines that count; what is left out stays measured, not shared.
    pub count: Vec<CostLine>,
    /// Whether indemnities received lower the effort.
    pub deduct_indemnity: bool,
    /// What becomes of a surplus.
    pub surplus: Surplus,
    /// Part of the effort that is shared, in ten-thousandths. 0 to 10 000.
    pub share_bp: u32,
    /// Whether relogements inside one bailleur are shared too (keys and roles only).
    pub include_internal: bool,
    /// Most works counted per relogement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub works_cap_cents: Option<Cents>,
    /// Most vacant days counted per relogement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vacancy_days_cap: Option<u32>,
    /// Most effort counted per relogement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_cap_cents: Option<Cents>,
}

impl Default for EffortRule {
    fn default() -> Self {
        Self {
            count: vec![CostLine::RentGap, CostLine::Works, CostLine::Vacancy],
            deduct_indemnity: true,
            surplus: Surplus::Keep,
            share_bp: 10_000,
            include_internal: false,
            works_cap_cents: None,
            vacancy_days_cap: None,
            total_cap_cents: None,
        }
    }
}

/// Who bears the shared effort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum FairShare {
    /// The origin bears what its own relogements cost their hosts.
    Causal,
    /// All bear the whole in proportion to weights.
    Key {
        /// Where the weights come from.
        basis: KeyBasis,
        /// Weight of each bailleur: a whole number.
        weights: BTreeMap<Siren, u64>,
    },
    /// Demolishing bailleurs bear a percentage, the others the rest (protocol of the MEL: 60/40, then 70/30).
    Roles {
        /// Part of the demolishing bailleurs, in percent. 0 to 100.
        demolishers_pct: u32,
        /// The demolishing bailleurs; each has a weight.
        demolishers: Vec<Siren>,
        /// Where the weights come from.
        basis: KeyBasis,
        /// Weight of each bailleur inside its group.
        weights: BTreeMap<Siren, u64>,
    },
}

/// Where weights come from; printed on every explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyBasis {
    /// Social dwellings in the territory, at a dated RPLS vintage.
    Stock,
    /// Yearly attributions.
    Attributions,
    /// The same weight for each.
    Equal,
    /// A table of the charter.
    Fixed,
}

/// What is paid at once; the rest is carried over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SettlementRule {
    /// Whether money moves at all.
    pub mode: SettlementMode,
    /// Amounts below this are not paid. Zero or more.
    pub de_minimis_cents: Cents,
    /// Most that a bailleur pays in one run.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub debtor_caps_cents: BTreeMap<Siren, Cents>,
}

impl Default for SettlementRule {
    fn default() -> Self {
        Self {
            mode: SettlementMode::Monetary,
            de_minimis_cents: Cents::ZERO,
            debtor_caps_cents: BTreeMap::new(),
        }
    }
}

/// Whether positions are paid or carried over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettlementMode {
    /// Debtors pay creditors.
    Monetary,
    /// Nothing is paid: positions are carried from run to run.
    CarryOver,
}

impl Convention {
    /// Reads a convention file (TOML) and checks it.
    ///
    /// # Errors
    /// [`Reason::ConventionFormat`] with the line that cannot be read, and what [`Convention::check`] refuses.
    pub fn from_toml(text: &str) -> Result<Self, Refusal> {
        let convention: Self = toml::from_str(text).map_err(|error| {
            let line =
                error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
            Refusal::new(Reason::ConventionFormat, "convention", error.message()).with("line", line)
        })?;
        convention.check()?;
        Ok(convention)
    }

    /// Checks every parameter against its range.
    ///
    /// # Errors
    /// The first parameter out of range, by its field name.
    pub fn check(&self) -> Result<(), Refusal> {
        range("version", u64::from(self.version), 1, u64::from(u32::MAX))?;
        range("rent_gap.months", u64::from(self.rent_gap.months), 1, 600)?;
        self.check_modes()?;
        range("effort.share_bp", u64::from(self.effort.share_bp), 0, 10_000)?;
        if let Some(days) = self.effort.vacancy_days_cap {
            range("effort.vacancy_days_cap", u64::from(days), 0, 3_650)?;
        }
        let caps = [
            ("effort.works_cap_cents", self.effort.works_cap_cents),
            ("effort.total_cap_cents", self.effort.total_cap_cents),
        ];
        for (field, cap) in caps {
            not_negative(field, cap.unwrap_or_default())?;
        }
        not_negative("settlement.de_minimis_cents", self.settlement.de_minimis_cents)?;
        for cap in self.settlement.debtor_caps_cents.values() {
            not_negative("settlement.debtor_caps_cents", *cap)?;
        }
        self.check_shares()
    }

    fn check_modes(&self) -> Result<(), Refusal> {
        let capitalised = self.rent_gap.mode == RentGapMode::Capitalised;
        if capitalised && self.rent_gap.revise_with_irl {
            return Err(Refusal::new(
                Reason::ConventionRange,
                "rent_gap.revise_with_irl",
                "true with a capitalised gap",
            ));
        }
        if !capitalised && self.rent_gap.claw_back {
            return Err(Refusal::new(
                Reason::ConventionRange,
                "rent_gap.claw_back",
                "true with an accrued gap",
            ));
        }
        Ok(())
    }

    fn check_shares(&self) -> Result<(), Refusal> {
        match &self.fair_share {
            FairShare::Causal => Ok(()),
            FairShare::Key { weights, .. } => check_weights(weights),
            FairShare::Roles { demolishers_pct, demolishers, weights, .. } => {
                range("fair_share.demolishers_pct", u64::from(*demolishers_pct), 0, 100)?;
                check_weights(weights)?;
                match demolishers.iter().find(|siren| !weights.contains_key(siren)) {
                    Some(siren) => {
                        Err(Refusal::new(Reason::ConventionRoles, "fair_share.demolishers", siren))
                    }
                    None => Ok(()),
                }
            }
        }
    }

    /// Bailleurs the convention names, once each, in the order of their SIREN.
    #[must_use]
    pub fn bailleurs(&self) -> Vec<Siren> {
        let mut named: Vec<Siren> = match &self.fair_share {
            FairShare::Causal => Vec::new(),
            FairShare::Key { weights, .. } | FairShare::Roles { weights, .. } => {
                weights.keys().copied().collect()
            }
        };
        named.extend(self.settlement.debtor_caps_cents.keys());
        named.sort_unstable();
        named.dedup();
        named
    }
}

fn check_weights(weights: &BTreeMap<Siren, u64>) -> Result<(), Refusal> {
    if weights.is_empty() {
        return Err(Refusal::new(Reason::ConventionWeights, "fair_share.weights", "none"));
    }
    weights.values().try_for_each(|weight| range("fair_share.weights", *weight, 0, 1_000_000_000))
}

fn range(field: &str, value: u64, least: u64, most: u64) -> Result<(), Refusal> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(Refusal::new(Reason::ConventionRange, field, value).with("least", least).with("most", most))
    }
}

fn not_negative(field: &str, cents: Cents) -> Result<(), Refusal> {
    if cents < Cents::ZERO || cents > Cents::MAX_DECLARED {
        Err(Refusal::new(Reason::ConventionRange, field, cents.get()).with("least", 0))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = r#"
        territory = "200057867"
        version = 1
        in_force_from = "2025-01-01"
        title = "Charte fictive"
        [fair_share]
        rule = "causal"
    "#;

    fn refused(text: &str) -> (Reason, String) {
        let refusal = Convention::from_toml(text).unwrap_err();
        (refusal.reason, refusal.field)
    }

    #[test]
    fn a_short_file_takes_the_documented_defaults() {
        let convention = Convention::from_toml(MINIMAL).unwrap();
        assert_eq!(convention.rent_gap, RentGapRule::default());
        assert_eq!(convention.effort.count.len(), 3);
        assert_eq!(convention.fair_share, FairShare::Causal);
    }

    #[test]
    fn every_refusal_names_its_field() {
        for (extra, reason, field) in [
            ("[rent_gap]\nmonths = 0", Reason::ConventionRange, "rent_gap.months"),
            ("[rent_gap]\nclaw_back = true", Reason::ConventionRange, "rent_gap.claw_back"),
            ("[rent_gap]\nmode = \"capitalised\"", Reason::ConventionRange, "rent_gap.revise_with_irl"),
            ("[effort]\nshare_bp = 10001", Reason::ConventionRange, "effort.share_bp"),
            ("[effort]\nworks_cap_cents = -1", Reason::ConventionRange, "effort.works_cap_cents"),
            ("[settlement]\nde_minimis_cents = -1", Reason::ConventionRange, "settlement.de_minimis_cents"),
            ("[effort]\nshares = 1", Reason::ConventionFormat, "convention"),
        ] {
            assert_eq!(refused(&format!("{MINIMAL}\n{extra}")), (reason, field.to_owned()), "{extra}");
        }
    }

    #[test]
    fn a_demolisher_without_weight_is_refused() {
        let text = MINIMAL.replace(
            "rule = \"causal\"",
            "rule = \"roles\"\ndemolishers_pct = 60\ndemolishers = [\"000000018\"]\nbasis = \"stock\"\nweights = { \"000000026\" = 5 }",
        );
        assert_eq!(refused(&text), (Reason::ConventionRoles, "fair_share.demolishers".to_owned()));
    }

    #[test]
    fn the_annotated_example_of_the_docs_is_read() {
        let example = include_str!("../../../docs/exemples/convention-annotee.toml");
        let convention = Convention::from_toml(example).unwrap();
        assert_eq!(convention.effort.vacancy_days_cap, Some(90));
        assert_eq!(convention.bailleurs().len(), 3);
    }

    #[test]
    fn it_survives_the_journal() {
        let convention = Convention::from_toml(MINIMAL).unwrap();
        let json = serde_json::to_string(&convention).unwrap();
        assert_eq!(serde_json::from_str::<Convention>(&json).unwrap(), convention);
    }
}
