//! What one relogement brings to a run, line by line.

use super::cited::{Labelled, Party};
use super::error::{ReportError, agrees, minus};
use chambre_domain::{Cents, Date, OperationId, RelogementId};

/// What the bailleur of the relevé is to a relogement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It hosts the household: it bears the effort.
    Accueil,
    /// The household comes from its operation.
    Origine,
    /// Both: nobody helped anybody, but some conventions share these efforts too.
    Interne,
}

impl Role {
    /// Its name in French.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::Accueil => "accueil",
            Self::Origine => "origine",
            Self::Interne => "interne",
        }
    }

    /// Whether the effort is borne by the bailleur of the relevé.
    #[must_use]
    pub const fn bears(self) -> bool {
        !matches!(self, Self::Origine)
    }
}

/// One relogement of a relevé. Amounts are what the convention *counts*, cumulated since the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelogementLine {
    /// Its identifier.
    pub id: RelogementId,
    /// Its operation.
    pub operation: OperationId,
    /// What the bailleur of the relevé is to it.
    pub role: Role,
    /// The other bailleur; nobody for an internal relogement.
    pub other: Option<Party>,
    /// The date of its lease.
    pub lease_date: Date,
    /// The version of the convention it follows: the one in force on that date.
    pub convention_version: u32,
    /// Rent gap counted.
    pub rent_gap: Cents,
    /// Works counted.
    pub works: Cents,
    /// Vacancy counted.
    pub vacancy: Cents,
    /// ANRU indemnity deducted: above zero when received.
    pub indemnity: Cents,
    /// What makes the effort differ from gap + works + vacancy − indemnity: floor, cap, shared percentage, tariff.
    pub adjustments: Vec<Labelled>,
    /// Effort to date: the sum of the lines above.
    pub to_date: Cents,
    /// What approved runs shared of it before.
    pub shared_before: Cents,
    /// What this run shares of it: to date − shared before, or zero when it is held.
    pub shared_now: Cents,
    /// Why this run shares nothing of it, in French: a dispute, an internal relogement that the convention leaves out.
    pub held: Option<String>,
    /// What was measured but not counted, with the reason in French.
    pub left_out: Vec<Labelled>,
}

impl RelogementLine {
    pub(crate) fn check(&self, field: &str) -> Result<(), ReportError> {
        let named = |name: &str| format!("{field}.{name}");
        let lines = [self.rent_gap, self.works, self.vacancy, minus(&named("indemnity"), self.indemnity)?];
        let adjusted = self.adjustments.iter().map(|line| line.amount);
        agrees(&named("to_date"), self.to_date, lines.into_iter().chain(adjusted))?;
        let before = minus(&named("shared_before"), self.shared_before)?;
        let parts = if self.held.is_some() { Vec::new() } else { vec![self.to_date, before] };
        agrees(&named("shared_now"), self.shared_now, parts)?;
        if (self.role == Role::Interne) == self.other.is_some() {
            let must = "must be there, unless the relogement is internal";
            return Err(ReportError::refused(named("other"), &self.id, must));
        }
        Ok(())
    }
}
