//! The effort of one relogement: what its host bears, cumulated since the lease, as its convention counts it.

use crate::sum::to_cents;
use crate::tally::Tally;
use chambre_domain::convention::{CostLine, EffortRule, FairShare, Surplus};
use chambre_domain::explanation::EffortSteps;
use chambre_domain::measure::MeasuredRelogement;
use chambre_domain::{Cents, Convention, Date, Reason, Refusal, Siren};

/// What an effort depends on, besides its convention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Bailleur of the operation.
    pub origin: Siren,
    /// Bailleur of the lease.
    pub host: Siren,
    /// The relogement counts as a placement: its lease has begun at the cut-off and it was not reversed.
    pub placed: bool,
    /// Its lines up to the cut-off.
    pub tally: Tally,
}

impl Measured {
    /// A relogement as its lines up to the cut-off show it.
    #[must_use]
    pub fn at(relogement: &MeasuredRelogement, cut_off: Date) -> Self {
        Self {
            origin: relogement.origin,
            host: relogement.host,
            placed: !relogement.reversed && relogement.rents.lease_date <= cut_off,
            tally: Tally::until(cut_off, &relogement.lines),
        }
    }
}

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
/// bailleur has no effort, unless the rule is a key and the convention says `include_internal`. Under the rule
/// in units, the effort of a placement is the tariff, whatever its lines.
///
/// # Errors
/// [`Reason::NettingOverflow`] when a sum leaves the range of a cent counter.
pub fn effort(
    measured: &MeasuredRelogement,
    convention: &Convention,
    cut_off: Date,
) -> Result<Cents, Refusal> {
    effort_of(&Measured::at(measured, cut_off), convention)
}

/// The same, from running totals: no line is read again.
///
/// # Errors
/// What [`effort()`] refuses.
pub fn effort_of(measured: &Measured, convention: &Convention) -> Result<Cents, Refusal> {
    Ok(effort_steps(measured, convention)?.to_date)
}

/// The effort, step by step, in the order of the table of [`effort()`].
///
/// # Errors
/// What [`effort()`] refuses.
pub fn effort_steps(measured: &Measured, convention: &Convention) -> Result<EffortSteps, Refusal> {
    if measured.origin == measured.host && !shares_internal(convention) {
        return Ok(EffortSteps::default());
    }
    if let FairShare::Units { tariff_cents, .. } = &convention.fair_share {
        let worth = if measured.placed { *tariff_cents } else { Cents::ZERO };
        return Ok(EffortSteps { net: worth, to_date: worth, ..EffortSteps::default() });
    }
    let rule = &convention.effort;
    let tally = &measured.tally;
    let counted = |line: CostLine, amount: i128| if rule.count.contains(&line) { amount } else { 0 };
    let rent_gap = counted(CostLine::RentGap, tally.rent_gap);
    let works_declared = counted(CostLine::Works, tally.works);
    let works = at_most(works_declared, rule.works_cap_cents);
    let vacancy_declared = counted(CostLine::Vacancy, tally.vacancy);
    let vacancy = counted(CostLine::Vacancy, vacancy_counted(tally, rule)?);
    let indemnity = if rule.deduct_indemnity { tally.indemnity } else { 0 };
    let net = rent_gap + works + vacancy - indemnity;
    let floored = if rule.surplus == Surplus::Keep { net.max(0) } else { net };
    let capped = at_most(floored, rule.total_cap_cents);
    let cents = |sum: i128| to_cents("effort", sum);
    let shared = cents(capped)?;
    let to_date = shared.ratio(i64::from(rule.share_bp), 10_000);
    Ok(EffortSteps {
        rent_gap: cents(rent_gap)?,
        works: cents(works)?,
        works_beyond_cap: cents(works_declared - works)?,
        vacancy: cents(vacancy)?,
        vacancy_beyond_cap: cents(vacancy_declared - vacancy)?,
        indemnity: cents(indemnity)?,
        net: cents(net)?,
        surplus_kept: cents(floored - net)?,
        beyond_total_cap: cents(floored - capped)?,
        to_date: to_date.ok_or_else(|| Refusal::new(Reason::NettingOverflow, "effort", shared))?,
    })
}

/// Whether the version shares relogements inside one bailleur.
pub(crate) fn shares_internal(convention: &Convention) -> bool {
    convention.effort.include_internal && !convention.fair_share.is_causal()
}

fn at_most(amount: i128, cap: Option<Cents>) -> i128 {
    cap.map_or(amount, |cap| amount.min(i128::from(cap.get())))
}

/// Vacancy, pro rata of the days counted when more days than the cap were declared.
fn vacancy_counted(tally: &Tally, rule: &EffortRule) -> Result<i128, Refusal> {
    match rule.vacancy_days_cap.map(i64::from) {
        Some(cap) if tally.vacancy_days > cap => {
            let amount = to_cents("effort.vacancy", tally.vacancy)?;
            let counted = amount.ratio(cap, tally.vacancy_days);
            let counted =
                counted.ok_or_else(|| Refusal::new(Reason::NettingOverflow, "effort.vacancy", amount))?;
            Ok(i128::from(counted.get()))
        }
        _ => Ok(tally.vacancy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chambre_domain::measure::{EffortLine, LineKind};
    use chambre_domain::rent::RentHistory;
    use chambre_domain::{RelogementId, Seq, TerritoryId};
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
        rules.fair_share =
            FairShare::Key { basis: chambre_domain::convention::KeyBasis::Equal, source: None, weights };
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
