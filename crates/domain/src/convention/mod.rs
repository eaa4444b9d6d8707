//! The convention: a territory's rules, as dated and versioned data.
//!
//! A relogement belongs, with all its later events, to the version in force on its lease date.
//! The annotated example is `docs/conventions.md`; what AORIF must still decide is a field here, not code.
//!
//! | file | part of the rules |
//! |---|---|
//! | `rent_gap` | how the rent gap is counted |
//! | `effort` | which lines make the effort, under which limits |
//! | `fair_share` | who bears it: causal, key, roles, units, rent, blend |
//! | `settlement` | what is paid at once: level of netting, caps, exemptions, smoothing |
//! | `commitment` | placements promised, and how far the promise is kept |
//! | `succession` | the same rules after mergers |
//! | `range` | the refusals they share |

mod commitment;
mod effort;
mod fair_share;
mod range;
mod rent_gap;
mod settlement;
mod succession;

pub use commitment::{Commitment, CommitmentUnit, Party, Progress, Standing};
pub use effort::{CostLine, EffortRule, Surplus};
pub use fair_share::{FairShare, KeyBasis, KeySource, OutsideMoney, Weights};
pub use rent_gap::{RentGapMode, RentGapRule};
pub use settlement::{CapKind, Capacity, Fraction, NettingLevel, SettlementMode, SettlementRule};

use crate::bailleur::Text;
use crate::calendar::Date;
use crate::refusal::{Reason, Refusal};
use crate::siren::Siren;
use crate::territory::TerritoryId;
use range::{day, foreign, range};
use serde::{Deserialize, Serialize};

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
    /// Where in the charter each part stands.
    #[serde(default, skip_serializing_if = "Articles::is_empty")]
    pub articles: Articles,
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
    /// What the parties promised, in placements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commitments: Vec<Commitment>,
}

/// The articles of the charter that a version puts into figures; cited by every explanation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Articles {
    /// Article of the effort: lines, deductions, limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<Text>,
    /// Article of the fair share: the key, the roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fair_share: Option<Text>,
    /// Article of the settlement: caps, thresholds, netting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Text>,
}

impl Articles {
    /// Whether no article is cited.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.effort.is_none() && self.fair_share.is_none() && self.settlement.is_none()
    }
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
        // As far as the wire counts.
        range("version", u64::from(self.version), 1, u64::from(u32::MAX >> 1))?;
        day("in_force_from", self.in_force_from)?;
        self.rent_gap.check()?;
        self.effort.check()?;
        self.fair_share.check()?;
        if matches!(self.fair_share, FairShare::Units { .. }) {
            let effort = &self.effort;
            foreign("effort.share_bp", effort.share_bp != 10_000, "units")?;
            foreign("effort.works_cap_cents", effort.works_cap_cents.is_some(), "units")?;
            foreign("effort.vacancy_days_cap", effort.vacancy_days_cap.is_some(), "units")?;
            foreign("effort.total_cap_cents", effort.total_cap_cents.is_some(), "units")?;
        }
        self.settlement.check(&self.fair_share.bailleurs(), self.fair_share.is_causal())?;
        commitment::check(&self.commitments)
    }

    /// Bailleurs the convention names, once each, in the order of their SIREN.
    #[must_use]
    pub fn bailleurs(&self) -> Vec<Siren> {
        let mut named = self.fair_share.bailleurs();
        if let FairShare::Rent { outside: Some(outside), .. } = &self.fair_share {
            named.push(outside.payer);
        }
        named.extend(self.settlement.named());
        named.extend(self.commitments.iter().filter_map(|commitment| match &commitment.party {
            Party::Bailleur(siren) => Some(*siren),
            Party::Reserver(_) => None,
        }));
        named.sort_unstable();
        named.dedup();
        named
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
            ("[settlement]\ndispute_days = 0", Reason::ConventionRange, "settlement.dispute_days"),
            ("[settlement]\ndispute_days = 366", Reason::ConventionRange, "settlement.dispute_days"),
            ("[effort]\nshares = 1", Reason::ConventionFormat, "convention"),
        ] {
            assert_eq!(refused(&format!("{MINIMAL}\n{extra}")), (reason, field.to_owned()), "{extra}");
        }
    }

    #[test]
    fn what_the_wire_could_not_carry_is_refused_in_a_file() {
        let key = "rule = \"key\"\nbasis = \"stock\"\nweights = { \"000000026\" = 5 }\n\
                   source = { label = \"RPLS\", as_of = \"7756-12-31\" }";
        for (was, is, reason, field) in [
            ("version = 1", "version = 3000000000", Reason::ConventionRange, "version"),
            ("2025-01-01", "0001-01-01", Reason::DateInvalid, "in_force_from"),
            ("rule = \"causal\"", key, Reason::DateInvalid, "fair_share.source.as_of"),
        ] {
            assert_eq!(refused(&MINIMAL.replace(was, is)), (reason, field.to_owned()), "{is}");
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
        let example = include_str!("../../../../docs/exemples/convention-annotee.toml");
        let convention = Convention::from_toml(example).unwrap();
        assert_eq!(convention.effort.vacancy_days_cap, Some(90));
        assert_eq!(convention.bailleurs().len(), 3);
    }

    /// A convention with that fair share, and more tables.
    fn with_share(share: &str, extra: &str) -> String {
        format!("{}\n{extra}", MINIMAL.replace("rule = \"causal\"", share))
    }

    #[test]
    fn every_refusal_of_a_fair_share_names_its_field() {
        const KEY: &str = "basis = \"stock\"\nweights = { \"000000018\" = 5, \"000000026\" = 2 }";
        let units = |more: &str| format!("rule = \"units\"\n{more}\n{KEY}");
        let rent = |more: &str| format!("rule = \"rent\"\nrents_cents = {{ \"000000018\" = 5 }}\n{more}");
        let blend = |more: &str| format!("rule = \"blend\"\nother_basis = \"equal\"\n{more}");
        for (share, extra, reason, field) in [
            (units("tariff_cents = 0"), "", Reason::ConventionRange, "fair_share.tariff_cents"),
            (
                units("tariff_cents = 1\ndemolishers = [\"000000018\"]"),
                "",
                Reason::FieldMissing,
                "fair_share.demolishers_pct",
            ),
            (
                units("tariff_cents = 1\ndemolishers_pct = 101"),
                "",
                Reason::ConventionRange,
                "fair_share.demolishers_pct",
            ),
            (units("tariff_cents = 1"), "[effort]\nshare_bp = 1", Reason::ConventionRange, "effort.share_bp"),
            (
                units("tariff_cents = 1"),
                "[settlement]\nlevel = \"cyclic\"",
                Reason::ConventionRange,
                "settlement.level",
            ),
            (
                units("tariff_cents = 1"),
                "[settlement]\ncap_rents_bp = 5",
                Reason::ConventionRange,
                "settlement.capacities.rents_cents",
            ),
            (
                rent("outside = { payer = \"000000018\", amount_cents = 3 }"),
                "",
                Reason::ConventionRoles,
                "fair_share.outside.payer",
            ),
            (
                rent("outside = { payer = \"000000026\", amount_cents = -3 }"),
                "",
                Reason::ConventionRange,
                "fair_share.outside.amount_cents",
            ),
            (
                "rule = \"rent\"\nrents_cents = {}".to_owned(),
                "",
                Reason::ConventionWeights,
                "fair_share.rents_cents",
            ),
            (
                blend("stock_bp = 10001\nstock = { \"000000018\" = 5 }\nother = { \"000000018\" = 5 }"),
                "",
                Reason::ConventionRange,
                "fair_share.stock_bp",
            ),
            (
                blend("stock_bp = 1\nstock = {}\nother = { \"000000018\" = 5 }"),
                "",
                Reason::ConventionWeights,
                "fair_share.stock",
            ),
            (
                blend("stock_bp = 1\nstock = { \"000000018\" = 5 }\nother = {}"),
                "",
                Reason::ConventionWeights,
                "fair_share.other",
            ),
        ] {
            let text = with_share(&share, extra);
            assert_eq!(refused(&text), (reason, field.to_owned()), "{share}\n{extra}");
        }
    }

    #[test]
    fn every_refusal_of_a_settlement_or_a_commitment_names_its_field() {
        let commitment = |more: &str| {
            format!("[[commitments]]\nparty = {{ reserver = \"Commune A\" }}\nunit = \"placements\"\n{more}")
        };
        let year = "period = { from = \"2025-01-01\", to = \"2025-12-31\" }";
        let twice = commitment(&format!("min = 1\n{year}"));
        for (extra, field) in [
            (
                "[settlement]\nsmoothing = { numerator = 2, denominator = 1 }".to_owned(),
                "settlement.smoothing.numerator",
            ),
            (
                "[settlement]\nsmoothing = { numerator = 0, denominator = 0 }".to_owned(),
                "settlement.smoothing.denominator",
            ),
            ("[settlement]\nexempt = [\"000000018\", \"000000018\"]".to_owned(), "settlement.exempt"),
            ("[settlement]\ncap_growth_bp = 100001".to_owned(), "settlement.cap_growth_bp"),
            ("[settlement]\ncap_rents_bp = 10001".to_owned(), "settlement.cap_rents_bp"),
            ("[settlement]\ncap_per_dwelling_cents = -1".to_owned(), "settlement.cap_per_dwelling_cents"),
            (
                "[settlement.capacities]\n\"000000018\" = { dwellings = 10000001 }".to_owned(),
                "settlement.capacities.dwellings",
            ),
            (commitment(&format!("min = 0\n{year}")), "commitments[0].min"),
            (commitment(&format!("min = 2\nmax = 1\n{year}")), "commitments[0].max"),
            (
                commitment("min = 2\nperiod = { from = \"2025-12-31\", to = \"2025-01-01\" }"),
                "commitments[0].period.to",
            ),
            (format!("{twice}\n{twice}"), "commitments[1].party"),
        ] {
            assert_eq!(refused(&format!("{MINIMAL}\n{extra}")).1, field, "{extra}");
        }
    }

    #[test]
    fn a_version_of_an_older_journal_is_read_and_written_as_it_was() {
        let old = r#"{"territory":"200057867","version":1,"in_force_from":"2025-01-01","title":"Charte","rent_gap":{"mode":"accrued","months":192,"claw_back":false,"revise_with_irl":true,"include_charges":false},"effort":{"count":["rent_gap"],"deduct_indemnity":true,"surplus":"keep","share_bp":10000,"include_internal":false},"fair_share":{"rule":"key","basis":"stock","weights":{"000000018":5}},"settlement":{"mode":"monetary","de_minimis_cents":0}}"#;
        let convention: Convention = serde_json::from_str(old).unwrap();
        assert!(convention.settlement.level.is_multilateral() && convention.commitments.is_empty());
        assert_eq!(serde_json::to_string(&convention).unwrap(), old);
    }

    #[test]
    fn heirs_take_weights_and_capacities_over_and_caps_fall() {
        let share = "rule = \"roles\"\ndemolishers_pct = 60\ndemolishers = [\"000000018\"]\nbasis = \"stock\"\n\
                     weights = { \"000000018\" = 5, \"000000026\" = 2 }";
        let settlement = "[settlement]\ndebtor_caps_cents = { \"000000018\" = 3 }\nexempt = [\"000000018\"]\n\
                          [settlement.capacities]\n\"000000018\" = { dwellings = 7 }\n\"000000026\" = { dwellings = 1 }";
        let convention = Convention::from_toml(&with_share(share, settlement)).unwrap();
        let heir = Siren::parse("heir", "000000026").unwrap();
        let merged = convention.for_heirs(|_| heir);
        let FairShare::Roles { weights, demolishers, .. } = &merged.fair_share else { panic!("roles") };
        assert_eq!((weights, demolishers), (&[(heir, 7)].into(), &vec![heir]));
        assert_eq!(merged.settlement.capacities[&heir].dwellings, Some(8));
        assert!(merged.settlement.debtor_caps_cents.is_empty() && merged.settlement.exempt.is_empty());
        assert_eq!(convention.for_heirs(|siren| siren), convention);
    }

    #[test]
    fn it_survives_the_journal() {
        let convention = Convention::from_toml(MINIMAL).unwrap();
        let json = serde_json::to_string(&convention).unwrap();
        assert_eq!(serde_json::from_str::<Convention>(&json).unwrap(), convention);
    }
}
