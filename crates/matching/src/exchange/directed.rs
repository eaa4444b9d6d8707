//! Choices of a person: a dwelling directed to a household, a batch amended. Each has an author, a reason and a cost.
//!
//! « Un acteur à définir flèche les logements vers une MOUS, eu égard aux enjeux territoriaux ou supra-territoriaux »
//! (study). The cost is what the whole loses against the best one; it is shown before the choice is confirmed, and
//! kept beside the optimum for ever.

use crate::trade::ids::{AuthorId, OfferId};
pub use chambre_domain::rehousing::step::ChoiceReason;
use chambre_domain::{Date, HouseholdId, Reason, Refusal};

/// What a whole is worth, level by level: urgent households, then households, then points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[allow(missing_docs)]
pub struct Worth {
    pub urgent: i64,
    pub placed: i64,
    pub points: i64,
}

/// Whoever can tell the best whole under choices already made: a solver.
pub trait Optimum {
    /// The best whole that holds the choices; nothing when they cannot be held together.
    fn best(&self, choices: &[Choice]) -> Option<Worth>;
}

/// A pair that must be, or must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Choice {
    pub kind: ChoiceKind,
    pub household: HouseholdId,
    pub offer: OfferId,
}

/// Whether the pair must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChoiceKind {
    /// The dwelling goes to this household.
    Pin,
    /// It does not.
    Ban,
}

/// A choice whose cost is known, and that nobody has confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    choice: Choice,
    reason: ChoiceReason,
    /// Amendments confirmed when it was priced.
    beside: usize,
    before: Worth,
    after: Worth,
}

/// A confirmed choice, kept beside the optimum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// The choice.
    pub choice: Choice,
    /// Why.
    pub reason: ChoiceReason,
    /// Who.
    pub author: AuthorId,
    /// When.
    pub on: Date,
    /// What it cost, level by level; zero or more at the first level that differs.
    pub cost: Worth,
}

/// A batch: the optimum, and the amendments made to it in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmendedBatch {
    optimum: Worth,
    amendments: Vec<Amendment>,
}

impl Priced {
    /// What the choice would cost.
    #[must_use]
    pub const fn cost(&self) -> Worth {
        Worth {
            urgent: self.before.urgent - self.after.urgent,
            placed: self.before.placed - self.after.placed,
            points: self.before.points - self.after.points,
        }
    }

    /// The choice.
    #[must_use]
    pub const fn choice(&self) -> &Choice {
        &self.choice
    }
}

impl AmendedBatch {
    /// Starts from the best whole.
    ///
    /// # Errors
    /// [`Reason::PairNotEligible`] when there is none.
    pub fn new(solver: &impl Optimum) -> Result<Self, Refusal> {
        let optimum = solver.best(&[]).ok_or_else(|| Refusal::new(Reason::PairNotEligible, "batch", ""))?;
        Ok(Self { optimum, amendments: Vec::new() })
    }

    /// The worth of the optimum.
    #[must_use]
    pub const fn optimum(&self) -> Worth {
        self.optimum
    }

    /// The amendments, each with its cost.
    #[must_use]
    pub fn amendments(&self) -> &[Amendment] {
        &self.amendments
    }

    /// The worth of the batch as amended.
    #[must_use]
    pub fn worth(&self) -> Worth {
        self.amendments.iter().fold(self.optimum, |worth, amendment| Worth {
            urgent: worth.urgent - amendment.cost.urgent,
            placed: worth.placed - amendment.cost.placed,
            points: worth.points - amendment.cost.points,
        })
    }

    /// What one more choice would cost, beside those already made. Nothing changes.
    ///
    /// # Errors
    /// [`Reason::PairNotEligible`] when the rules forbid the pair or an earlier choice contradicts it.
    pub fn price(
        &self,
        choice: Choice,
        reason: ChoiceReason,
        solver: &impl Optimum,
    ) -> Result<Priced, Refusal> {
        let mut choices: Vec<_> = self.amendments.iter().map(|amendment| amendment.choice.clone()).collect();
        choices.push(choice.clone());
        let impossible = || Refusal::new(Reason::PairNotEligible, "choice", &choice.offer);
        let after = solver.best(&choices).ok_or_else(impossible)?;
        Ok(Priced { choice, reason, beside: self.amendments.len(), before: self.worth(), after })
    }

    /// A named person confirms a priced choice, once. It consumes the price.
    ///
    /// # Errors
    /// [`Reason::ProposalStep`] when another choice was confirmed since it was priced: price it again.
    pub fn confirm(&mut self, priced: Priced, author: AuthorId, on: Date) -> Result<&Amendment, Refusal> {
        if priced.beside != self.amendments.len() {
            return Err(
                Refusal::new(Reason::ProposalStep, "choice", "confirm").with("why", "priced before another")
            );
        }
        let cost = priced.cost();
        let Priced { choice, reason, .. } = priced;
        self.amendments.push(Amendment { choice, reason, author, on, cost });
        let last = self.amendments.len() - 1;
        Ok(&self.amendments[last])
    }
}
