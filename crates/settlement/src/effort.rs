//! The effort of one relogement: what its host bears, cumulated since the lease, as its convention counts it.

use crate::sum::to_cents;
use chambre_domain::convention::{CostLine, EffortRule, FairShare, Surplus};
use chambre_domain::measure::{EffortLine, LineKind, MeasuredRelogement};
use chambre_domain::{Cents, Convention, Date, Reason, Refusal};

/// Effort to be shared of a relogement, from all its lines that happened on or before `cut_off`.
///
/// | step | rule of the convention |
/// |---|---|
/// | 1. costs | rent gap + works + vacancy, those that `count` |
/// | 2. caps on lines | works up to `works_cap_cents`; vacancy pro rata of `vacancy_days_cap` days |
/// | 3. indemnities received | taken off with `deduct_indemnity` |
/// | 4. surplus | `keep`: never below zero; `return`: may be negative |
/// | 5. cap on the whole | `total_cap_cents` |
/// | 6. part shared | × `share_bp` ÷ 10 000, rounded half away from zero |
///
/// Cumulative (DESIGN.md section 5): a run shares this less what earlier runs shared, so that late
/// declarations, late indemnities and reversals fall into the next run by themselves. A relogement inside one
/// bailleur has no effort, unless the rule is a key or roles and the convention says `include_internal`.
///
/// # Errors
/// [`Reason::NettingOverflow`] when a sum leaves the range of a cent counter.
pub fn effort(
    measured: &MeasuredRelogement,
    convention: &Convention,
    cut_off: Date,
) -> Result<Cents, Refusal> {
    if measured.is_internal() && !shares_internal(convention) {
        return Ok(Cents::ZERO);
    }
    let rule = &convention.effort;
    let happened = Happened::until(cut_off, &measured.lines);
    let mut effort = 0_i128;
    if rule.count.contains(&CostLine::RentGap) {
        effort += happened.rent_gap;
    }
    if rule.count.contains(&CostLine::Works) {
        effort += at_most(happened.works, rule.works_cap_cents);
    }
    if rule.count.contains(&CostLine::Vacancy) {
        effort += happened.vacancy_counted(rule)?;
    }
    if rule.deduct_indemnity {
        effort -= happened.indemnity;
    }
    if rule.surplus == Surplus::Keep {
        effort = effort.max(0);
    }
    let capped = to_cents("effort", at_most(effort, rule.total_cap_cents))?;
    capped
        .ratio(i64::from(rule.share_bp), 10_000)
        .ok_or_else(|| Refusal::new(Reason::NettingOverflow, "effort", capped))
}

fn shares_internal(convention: &Convention) -> bool {
    convention.effort.include_internal && convention.fair_share != FairShare::Causal
}

fn at_most(amount: i128, cap: Option<Cents>) -> i128 {
    cap.map_or(amount, |cap| amount.min(i128::from(cap.get())))
}

/// Sums of the lines, by kind; exact whatever their number.
#[derive(Default)]
struct Happened {
    rent_gap: i128,
    works: i128,
    vacancy: i128,
    vacancy_days: i64,
    indemnity: i128,
}

impl Happened {
    fn until(cut_off: Date, lines: &[EffortLine]) -> Self {
        let mut happened = Self::default();
        for line in lines.iter().filter(|line| line.occurred_on <= cut_off) {
            let amount = i128::from(line.amount.get());
            match line.kind {
                LineKind::RentGap => happened.rent_gap += amount,
                LineKind::Works => happened.works += amount,
                LineKind::Vacancy { days } => {
                    happened.vacancy += amount;
                    happened.vacancy_days += i64::from(days);
                }
                LineKind::Indemnity => happened.indemnity += amount,
            }
        }
        happened
    }

    /// Vacancy, pro rata of the days counted when more days than the cap were declared.
    fn vacancy_counted(&self, rule: &EffortRule) -> Result<i128, Refusal> {
        match rule.vacancy_days_cap.map(i64::from) {
            Some(cap) if self.vacancy_days > cap => {
                let amount = to_cents("effort.vacancy", self.vacancy)?;
                let counted = amount.ratio(cap, self.vacancy_days);
                let counted =
                    counted.ok_or_else(|| Refusal::new(Reason::NettingOverflow, "effort.vacancy", amount))?;
                Ok(i128::from(counted.get()))
            }
            _ => Ok(self.vacancy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chambre_domain::rent::RentHistory;
    use chambre_domain::{RelogementId, Seq, Siren, TerritoryId};
    use proptest::prelude::*;

    const DAY: Date = Date::constant(2025, 3, 1);
    const CUT_OFF: Date = Date::constant(2025, 12, 31);
    const ALL_LINES: [(LineKind, i64); 4] = [
        (LineKind::RentGap, 384_012),
        (LineKind::Works, 120_000),
        (LineKind::Vacancy { days: 30 }, 30_001),
        (LineKind::Indemnity, 400_000),
    ];

    fn convention(toml: &str) -> Convention {
        let head =
            "territory = \"200057867\"\nversion = 1\nin_force_from = \"2025-01-01\"\ntitle = \"Fictive\"\n";
        let share = "[fair_share]\nrule = \"causal\"\n[effort]\n";
        Convention::from_toml(&format!("{head}{share}{toml}")).unwrap()
    }

    fn measured(lines: &[(LineKind, i64)]) -> MeasuredRelogement {
        let seq = Seq::new(1);
        let line = |&(kind, cents): &(LineKind, i64)| EffortLine {
            seq,
            occurred_on: DAY,
            kind,
            amount: Cents::new(cents),
        };
        MeasuredRelogement {
            recorded_seq: seq,
            id: RelogementId::parse("id", "r1").unwrap(),
            territory: TerritoryId::parse("territory", "200057867").unwrap(),
            origin: Siren::fictitious(1),
            host: Siren::fictitious(2),
            convention_version: 1,
            rents: RentHistory {
                reference: Cents::ZERO,
                practised: Cents::ZERO,
                charges: None,
                lease_date: DAY,
                ended_on: None,
                revisions: Vec::new(),
            },
            lines: lines.iter().map(line).collect(),
            accrued: Cents::ZERO,
            shared: Cents::ZERO,
            reversed: false,
        }
    }

    fn check(rule: &str, lines: &[(LineKind, i64)], expected: i64) {
        assert_eq!(
            effort(&measured(lines), &convention(rule), CUT_OFF).unwrap(),
            Cents::new(expected),
            "{rule}"
        );
    }

    #[test]
    fn the_costs_less_the_indemnity_received_are_the_effort() {
        check("", &[ALL_LINES[0], ALL_LINES[1], ALL_LINES[3]], 104_012);
        check("", &ALL_LINES, 134_013);
        check("deduct_indemnity = false", &ALL_LINES, 534_013);
        check("count = [\"rent_gap\"]\ndeduct_indemnity = false", &ALL_LINES, 384_012);
        check("count = []\ndeduct_indemnity = false", &ALL_LINES, 0);
    }

    #[test]
    fn a_surplus_is_kept_or_returned() {
        let lines = [(LineKind::RentGap, 100), (LineKind::Indemnity, 350)];
        check("surplus = \"keep\"", &lines, 0);
        check("surplus = \"return\"", &lines, -250);
        check("surplus = \"return\"\nshare_bp = 5000", &[(LineKind::Indemnity, 5)], -3);
        check("surplus = \"return\"\ntotal_cap_cents = 100", &lines, -250);
    }

    #[test]
    fn an_indemnity_reclaimed_raises_the_effort_again() {
        check("", &[(LineKind::RentGap, 500), (LineKind::Indemnity, 400), (LineKind::Indemnity, -100)], 200);
    }

    #[test]
    fn works_count_up_to_their_cap_over_the_whole_relogement() {
        let works = [(LineKind::Works, 70_000), (LineKind::Works, 50_000)];
        check("works_cap_cents = 100000", &works, 100_000);
        check("works_cap_cents = 200000", &works, 120_000);
        check("works_cap_cents = 0", &works, 0);
    }

    #[test]
    fn vacancy_beyond_the_days_cap_counts_pro_rata() {
        let vacancy = [(LineKind::Vacancy { days: 30 }, 30_001), (LineKind::Vacancy { days: 60 }, 59_999)];
        check("vacancy_days_cap = 90", &vacancy, 90_000);
        check("vacancy_days_cap = 60", &vacancy, 60_000);
        check("vacancy_days_cap = 0", &vacancy, 0);
        // 5 × 1 ÷ 2 is a half cent: away from zero.
        check("vacancy_days_cap = 1", &[(LineKind::Vacancy { days: 2 }, 5)], 3);
    }

    #[test]
    fn the_total_cap_comes_before_the_part_shared() {
        check("total_cap_cents = 1001\nshare_bp = 5000", &ALL_LINES, 501);
        check("share_bp = 0", &ALL_LINES, 0);
    }

    #[test]
    fn what_happens_after_the_cut_off_waits() {
        let mut relogement = measured(&ALL_LINES);
        relogement.lines[3].occurred_on = Date::constant(2026, 1, 1);
        assert_eq!(effort(&relogement, &convention(""), CUT_OFF).unwrap(), Cents::new(534_013));
        assert_eq!(
            effort(&relogement, &convention(""), Date::constant(2026, 1, 1)).unwrap(),
            Cents::new(134_013)
        );
        assert_eq!(effort(&relogement, &convention(""), Date::constant(2024, 1, 1)).unwrap(), Cents::ZERO);
    }

    #[test]
    fn an_internal_relogement_has_no_effort_unless_a_key_includes_it() {
        let mut relogement = measured(&ALL_LINES);
        relogement.host = relogement.origin;
        let mut rules = convention("include_internal = true");
        assert_eq!(effort(&relogement, &rules, CUT_OFF).unwrap(), Cents::ZERO);
        let weights = [(relogement.host, 1)].into();
        rules.fair_share = FairShare::Key { basis: chambre_domain::convention::KeyBasis::Equal, weights };
        assert_eq!(effort(&relogement, &rules, CUT_OFF).unwrap(), Cents::new(134_013));
        rules.effort.include_internal = false;
        assert_eq!(effort(&relogement, &rules, CUT_OFF).unwrap(), Cents::ZERO);
    }

    #[test]
    fn a_sum_beyond_the_counter_is_refused() {
        let lines = [(LineKind::RentGap, i64::MAX), (LineKind::Works, 1)];
        let refusal = effort(&measured(&lines), &convention(""), CUT_OFF).unwrap_err();
        assert_eq!(refusal.reason, Reason::NettingOverflow);
    }

    fn kind() -> impl Strategy<Value = LineKind> {
        prop_oneof![
            Just(LineKind::RentGap),
            Just(LineKind::Works),
            (1..400_i32).prop_map(|days| LineKind::Vacancy { days }),
            Just(LineKind::Indemnity),
        ]
    }

    proptest! {
        #[test]
        fn lines_and_their_mirrors_are_no_effort(
            lines in prop::collection::vec((kind(), -10_000_000..10_000_000_i64), 0..8),
            rule in prop::sample::select(vec!["", "surplus = \"return\"", "works_cap_cents = 500\nvacancy_days_cap = 30"]),
        ) {
            let mirror = |&(kind, cents): &(LineKind, i64)| match kind {
                LineKind::Vacancy { days } => (LineKind::Vacancy { days: -days }, -cents),
                other => (other, -cents),
            };
            let all: Vec<_> = lines.iter().copied().chain(lines.iter().map(mirror)).collect();
            prop_assert_eq!(effort(&measured(&all), &convention(rule), CUT_OFF).unwrap(), Cents::ZERO);
        }

        #[test]
        fn the_effort_stays_within_floor_and_cap(
            lines in prop::collection::vec((kind(), 0..10_000_000_i64), 0..8),
            cap in 0..1_000_000_i64,
        ) {
            let found = effort(&measured(&lines), &convention(&format!("total_cap_cents = {cap}")), CUT_OFF).unwrap();
            prop_assert!((0..=cap).contains(&found.get()));
        }
    }
}
