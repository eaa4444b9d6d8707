//! The relevé: what one bailleur pays or receives in one run, and every figure it comes from.

use super::cited::{Labelled, Party, RunCited, check_position};
use super::error::{ReportError, agrees};
use super::key::{HowShared, VersionPart};
use super::relogement::{RelogementLine, Role};
use chambre_domain::netting::NetPosition;
use chambre_domain::{Amount, Cents, PaymentId};
use std::collections::BTreeSet;

/// What keeps a position from being settled whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlementLimit {
    /// Its name in French: which cap, a hold, the threshold, what the others can pay.
    pub label: String,
    /// The most it lets the bailleur pay, when it is an amount. Zero or more.
    pub most: Option<Cents>,
}

/// Whether the bailleur of the relevé pays or receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// It pays.
    Pays,
    /// It receives.
    Receives,
}

impl Direction {
    /// In French, about the bailleur of the relevé.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::Pays => "à payer",
            Self::Receives => "à recevoir",
        }
    }
}

/// A payment of the plan, seen by one of its two sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentPart {
    /// Its reference, also at the bank.
    pub id: PaymentId,
    /// Whether the bailleur pays or receives it.
    pub direction: Direction,
    /// The other side.
    pub counterparty: Party,
    /// The part of it that settles this territory.
    pub amount: Amount,
    /// The whole payment, when it settles other territories too.
    pub whole: Option<Amount>,
    /// What became of it, in French: « attendu », « payé le 03/11/2026 ».
    pub state: String,
}

impl PaymentPart {
    /// The amount as the bailleur of the relevé sees it: above zero when it receives.
    pub(crate) fn signed(&self) -> Cents {
        let amount = self.amount.cents();
        match self.direction {
            Direction::Receives => amount,
            // An amount is above zero: it has an opposite.
            Direction::Pays => amount.checked_neg().unwrap_or_default(),
        }
    }
}

/// The figures of a relevé, as they come from a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Releve {
    /// The run.
    pub run: RunCited,
    /// Whose relevé.
    pub bailleur: Party,
    /// Where it stands.
    pub position: NetPosition,
    /// Effort and fair share, by version of the convention.
    pub versions: Vec<VersionPart>,
    /// Where the carry-over comes from; may be empty when nobody knows more than its amount.
    pub carried_from: Vec<Labelled>,
    /// What keeps the position from being settled whole; there exactly when it is not.
    pub limit: Option<SettlementLimit>,
    /// Its payments.
    pub payments: Vec<PaymentPart>,
    /// What a regional run sets off against positions in other territories; above zero is received.
    pub set_off: Vec<Labelled>,
    /// Its relogements, in the order printed.
    pub relogements: Vec<RelogementLine>,
}

/// A relevé whose arithmetic holds, the only kind that is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleveBailleur(Releve);

impl ReleveBailleur {
    /// Checks every sum of a relevé.
    ///
    /// | what is held | against |
    /// |---|---|
    /// | position | effort − fair share + carry-over |
    /// | effort, fair share | the sums of the versions |
    /// | effort of a version | what its hosted relogements share now |
    /// | fair share of a version | its key, step by step, or what its relogements of origin share now |
    /// | a relogement | its lines, and what was shared before |
    /// | settled now | no more than the position, and the payments |
    ///
    /// # Errors
    /// [`ReportError`] naming the first figure that does not hold.
    pub fn checked(releve: Releve) -> Result<Self, ReportError> {
        releve.run.check()?;
        let position = &releve.position;
        if position.bailleur != releve.bailleur.siren {
            let must = "must be the bailleur of the position";
            return Err(ReportError::refused("bailleur.siren", releve.bailleur.siren, must));
        }
        check_position("position", position, releve.run.between_pairs)?;
        if !releve.carried_from.is_empty() {
            let parts = releve.carried_from.iter().map(|line| line.amount);
            agrees("position.carried_over", position.carried_over, parts)?;
        }
        agrees("position.effort", position.effort, releve.versions.iter().map(|version| version.effort))?;
        let shares = releve.versions.iter().map(|version| version.fair_share);
        agrees("position.fair_share", position.fair_share, shares)?;
        check_versions(&releve)?;
        check_relogements(&releve)?;
        check_limit(&releve)?;
        check_payments(&releve)?;
        Ok(Self(releve))
    }

    /// The figures.
    #[must_use]
    pub const fn figures(&self) -> &Releve {
        &self.0
    }

    /// The relevé as PDF.
    ///
    /// # Errors
    /// [`ReportError::Pdf`] when the library refuses to write it.
    pub fn pdf(&self) -> Result<Vec<u8>, ReportError> {
        super::releve_pdf::write(&self.0)
    }

    /// The computation for a French spreadsheet: one row per figure, from the effort to the payments.
    ///
    /// # Errors
    /// [`ReportError::Csv`] when it cannot be written.
    pub fn csv(&self) -> Result<Vec<u8>, ReportError> {
        super::releve_csv::figures(&self.0)
    }

    /// The relogements for a French spreadsheet: one row each.
    ///
    /// # Errors
    /// [`ReportError::Csv`] when it cannot be written.
    pub fn relogements_csv(&self) -> Result<Vec<u8>, ReportError> {
        super::releve_csv::relogements(&self.0)
    }
}

fn check_versions(releve: &Releve) -> Result<(), ReportError> {
    let mut seen = BTreeSet::new();
    for (at, version) in releve.versions.iter().enumerate() {
        let field = format!("versions[{at}]");
        let number = version.convention.version;
        if !seen.insert(number) {
            return Err(ReportError::refused(field, number, "must stand once"));
        }
        version.check(&field)?;
        let of = |role: fn(Role) -> bool| {
            releve
                .relogements
                .iter()
                .filter(move |line| line.convention_version == number && role(line.role))
                .map(|line| line.shared_now)
        };
        agrees(&format!("{field}.effort"), version.effort, of(Role::bears))?;
        if version.how == HowShared::Origin {
            let caused = of(|role| role != Role::Accueil);
            agrees(&format!("{field}.fair_share"), version.fair_share, caused)?;
        }
    }
    Ok(())
}

fn check_relogements(releve: &Releve) -> Result<(), ReportError> {
    let mut seen = BTreeSet::new();
    for (at, line) in releve.relogements.iter().enumerate() {
        let field = format!("relogements[{at}]");
        if !seen.insert(&line.id) {
            return Err(ReportError::refused(field, &line.id, "must stand once"));
        }
        line.check(&field)?;
        if !releve.versions.iter().any(|version| version.convention.version == line.convention_version) {
            let must = "must be a version that the relevé cites";
            return Err(ReportError::refused(field, line.convention_version, must));
        }
    }
    Ok(())
}

fn check_limit(releve: &Releve) -> Result<(), ReportError> {
    let whole = releve.position.settled == releve.position.position;
    match &releve.limit {
        None if whole => Ok(()),
        None => {
            let must = "must be named when the position is not settled whole";
            Err(ReportError::refused("limit", "none", must))
        }
        Some(limit) if whole => Err(ReportError::refused(
            "limit",
            &limit.label,
            "must be absent when the position is settled whole",
        )),
        Some(limit) => {
            // Caps bound what is paid, not what is received.
            let paid = releve.position.settled.get().min(0).unsigned_abs();
            match limit.most {
                Some(most) if most.get() < 0 || paid > most.get().unsigned_abs() => {
                    let must = "must be zero or more, and no less than what is paid";
                    Err(ReportError::refused("limit.most", most, must))
                }
                _ => Ok(()),
            }
        }
    }
}

fn check_payments(releve: &Releve) -> Result<(), ReportError> {
    let mut seen = BTreeSet::new();
    for (at, payment) in releve.payments.iter().enumerate() {
        let field = format!("payments[{at}]");
        if !seen.insert(&payment.id) {
            return Err(ReportError::refused(field, &payment.id, "must stand once"));
        }
        if payment.counterparty.siren == releve.bailleur.siren {
            let must = "must be another bailleur";
            return Err(ReportError::refused(format!("{field}.counterparty"), releve.bailleur.siren, must));
        }
        if payment.whole.is_some_and(|whole| whole < payment.amount) {
            let must = "must be no more than the whole payment";
            return Err(ReportError::refused(format!("{field}.amount"), payment.amount.cents(), must));
        }
    }
    let payments = releve.payments.iter().map(PaymentPart::signed);
    let set_off = releve.set_off.iter().map(|line| line.amount);
    agrees("position.settled", releve.position.settled, set_off.chain(payments))
}
