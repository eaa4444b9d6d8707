//! The arrêté de compensation: every position of a territory in one run, the payments, the proof that all sums hold.

use super::cited::{ConventionCited, Labelled, Party, RunCited, carried_on, check_position};
use super::error::{ReportError, agrees, cents, minus, sum};
use super::key::{KeyStep, Quantity};
use chambre_domain::netting::{NetPosition, PaymentPlan};
use chambre_domain::{Cents, Siren};
use std::collections::{BTreeMap, BTreeSet};

/// One bailleur of an arrêté.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArreteLine {
    /// The bailleur.
    pub bailleur: Party,
    /// Where it stands.
    pub position: NetPosition,
    /// What keeps its position from being settled whole, in French; there exactly when it is not.
    pub limit: Option<String>,
    /// What a regional run sets off against its positions elsewhere; above zero is received.
    pub set_off: Vec<Labelled>,
}

/// Who a row of a key is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyHolder {
    /// A bailleur, and its final part.
    Bailleur(Siren),
    /// A group of the convention, whose part is shared in another table.
    Group(String),
}

/// One apportionment by largest remainder, row by row, in the order that breaks ties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTable {
    /// The version of the convention.
    pub version: u32,
    /// What the weights are, in French.
    pub title: String,
    /// Euros per placement, when the key apportions placements.
    pub tariff: Option<Cents>,
    /// Every holder of a weight, and its division.
    pub rows: Vec<(KeyHolder, KeyStep)>,
}

/// The figures of an arrêté, as they come from a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrete {
    /// The run.
    pub run: RunCited,
    /// The versions that its relogements follow.
    pub conventions: Vec<ConventionCited>,
    /// Its bailleurs, in the order of their SIREN.
    pub lines: Vec<ArreteLine>,
    /// Its payments.
    pub plan: PaymentPlan,
    /// Its keys. Empty, or enough to make every fair share (a causal version has none).
    pub keys: Vec<KeyTable>,
}

/// An arrêté whose arithmetic holds, the only kind that is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArreteCompensation(Arrete);

/// The columns of an arrêté that sum to zero, or to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub effort: Cents,
    pub fair_share: Cents,
    pub carried_over: Cents,
    pub position: Cents,
    pub settled: Cents,
    pub carried_on: Cents,
    pub moved: Cents,
}

impl ArreteCompensation {
    /// Checks every sum of an arrêté.
    ///
    /// | what is held | against |
    /// |---|---|
    /// | each position | effort − fair share + carry-over; settled no larger |
    /// | all efforts | all fair shares |
    /// | carry-overs, positions, settled amounts | zero |
    /// | settled of each bailleur | its payments |
    /// | each key | its divisions, the largest remainders, the whole; the fair shares |
    ///
    /// # Errors
    /// [`ReportError`] naming the first figure that does not hold.
    pub fn checked(arrete: Arrete) -> Result<Self, ReportError> {
        arrete.run.check()?;
        let mut before: Option<Siren> = None;
        for (at, line) in arrete.lines.iter().enumerate() {
            let field = format!("lines[{at}]");
            let siren = line.bailleur.siren;
            if line.position.bailleur != siren || before.is_some_and(|before| before >= siren) {
                let must = "must be the bailleur of its position, once, in the order of the SIREN";
                return Err(ReportError::refused(format!("{field}.bailleur"), siren, must));
            }
            before = Some(siren);
            check_position(&field, &line.position, arrete.run.between_pairs)?;
            if line.limit.is_some() == (line.position.settled == line.position.position) {
                let must = "must be named exactly when the position is not settled whole";
                return Err(ReportError::refused(format!("{field}.limit"), siren, must));
            }
        }
        let totals = totals(&arrete)?;
        agrees("lines.fair_share", totals.fair_share, [totals.effort])?;
        for (field, total) in [
            ("lines.carried_over", totals.carried_over),
            ("lines.position", totals.position),
            ("lines.settled", totals.settled),
        ] {
            agrees(field, total, [])?;
        }
        check_plan(&arrete)?;
        check_keys(&arrete)?;
        Ok(Self(arrete))
    }

    /// The figures.
    #[must_use]
    pub const fn figures(&self) -> &Arrete {
        &self.0
    }

    /// The arrêté as PDF.
    ///
    /// # Errors
    /// [`ReportError::Pdf`] when the library refuses to write it.
    pub fn pdf(&self) -> Result<Vec<u8>, ReportError> {
        super::arrete_pdf::write(&self.0)
    }
}

/// The sums of the columns.
pub(crate) fn totals(arrete: &Arrete) -> Result<Totals, ReportError> {
    let column = |field: &str, of: fn(&NetPosition) -> Cents| {
        sum(field, arrete.lines.iter().map(|line| of(&line.position)))
    };
    Ok(Totals {
        effort: column("lines.effort", |position| position.effort)?,
        fair_share: column("lines.fair_share", |position| position.fair_share)?,
        carried_over: column("lines.carried_over", |position| position.carried_over)?,
        position: column("lines.position", |position| position.position)?,
        settled: column("lines.settled", |position| position.settled)?,
        carried_on: column("lines.carried_on", carried_on)?,
        moved: sum("plan.payments", arrete.plan.payments.iter().map(|payment| payment.amount.cents()))?,
    })
}

fn check_plan(arrete: &Arrete) -> Result<(), ReportError> {
    let mut moved: BTreeMap<Siren, Vec<Cents>> = BTreeMap::new();
    for line in &arrete.lines {
        moved.insert(line.bailleur.siren, line.set_off.iter().map(|line| line.amount).collect());
    }
    let mut seen = BTreeSet::new();
    for (at, payment) in arrete.plan.payments.iter().enumerate() {
        let field = format!("plan.payments[{at}]");
        if !seen.insert(&payment.id) {
            return Err(ReportError::refused(field, &payment.id, "must stand once"));
        }
        if payment.from == payment.to {
            return Err(ReportError::refused(field, payment.from, "must be between two bailleurs"));
        }
        let amount = payment.amount.cents();
        for (siren, amount) in [(payment.to, amount), (payment.from, minus(&field, amount)?)] {
            let unknown = || ReportError::UnknownBailleur { field: field.clone(), siren };
            moved.get_mut(&siren).ok_or_else(unknown)?.push(amount);
        }
    }
    for (at, line) in arrete.lines.iter().enumerate() {
        let payments = moved.remove(&line.bailleur.siren).unwrap_or_default();
        agrees(&format!("lines[{at}].settled"), line.position.settled, payments)?;
    }
    let count = arrete.plan.payments.len();
    if usize::try_from(arrete.plan.lower_bound).is_ok_and(|bound| bound <= count) {
        Ok(())
    } else {
        let must = "must be at most the number of payments";
        Err(ReportError::refused("plan.lower_bound", arrete.plan.lower_bound, must))
    }
}

fn check_keys(arrete: &Arrete) -> Result<(), ReportError> {
    let mut shares: BTreeMap<Siren, i128> = BTreeMap::new();
    for (at, table) in arrete.keys.iter().enumerate() {
        let field = format!("keys[{at}]");
        check_table(&field, table)?;
        for (holder, step) in &table.rows {
            if let KeyHolder::Bailleur(siren) = holder {
                let priced = i128::from(table.tariff.map_or(1, Cents::get));
                *shares.entry(*siren).or_default() += i128::from(step.part.number()) * priced;
            }
        }
    }
    if arrete.keys.is_empty() {
        return Ok(());
    }
    for (at, line) in arrete.lines.iter().enumerate() {
        let field = format!("lines[{at}].fair_share");
        let share = cents(&field, shares.remove(&line.bailleur.siren).unwrap_or_default())?;
        agrees(&field, line.position.fair_share, [share])?;
    }
    match shares.into_iter().find(|(_, share)| *share != 0) {
        Some((siren, _)) => Err(ReportError::UnknownBailleur { field: "keys".to_owned(), siren }),
        None => Ok(()),
    }
}

/// One whole is shared, all of it, and each grain of the remainder goes to a largest one; ties to the first row.
fn check_table(field: &str, table: &KeyTable) -> Result<(), ReportError> {
    let steps = || table.rows.iter().map(|(_, step)| step);
    let Some(first) = steps().next() else {
        return Err(ReportError::refused(format!("{field}.rows"), "empty", "must have one row or more"));
    };
    if table.tariff.is_some() != matches!(first.base, Quantity::Placements(_)) {
        let must = "must be there exactly when placements are apportioned";
        return Err(ReportError::refused(format!("{field}.tariff"), &table.title, must));
    }
    for (at, step) in steps().enumerate() {
        let field = format!("{field}.rows[{at}]");
        step.check(&field)?;
        if step.base != first.base || step.total_weight != first.total_weight {
            let must = "must share the same whole on the same total weight";
            return Err(ReportError::refused(field, step.base.number(), must));
        }
    }
    let weights: u128 = steps().map(|step| u128::from(step.weight)).sum();
    if weights != u128::from(first.total_weight) {
        let must = "must sum to the total weight";
        return Err(ReportError::refused(format!("{field}.weight"), weights, must));
    }
    let parts = steps().map(|step| Cents::new(step.part.number()));
    agrees(&format!("{field}.part"), Cents::new(first.base.number()), parts)?;
    let mut order: Vec<_> = steps().enumerate().collect();
    order.sort_by_key(|(at, step)| (std::cmp::Reverse(step.remainder), *at));
    let wrong = order.windows(2).any(|pair| pair[1].1.grain_given && !pair[0].1.grain_given);
    if wrong {
        let must = "must go to the largest remainders, ties to the first row";
        return Err(ReportError::refused(format!("{field}.grain_given"), &table.title, must));
    }
    Ok(())
}
