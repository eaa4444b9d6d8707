//! The policy of a territory: every parameter of the rules, of the score and of the practices, as data.

use crate::trade::band::in_range;
use crate::trade::ids::MousId;
use crate::trade::place::Scale;
use crate::trade::rule::Rule;
pub use chambre_domain::rehousing::dwelling::PosterRule;
use chambre_domain::{Date, Reason, Refusal};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// A policy, checked and hashed.
///
/// Invariant: parameters are in their ranges; the hash is that of the terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    terms: PolicyTerms,
    hash: String,
}

/// The parameters, integers only. Their defaults are [`PolicyTerms::standard`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyTerms {
    /// Version, from 1.
    pub version: u32,
    /// First day in force.
    pub in_force_from: Date,
    /// H03: highest effort rate, in basis points. 3 000 is the study's "30 % for example".
    pub effort_cap_bp: u32,
    /// H04: least money left to live on, in cents a day for each consumption unit.
    pub rpv_floor_cents_per_day: i64,
    /// H02: PLS ceiling in basis points of the PLUS ceiling. No source was read for it: nothing by default.
    pub pls_ceiling_bp_of_plus: Option<u32>,
    /// H02: an own-stock move keeps its income ceiling unchecked (CCH L.441-2 V: the CALEOL is only informed).
    pub own_stock_skips_ceiling: bool,
    /// H12: a dwelling free too late is out; otherwise it is admitted with a warning.
    pub late_is_out: bool,
    /// H14: who may post on the exchange.
    pub poster: PosterRule,
    /// What is done when an input is missing; a rule that is not listed rejects.
    pub on_unknown: BTreeMap<Rule, OnUnknown>,
    /// The score.
    pub weights: Weights,
    /// The points of the score.
    pub points: Points,
    /// The clocks.
    pub clocks: Clocks,
    /// Reports shown outside the territory hide counts below this one.
    pub least_cell: u32,
    /// The teams of the rotating priority, the first to speak first; empty when the territory does not rotate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rotation: Vec<MousId>,
}

/// What is done when an input of a rule is missing. Nothing is ever admitted without saying so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknown {
    /// The pair is out.
    Reject,
    /// The pair stands, with a warning.
    AdmitWithWarning,
}

/// Most points of each component; together at most 1 000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Weights {
    pub geography: u32,
    pub typology: u32,
    pub affordability: u32,
    pub rent_change: u32,
    pub waiting: u32,
    pub mix: u32,
    pub quality: u32,
}

/// The share of a component's points that each situation earns, in basis points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Points {
    /// By rank of the wish, from the first; a later rank earns what the last one does.
    pub by_rank: Vec<u32>,
    /// By scale of the wished place: commune, territory, department, region. Multiplies the rank's.
    pub by_scale: [u32; 4],
    /// Outside the wishes, by widening.
    pub widened: u32,
    /// A typology that fits without being the best.
    pub typology_in_range: u32,
    /// A rise of rent and charges at which nothing is earned, in basis points of the present ones.
    pub rise_for_nothing_bp: u32,
    /// Months of waiting that earn everything.
    pub months_for_all: u32,
    /// First quartile outside a QPV.
    pub mix_first_quartile_outside: u32,
    /// Other quartiles inside a QPV.
    pub mix_others_inside: u32,
    /// Other quartiles outside a QPV.
    pub mix_others_outside: u32,
    /// First quartile inside a QPV.
    pub mix_first_quartile_inside: u32,
}

/// Days of the practices. The day of the event is day zero; a deadline is the last day on which a step is in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    /// Exchange: days to take position (Lille: one week).
    pub window_days: u16,
    /// Exchange: days added, once, when nobody took position; zero for none.
    pub extension_days: u16,
    /// Rotating priority: days for one team's turn.
    pub turn_days: u16,
    /// Days for the household to answer an offer (CCH R.441-10: ten; silence is a refusal).
    pub answer_days: u16,
    /// Vivier: days a dwelling may be kept for an operation before it is reported as too long.
    pub hold_days: u16,
}

impl PolicyTerms {
    /// The documented defaults, in force from a day.
    #[must_use]
    pub fn standard(in_force_from: Date) -> Self {
        Self {
            version: 1,
            in_force_from,
            effort_cap_bp: 3_000,
            rpv_floor_cents_per_day: 1_000,
            pls_ceiling_bp_of_plus: None,
            own_stock_skips_ceiling: true,
            late_is_out: true,
            poster: PosterRule::NonDemolishers,
            on_unknown: BTreeMap::new(),
            weights: Weights {
                geography: 300,
                typology: 150,
                affordability: 200,
                rent_change: 100,
                waiting: 100,
                mix: 80,
                quality: 70,
            },
            points: Points {
                by_rank: vec![10_000, 8_000, 6_000, 4_000],
                by_scale: [10_000, 8_000, 6_000, 4_000],
                widened: 1_000,
                typology_in_range: 5_000,
                rise_for_nothing_bp: 2_000,
                months_for_all: 24,
                mix_first_quartile_outside: 10_000,
                mix_others_inside: 10_000,
                mix_others_outside: 5_000,
                mix_first_quartile_inside: 0,
            },
            clocks: Clocks {
                window_days: 7,
                extension_days: 0,
                turn_days: 2,
                answer_days: 10,
                hold_days: 90,
            },
            least_cell: 5,
            rotation: Vec::new(),
        }
    }
}

impl Policy {
    /// Checks the parameters and hashes them.
    ///
    /// # Errors
    /// [`Reason::ValueRange`] naming the parameter: weights above 1 000 together, a share above 10 000 basis
    /// points, a rate or a clock out of its range; [`Reason::FieldMissing`] without any rank;
    /// [`Reason::TeamTwice`] for a team that is twice in the rotation.
    pub fn new(terms: PolicyTerms) -> Result<Self, Refusal> {
        in_range("policy.version", i64::from(terms.version), 1, i64::from(u32::MAX))?;
        in_range("policy.effort_cap_bp", i64::from(terms.effort_cap_bp), 1, WHOLE)?;
        in_range("policy.rpv_floor_cents_per_day", terms.rpv_floor_cents_per_day, 0, 100_000)?;
        if let Some(bp) = terms.pls_ceiling_bp_of_plus {
            in_range("policy.pls_ceiling_bp_of_plus", i64::from(bp), WHOLE, 3 * WHOLE)?;
        }
        in_range("policy.weights", terms.weights.total(), 0, 1_000)?;
        check_points(&terms.points)?;
        check_clocks(terms.clocks)?;
        check_rotation(&terms.rotation)?;
        let text = serde_json::to_vec(&terms)
            .map_err(|_| Refusal::new(Reason::ValueUnknown, "policy", "unwritable"))?;
        let hash = HEXLOWER.encode(&Sha256::digest(&text));
        Ok(Self { terms, hash })
    }

    /// The parameters.
    #[must_use]
    pub const fn terms(&self) -> &PolicyTerms {
        &self.terms
    }

    /// SHA-256 of the parameters in their JSON form, 64 hexadecimal digits: kept with every decision.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What is done when an input of a rule is missing.
    #[must_use]
    pub fn on_unknown(&self, rule: Rule) -> OnUnknown {
        self.terms.on_unknown.get(&rule).copied().unwrap_or(OnUnknown::Reject)
    }
}

/// One, in basis points.
const WHOLE: i64 = 10_000;

impl Weights {
    /// Points of all components together.
    #[must_use]
    pub fn total(self) -> i64 {
        let Self { geography, typology, affordability, rent_change, waiting, mix, quality } = self;
        [geography, typology, affordability, rent_change, waiting, mix, quality].map(i64::from).iter().sum()
    }
}

impl Points {
    /// The share of a scale.
    #[must_use]
    pub fn of_scale(&self, scale: Scale) -> u32 {
        let [commune, territory, department, region] = self.by_scale;
        match scale {
            Scale::Commune => commune,
            Scale::Territory => territory,
            Scale::Department => department,
            Scale::Region => region,
        }
    }

    /// The share of a rank, from 1.
    #[must_use]
    pub fn of_rank(&self, rank: u8) -> u32 {
        let place = usize::from(rank).saturating_sub(1);
        self.by_rank.get(place).or(self.by_rank.last()).copied().unwrap_or_default()
    }
}

/// Most teams of a rotation.
const MOST_TEAMS: i64 = 200;

fn check_rotation(teams: &[MousId]) -> Result<(), Refusal> {
    in_range("policy.rotation", i64::try_from(teams.len()).unwrap_or(i64::MAX), 0, MOST_TEAMS)?;
    let mut seen = BTreeSet::new();
    match teams.iter().enumerate().find(|(_, team)| !seen.insert(*team)) {
        Some((place, twice)) => {
            Err(Refusal::new(Reason::TeamTwice, format!("policy.rotation[{place}]"), twice))
        }
        None => Ok(()),
    }
}

fn check_points(points: &Points) -> Result<(), Refusal> {
    if points.by_rank.is_empty() {
        return Err(Refusal::new(Reason::FieldMissing, "policy.points.by_rank", ""));
    }
    let shares = points.by_rank.iter().chain(&points.by_scale).chain([
        &points.widened,
        &points.typology_in_range,
        &points.mix_first_quartile_outside,
        &points.mix_others_inside,
        &points.mix_others_outside,
        &points.mix_first_quartile_inside,
    ]);
    for share in shares {
        in_range("policy.points", i64::from(*share), 0, WHOLE)?;
    }
    in_range("policy.points.rise_for_nothing_bp", i64::from(points.rise_for_nothing_bp), 1, 10 * WHOLE)?;
    in_range("policy.points.months_for_all", i64::from(points.months_for_all), 1, 600)
}

fn check_clocks(clocks: Clocks) -> Result<(), Refusal> {
    for (field, days, least) in [
        ("window_days", clocks.window_days, 1),
        ("extension_days", clocks.extension_days, 0),
        ("turn_days", clocks.turn_days, 1),
        ("answer_days", clocks.answer_days, 10),
        ("hold_days", clocks.hold_days, 1),
    ] {
        in_range(&format!("policy.clocks.{field}"), i64::from(days), least, 366)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard() -> PolicyTerms {
        PolicyTerms::standard(Date::constant(2026, 1, 1))
    }

    fn refused(terms: PolicyTerms) -> String {
        let refusal = Policy::new(terms).unwrap_err();
        assert_eq!(refusal.reason, Reason::ValueRange);
        refusal.field
    }

    #[test]
    fn the_standard_weights_are_exactly_a_thousand_points() {
        assert_eq!(standard().weights.total(), 1_000);
        assert_eq!(Policy::new(standard()).unwrap().hash().len(), 64);
    }

    #[test]
    fn any_change_of_a_parameter_changes_the_hash() {
        let first = Policy::new(standard()).unwrap();
        let second = Policy::new(PolicyTerms { effort_cap_bp: 3_001, ..standard() }).unwrap();
        assert_ne!(first.hash(), second.hash());
        assert_eq!(first, Policy::new(standard()).unwrap());
    }

    #[test]
    fn a_parameter_out_of_its_range_is_named() {
        let weights = Weights { geography: 301, ..standard().weights };
        assert_eq!(refused(PolicyTerms { weights, ..standard() }), "policy.weights");
        assert_eq!(refused(PolicyTerms { effort_cap_bp: 10_001, ..standard() }), "policy.effort_cap_bp");
        let clocks = Clocks { answer_days: 9, ..standard().clocks };
        assert_eq!(refused(PolicyTerms { clocks, ..standard() }), "policy.clocks.answer_days");
        let points = Points { widened: 10_001, ..standard().points };
        assert_eq!(refused(PolicyTerms { points, ..standard() }), "policy.points");
    }

    #[test]
    fn a_rotation_lists_a_team_once_and_a_policy_without_one_keeps_its_hash() {
        let teams = |names: &[&str]| names.iter().map(|name| MousId::parse("mous", name).unwrap()).collect();
        let twice =
            Policy::new(PolicyTerms { rotation: teams(&["M1", "M2", "M1"]), ..standard() }).unwrap_err();
        assert_eq!((twice.reason, twice.field.as_str()), (Reason::TeamTwice, "policy.rotation[2]"));
        assert!(!serde_json::to_string(&standard()).unwrap().contains("rotation"));
        let stored = serde_json::to_string(&PolicyTerms { rotation: teams(&["M2"]), ..standard() }).unwrap();
        assert_eq!(serde_json::from_str::<PolicyTerms>(&stored).unwrap().rotation, teams(&["M2"]));
    }

    #[test]
    fn a_missing_input_rejects_unless_the_policy_says_otherwise() {
        let on_unknown = BTreeMap::from([(Rule::Financing, OnUnknown::AdmitWithWarning)]);
        let policy = Policy::new(PolicyTerms { on_unknown, ..standard() }).unwrap();
        assert_eq!(policy.on_unknown(Rule::Financing), OnUnknown::AdmitWithWarning);
        assert_eq!(policy.on_unknown(Rule::Effort), OnUnknown::Reject);
    }
}
