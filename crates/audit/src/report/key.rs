//! One apportionment, step by step, so that it can be done again with a calculator.

use super::cited::{ConventionCited, Labelled};
use super::error::{ReportError, agrees, cents, sum};
use super::words::{count, euros};
use chambre_domain::Cents;

/// What a key apportions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// An amount.
    Euros(Cents),
    /// A number of placements (conventions that count units).
    Placements(i64),
}

impl Quantity {
    /// Cents, or placements.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Euros(cents) => cents.get(),
            Self::Placements(number) => number,
        }
    }

    const fn like(self, number: i64) -> Self {
        match self {
            Self::Euros(_) => Self::Euros(Cents::new(number)),
            Self::Placements(_) => Self::Placements(number),
        }
    }

    /// With its unit, in French.
    pub(crate) fn french(self) -> String {
        match self {
            Self::Euros(cents) => euros(cents),
            Self::Placements(number) => count(number),
        }
    }

    /// The cent, or the placement, that goes to the largest remainders.
    pub(crate) const fn grain(self) -> &'static str {
        match self {
            Self::Euros(_) => "centime",
            Self::Placements(_) => "relogement",
        }
    }
}

/// One step: `base × weight ÷ total weight`, rounded down, and the remaining grain when it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStep {
    /// What the weights are, in French: « Parc social dans le territoire, RPLS 2025 ».
    pub label: String,
    /// What is apportioned. Below zero when indemnities exceed costs.
    pub base: Quantity,
    /// Weight of the bailleur, or of its group.
    pub weight: u64,
    /// Weight of all.
    pub total_weight: u64,
    /// `|base| × weight ÷ total weight` rounded down, with the sign of the base.
    pub quotient: Quantity,
    /// What the division leaves, in `1 ÷ total weight` of a cent (or of a placement).
    pub remainder: u64,
    /// Whether one more cent (or placement) was given, for one of the largest remainders.
    pub grain_given: bool,
    /// The part: the quotient, and the grain.
    pub part: Quantity,
}

impl KeyStep {
    /// Does the division.
    ///
    /// # Errors
    /// Refuses a total weight of zero, a weight above it, and a grain given for no remainder.
    pub fn divide(
        label: String,
        base: Quantity,
        (weight, total_weight): (u64, u64),
        grain_given: bool,
    ) -> Result<Self, ReportError> {
        if total_weight == 0 || weight > total_weight {
            return Err(ReportError::refused(
                "step.weight",
                format!("{weight} / {total_weight}"),
                "must be at most the total weight, itself above zero",
            ));
        }
        let number = base.number();
        // 63 bits × 64 bits: below 2^127.
        let product = u128::from(number.unsigned_abs()) * u128::from(weight);
        let (down, left) = (product / u128::from(total_weight), product % u128::from(total_weight));
        if grain_given && left == 0 {
            return Err(ReportError::refused("step.grain_given", &label, "must follow from a remainder"));
        }
        let overflow = || ReportError::Overflow { field: "step.quotient".to_owned() };
        let size = |number: u128| i64::try_from(number).map_err(|_| overflow());
        let sign = if number < 0 { -1 } else { 1 };
        let quotient = size(down)?;
        Ok(Self {
            label,
            base,
            weight,
            total_weight,
            quotient: base.like(sign * quotient),
            remainder: u64::try_from(left).map_err(|_| overflow())?,
            grain_given,
            part: base.like(sign * size(down + u128::from(grain_given))?),
        })
    }

    /// Holds the step against its own division.
    pub(crate) fn check(&self, field: &str) -> Result<(), ReportError> {
        let weights = (self.weight, self.total_weight);
        let again = Self::divide(self.label.clone(), self.base, weights, self.grain_given)?;
        if again == *self {
            return Ok(());
        }
        let stated =
            format!("{} reste {} part {}", self.quotient.number(), self.remainder, self.part.number());
        Err(ReportError::refused(field, stated, "must be what base × weight ÷ total weight gives"))
    }
}

/// Why a bailleur bears its part of the efforts that follow one version of the convention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HowShared {
    /// It bears what its own operations cost their hosts (causal): the sum of its lines of origin.
    Origin,
    /// It bears its part of the whole by weights, in one step or more: each step shares the part of the one before.
    ///
    /// fair share = last part (× tariff) + what is added after.
    Keys {
        /// What is added to or taken from the whole before the first step (outside money).
        before: Vec<Labelled>,
        /// The steps.
        steps: Vec<KeyStep>,
        /// Euros per placement, when the steps count placements.
        tariff: Option<Cents>,
        /// What is added to or taken from its part (placements that earlier runs shared, outside money).
        after: Vec<Labelled>,
    },
    /// It has no part in the key, but brings money from outside of it.
    Brought(Labelled),
    /// It bears nothing, for a reason in French (« pas de poids dans la clé »).
    Nothing(String),
}

/// What one version of the convention makes of this bailleur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionPart {
    /// The version.
    pub convention: ConventionCited,
    /// Effort of all bailleurs shared under it.
    pub total: Cents,
    /// Effort of this bailleur shared under it.
    pub effort: Cents,
    /// Its part of the total.
    pub fair_share: Cents,
    /// Why.
    pub how: HowShared,
}

impl VersionPart {
    /// Holds the part against the key; lines of relogements are held against it elsewhere.
    pub(crate) fn check(&self, field: &str) -> Result<(), ReportError> {
        let fair_share = format!("{field}.fair_share");
        match &self.how {
            HowShared::Origin => Ok(()),
            HowShared::Nothing(_) => agrees(&fair_share, self.fair_share, []),
            HowShared::Brought(money) => agrees(&fair_share, self.fair_share, [money.amount]),
            HowShared::Keys { before, steps, tariff, after } => {
                let whole = sum(field, before.iter().map(|line| line.amount).chain([self.total]))?;
                let last = chain(field, steps)?;
                let (first, last) = match (steps.first().map(|step| step.base), last, tariff) {
                    (Some(Quantity::Euros(first)), Quantity::Euros(last), None) => (first, last),
                    (Some(Quantity::Placements(first)), Quantity::Placements(last), Some(tariff)) => {
                        let priced =
                            |number: i64| cents(field, i128::from(number) * i128::from(tariff.get()));
                        (priced(first)?, priced(last)?)
                    }
                    _ => {
                        let must = "must count placements with a tariff, or euros without";
                        return Err(ReportError::refused(field, "tariff", must));
                    }
                };
                agrees(&format!("{field}.steps[0].base"), first, [whole])?;
                agrees(&fair_share, self.fair_share, after.iter().map(|line| line.amount).chain([last]))
            }
        }
    }
}

/// The last part in euros, at a tariff. In range: the part was checked with it.
pub(crate) fn priced(last: Option<&KeyStep>, tariff: Cents) -> Cents {
    let number = last.map_or(0, |step| step.part.number());
    Cents::new(number.saturating_mul(tariff.get()))
}

/// Checks each step and that it shares the part of the one before; gives the last part.
fn chain(field: &str, steps: &[KeyStep]) -> Result<Quantity, ReportError> {
    let mut before: Option<Quantity> = None;
    for (at, step) in steps.iter().enumerate() {
        let field = format!("{field}.steps[{at}]");
        step.check(&field)?;
        if before.is_some_and(|part| part != step.base) {
            let must = "must share the part of the step before";
            return Err(ReportError::refused(format!("{field}.base"), step.base.number(), must));
        }
        before = Some(step.part);
    }
    before
        .ok_or_else(|| ReportError::refused(format!("{field}.steps"), "empty", "must have one step or more"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quotient_and_remainder_make_the_product_again(
            base in any::<i64>(), weight in any::<u64>(), more in 0..u64::MAX, given in any::<bool>(),
        ) {
            let total = weight.saturating_add(more).max(1);
            let base_of = |number| Quantity::Euros(Cents::new(number));
            let Ok(step) = KeyStep::divide(String::new(), base_of(base), (weight, total), given) else {
                // Refused only for a grain without remainder, or one cent beyond the range.
                let product = u128::from(base.unsigned_abs()) * u128::from(weight);
                let (down, left) = (product / u128::from(total), product % u128::from(total));
                prop_assert!((given && left == 0) || down + u128::from(given) > i64::MAX.unsigned_abs().into());
                return Ok(());
            };
            prop_assert!(step.remainder < total);
            let again = u128::from(step.quotient.number().unsigned_abs()) * u128::from(total);
            let product = u128::from(base.unsigned_abs()) * u128::from(weight);
            prop_assert_eq!(again + u128::from(step.remainder), product);
            let grain = step.part.number().unsigned_abs() - step.quotient.number().unsigned_abs();
            prop_assert_eq!(grain, u64::from(given));
            prop_assert!(step.check("step").is_ok());
        }
    }
}
