//! The rent gap: monthly reference rent − rent in the lease, capitalised once or accrued month by month.

use crate::calendar::{self, Date, days_in_month};
use crate::convention::{RentGapMode, RentGapRule};
use crate::irl;
use crate::money::Cents;
use crate::refusal::{Reason, Refusal};
use crate::relogement::{Charges, Relogement};

/// Rents of one relogement through time, as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RentHistory {
    /// Monthly reference rent at the lease date.
    pub reference: Cents,
    /// Monthly rent in the lease at the lease date.
    pub practised: Cents,
    /// Monthly charges, if declared.
    pub charges: Option<Charges>,
    /// Day the lease starts.
    pub lease_date: Date,
    /// Last day of the lease, once known.
    pub ended_on: Option<Date>,
    /// Declared revisions `(first day of a month, reference, practised)`, in the order of their dates.
    pub revisions: Vec<(Date, Cents, Cents)>,
}

impl RentHistory {
    /// The history of a relogement just recorded.
    #[must_use]
    pub fn of(relogement: &Relogement) -> Self {
        Self {
            reference: relogement.reference_rent,
            practised: relogement.practised_rent,
            charges: relogement.charges,
            lease_date: relogement.lease_date,
            ended_on: None,
            revisions: Vec::new(),
        }
    }

    /// The monthly gap at the lease date; negative and zero are legal (USH: the new rent need not be lower).
    #[must_use]
    pub fn monthly_gap(&self, rule: &RentGapRule) -> Cents {
        gap(self.reference, self.practised, self.charges, rule)
    }

    /// What an écriture books at the lease date: gap × months when capitalised, zero when accrued.
    ///
    /// # Errors
    /// [`Reason::AmountTooLarge`] beyond a billion euros.
    pub fn capitalised(&self, rule: &RentGapRule) -> Result<Cents, Refusal> {
        match rule.mode {
            RentGapMode::Accrued => Ok(Cents::ZERO),
            RentGapMode::Capitalised => bounded(self.monthly_gap(rule).checked_times(rule.months)),
        }
    }

    /// What the end of the lease gives back under claw-back: gap × the months of the horizon not yet begun.
    ///
    /// A month runs from the day of the lease date to the day before it in the next month; a month begun on
    /// or before the last day of the lease counts as elapsed. Zero without claw-back.
    #[must_use]
    pub fn clawed_back(&self, rule: &RentGapRule, ended_on: Date) -> Cents {
        if rule.mode != RentGapMode::Capitalised || !rule.claw_back {
            return Cents::ZERO;
        }
        let begun = (0..rule.months)
            .take_while(|month| calendar::plus_months(self.lease_date, *month) <= ended_on)
            .count();
        let left = rule.months - u32::try_from(begun).unwrap_or(rule.months);
        self.monthly_gap(rule).checked_times(left).unwrap_or_default()
    }

    /// Rent gap due from the lease date to `through`, month by month; zero when capitalised.
    ///
    /// Each month is rounded half away from zero to the cent; a part month counts days over days in the month;
    /// it stops after the lease or after the longest run. With `revise_with_irl` both rents are revised each
    /// 1 January; a declared revision replaces them from its month.
    ///
    /// # Errors
    /// [`Reason::IrlMissing`] when an index is not published; [`Reason::AmountTooLarge`] beyond a billion.
    pub fn accrued(&self, rule: &RentGapRule, through: Date) -> Result<Cents, Refusal> {
        if rule.mode != RentGapMode::Accrued {
            return Ok(Cents::ZERO);
        }
        let horizon = calendar::plus_months(self.lease_date, rule.months).yesterday().unwrap_or(Date::MAX);
        let last = through.min(horizon).min(self.ended_on.unwrap_or(Date::MAX));
        let (mut reference, mut practised) = (self.reference, self.practised);
        let mut total = Cents::ZERO;
        let mut month = self.lease_date.first_of_month();
        while month <= last {
            if rule.revise_with_irl && month.month() == 1 && month > self.lease_date {
                let revised = |rent| irl::revised_on_1_january(rent, month.year());
                let missing = || Refusal::new(Reason::IrlMissing, "period", month.year());
                reference = revised(reference).ok_or_else(missing)?;
                practised = revised(practised).ok_or_else(missing)?;
            }
            if let Some((_, new_reference, new_practised)) =
                self.revisions.iter().rfind(|(from, ..)| *from == month)
            {
                (reference, practised) = (*new_reference, *new_practised);
            }
            let first_day = i64::from(month.max(self.lease_date).day());
            let last_day = i64::from(month.last_of_month().min(last).day());
            let whole = gap(reference, practised, self.charges, rule);
            let part = whole.ratio((last_day - first_day + 1).max(0), days_in_month(month));
            total = bounded(part.and_then(|part| total.checked_add(part)))?;
            month = calendar::plus_months(month, 1);
        }
        Ok(total)
    }
}

fn gap(reference: Cents, practised: Cents, charges: Option<Charges>, rule: &RentGapRule) -> Cents {
    let rents = Cents::new(reference.get() - practised.get());
    match charges {
        Some(charges) if rule.include_charges => {
            Cents::new(rents.get() + charges.reference.get() - charges.practised.get())
        }
        _ => rents,
    }
}

fn bounded(cents: Option<Cents>) -> Result<Cents, Refusal> {
    let most = Cents::MAX_DECLARED.get();
    match cents {
        Some(cents) if (-most..=most).contains(&cents.get()) => Ok(cents),
        _ => Err(Refusal::new(Reason::AmountTooLarge, "reference_rent_cents", "rent gap over the horizon")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(reference: i64, practised: i64, lease_date: Date) -> RentHistory {
        let (reference, practised) = (Cents::new(reference), Cents::new(practised));
        RentHistory { reference, practised, charges: None, lease_date, ended_on: None, revisions: Vec::new() }
    }

    fn capitalised(months: u32) -> RentGapRule {
        RentGapRule {
            mode: RentGapMode::Capitalised,
            months,
            claw_back: true,
            revise_with_irl: false,
            include_charges: true,
        }
    }

    fn accrued(months: u32, revise_with_irl: bool) -> RentGapRule {
        RentGapRule {
            mode: RentGapMode::Accrued,
            months,
            claw_back: false,
            revise_with_irl,
            include_charges: false,
        }
    }

    const MARCH: Date = Date::constant(2025, 3, 15);

    #[test]
    fn the_gap_of_the_worked_figure_is_320_01_a_month() {
        let rents = history(84_000, 51_999, MARCH);
        assert_eq!(rents.capitalised(&capitalised(12)).unwrap(), Cents::new(384_012));
    }

    #[test]
    fn negative_and_zero_gaps_are_legal() {
        assert_eq!(
            history(40_000, 50_000, MARCH).capitalised(&capitalised(12)).unwrap(),
            Cents::new(-120_000)
        );
        assert_eq!(history(40_000, 40_000, MARCH).capitalised(&capitalised(12)).unwrap(), Cents::ZERO);
    }

    #[test]
    fn charges_count_when_the_convention_says_so() {
        let charges = Some(Charges { reference: Cents::new(12_000), practised: Cents::new(10_000) });
        let rents = RentHistory { charges, ..history(50_000, 40_000, MARCH) };
        assert_eq!(rents.monthly_gap(&capitalised(12)), Cents::new(12_000));
        assert_eq!(rents.monthly_gap(&accrued(12, false)), Cents::new(10_000));
    }

    #[test]
    fn months_not_begun_are_given_back() {
        let rents = history(50_000, 40_000, MARCH);
        let back = |year, month, day| {
            rents.clawed_back(&capitalised(12), Date::constant(year, month, day)).get() / 10_000
        };
        assert_eq!(back(2025, 3, 15), 11);
        assert_eq!(back(2025, 4, 14), 11);
        assert_eq!(back(2025, 4, 15), 10);
        assert_eq!(back(2026, 2, 15), 0);
        assert_eq!(back(2030, 1, 1), 0);
    }

    #[test]
    fn a_part_month_counts_its_days() {
        // 17 days of 31 in March: 100.00 × 17/31 = 54.838… → 54.84; then 30 days of April whole.
        let rents = history(50_000, 40_000, MARCH);
        assert_eq!(
            rents.accrued(&accrued(12, false), Date::constant(2025, 3, 31)).unwrap(),
            Cents::new(5_484)
        );
        assert_eq!(
            rents.accrued(&accrued(12, false), Date::constant(2025, 4, 30)).unwrap(),
            Cents::new(15_484)
        );
        assert_eq!(rents.accrued(&accrued(12, false), Date::constant(2025, 3, 1)).unwrap(), Cents::ZERO);
    }

    #[test]
    fn accrual_stops_with_the_lease_and_at_the_horizon() {
        let first = Date::constant(2025, 3, 1);
        let rents =
            RentHistory { ended_on: Some(Date::constant(2025, 4, 30)), ..history(50_000, 40_000, first) };
        assert_eq!(
            rents.accrued(&accrued(12, false), Date::constant(2025, 12, 31)).unwrap(),
            Cents::new(20_000)
        );
        let rents = history(50_000, 40_000, first);
        assert_eq!(
            rents.accrued(&accrued(3, false), Date::constant(2026, 12, 31)).unwrap(),
            Cents::new(30_000)
        );
    }

    #[test]
    fn both_rents_follow_the_index_each_1_january() {
        // 500.00 → 505.20 and 400.00 → 404.16 on 2026-01-01: the gap goes from 100.00 to 101.04.
        let rents = history(50_000, 40_000, Date::constant(2025, 12, 1));
        assert_eq!(
            rents.accrued(&accrued(24, true), Date::constant(2026, 1, 31)).unwrap(),
            Cents::new(20_104)
        );
        let refusal = rents.accrued(&accrued(60, true), Date::constant(2028, 1, 31)).unwrap_err();
        assert_eq!(refusal.reason, Reason::IrlMissing);
    }

    #[test]
    fn a_declared_revision_replaces_the_rents_from_its_month() {
        let first = Date::constant(2025, 3, 1);
        let revisions = vec![(Date::constant(2025, 4, 1), Cents::new(50_000), Cents::new(45_000))];
        let rents = RentHistory { revisions, ..history(50_000, 40_000, first) };
        assert_eq!(
            rents.accrued(&accrued(12, false), Date::constant(2025, 5, 31)).unwrap(),
            Cents::new(20_000)
        );
    }
}
