//! Who bears the shared effort.

use super::range::{day, not_negative, range, yearly};
use crate::bailleur::Text;
use crate::calendar::Date;
use crate::money::Cents;
use crate::refusal::{Reason, Refusal};
use crate::siren::Siren;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Weight of each bailleur in a key: whole numbers, 0 to one billion.
pub type Weights = BTreeMap<Siren, u64>;

/// Who bears the shared effort (netting.md 2.2 and 2.3).
///
/// Parts are whole cents, by largest remainder. Weights that are all zero refuse the run, never split it equally.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum FairShare {
    /// The origin bears what its own relogements cost their hosts.
    Causal,
    /// All bear the whole in proportion to weights.
    Key {
        /// Where the weights come from.
        basis: KeyBasis,
        /// The dated table they were read in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<KeySource>,
        /// Weight of each bailleur: a whole number.
        weights: Weights,
    },
    /// Demolishing bailleurs bear a percentage, the others the rest (protocol of the MEL: 60/40, then 70/30).
    Roles {
        /// Part of the demolishing bailleurs, in percent. 0 to 100.
        demolishers_pct: u32,
        /// The demolishing bailleurs; each has a weight.
        demolishers: Vec<Siren>,
        /// Where the weights come from.
        basis: KeyBasis,
        /// The dated table they were read in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<KeySource>,
        /// Weight of each bailleur inside its group.
        weights: Weights,
    },
    /// Placements are shared, not euros: each owes a number of placements, and a placement more or less than
    /// its target is worth the tariff (the protocol of the MEL counts attributions).
    ///
    /// The lines of the effort do not count; a relogement counts one, from its lease date until it is reversed.
    Units {
        /// Worth of one placement, above zero.
        tariff_cents: Cents,
        /// Part of the demolishing bailleurs, in percent; without it, all share in proportion to weights.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        demolishers_pct: Option<u32>,
        /// The demolishing bailleurs; each has a weight.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        demolishers: Vec<Siren>,
        /// Where the weights come from.
        basis: KeyBasis,
        /// The dated table they were read in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<KeySource>,
        /// Weight of each bailleur, inside its group when there are roles.
        weights: Weights,
    },
    /// All bear the same rate of their rents, once outside money is taken off (type of the RLS smoothing).
    Rent {
        /// Rents of each bailleur over a year.
        rents_cents: BTreeMap<Siren, Cents>,
        /// Where the rents come from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<KeySource>,
        /// Money that a body outside the key brings.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outside: Option<OutsideMoney>,
    },
    /// A mean of two keys: part `stock_bp` by stock, the rest by another key.
    Blend {
        /// Part of the stock key, in ten-thousandths. 0 to 10 000.
        stock_bp: u32,
        /// Social dwellings of each bailleur.
        stock: Weights,
        /// The dated table they were read in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stock_source: Option<KeySource>,
        /// Where the other weights come from.
        other_basis: KeyBasis,
        /// Weight of each bailleur in the other key.
        other: Weights,
        /// The dated table they were read in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        other_source: Option<KeySource>,
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

/// The table that weights were read in: an RPLS vintage, an annex of the charter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySource {
    /// Its name.
    pub label: Text,
    /// The day it describes.
    pub as_of: Date,
}

/// Money that comes from outside the key and lowers what the bailleurs bear.
///
/// It covers the effort shared under this version, from the first cent, until it is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutsideMoney {
    /// Who brings it: a registered participant without rents in the key.
    pub payer: Siren,
    /// How much, over the life of this version.
    pub amount_cents: Cents,
}

impl FairShare {
    /// Bailleurs that have a part in the key, once each, in the order of their SIREN. None for `causal`.
    #[must_use]
    pub fn bailleurs(&self) -> Vec<Siren> {
        let mut named: Vec<Siren> = match self {
            Self::Causal => Vec::new(),
            Self::Key { weights, .. } | Self::Roles { weights, .. } | Self::Units { weights, .. } => {
                weights.keys().copied().collect()
            }
            Self::Rent { rents_cents, .. } => rents_cents.keys().copied().collect(),
            Self::Blend { stock, other, .. } => stock.keys().chain(other.keys()).copied().collect(),
        };
        named.sort_unstable();
        named.dedup();
        named
    }

    /// Whether each bailleur bears what its own relogements cost: the only rule with creditors known by name.
    #[must_use]
    pub const fn is_causal(&self) -> bool {
        matches!(self, Self::Causal)
    }

    pub(super) fn check(&self) -> Result<(), Refusal> {
        for (field, source) in self.sources() {
            day(field, source.as_of)?;
        }
        match self {
            Self::Causal => Ok(()),
            Self::Key { weights, .. } => check_weights("fair_share.weights", weights),
            Self::Roles { demolishers_pct, demolishers, weights, .. } => {
                check_roles(*demolishers_pct, demolishers, weights)
            }
            Self::Units { tariff_cents, demolishers_pct, demolishers, weights, .. } => {
                not_negative("fair_share.tariff_cents", *tariff_cents)?;
                range("fair_share.tariff_cents", tariff_cents.get().unsigned_abs(), 1, u64::MAX)?;
                check_weights("fair_share.weights", weights)?;
                match demolishers_pct {
                    Some(pct) => check_roles(*pct, demolishers, weights),
                    None if demolishers.is_empty() => Ok(()),
                    None => Err(Refusal::new(Reason::FieldMissing, "fair_share.demolishers_pct", "")),
                }
            }
            Self::Rent { rents_cents, outside, .. } => check_rents(rents_cents, outside.as_ref()),
            Self::Blend { stock_bp, stock, other, .. } => {
                range("fair_share.stock_bp", u64::from(*stock_bp), 0, 10_000)?;
                check_weights("fair_share.stock", stock)?;
                check_weights("fair_share.other", other)
            }
        }
    }
}

impl FairShare {
    /// The dated tables, each under the name of its day.
    fn sources(&self) -> impl Iterator<Item = (&'static str, &KeySource)> {
        let named = match self {
            Self::Causal => [None, None],
            Self::Key { source, .. }
            | Self::Roles { source, .. }
            | Self::Units { source, .. }
            | Self::Rent { source, .. } => {
                [source.as_ref().map(|source| ("fair_share.source.as_of", source)), None]
            }
            Self::Blend { stock_source, other_source, .. } => [
                stock_source.as_ref().map(|source| ("fair_share.stock_source.as_of", source)),
                other_source.as_ref().map(|source| ("fair_share.other_source.as_of", source)),
            ],
        };
        named.into_iter().flatten()
    }
}

fn check_roles(pct: u32, demolishers: &[Siren], weights: &Weights) -> Result<(), Refusal> {
    range("fair_share.demolishers_pct", u64::from(pct), 0, 100)?;
    check_weights("fair_share.weights", weights)?;
    let refused = |siren| Refusal::new(Reason::ConventionRoles, "fair_share.demolishers", siren);
    match demolishers.iter().find(|siren| !weights.contains_key(siren)) {
        Some(siren) => Err(refused(siren)),
        None => Ok(()),
    }
}

fn check_weights(field: &str, weights: &Weights) -> Result<(), Refusal> {
    if weights.is_empty() {
        return Err(Refusal::new(Reason::ConventionWeights, field, "none"));
    }
    weights.values().try_for_each(|weight| range(field, *weight, 0, 1_000_000_000))
}

fn check_rents(rents: &BTreeMap<Siren, Cents>, outside: Option<&OutsideMoney>) -> Result<(), Refusal> {
    if rents.is_empty() {
        return Err(Refusal::new(Reason::ConventionWeights, "fair_share.rents_cents", "none"));
    }
    rents.values().try_for_each(|rent| yearly("fair_share.rents_cents", *rent))?;
    let Some(outside) = outside else { return Ok(()) };
    if rents.contains_key(&outside.payer) {
        let field = "fair_share.outside.payer";
        return Err(Refusal::new(Reason::ConventionRoles, field, outside.payer).with("listed", "rents_cents"));
    }
    yearly("fair_share.outside.amount_cents", outside.amount_cents)
}
