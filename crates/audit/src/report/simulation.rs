//! Several conventions on the same journal: what each bailleur would pay or receive. Nothing is written anywhere.

use super::cited::Party;
use super::error::{ReportError, agrees, minus, sum};
use super::words::{Cell, Sheet};
use chambre_domain::{Cents, Date, Period, Seal, Seq, Siren, TerritoryId, french};
use std::collections::{BTreeMap, BTreeSet};

/// What a convention would make of one bailleur, carry-overs aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SimulatedPosition {
    /// Effort shared that it bore.
    pub effort: Cents,
    /// Its part of all efforts.
    pub fair_share: Cents,
    /// Effort − fair share: above zero, it would receive.
    pub position: Cents,
}

/// One of the conventions compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// Its short name, in French: « 60/40 », « Parc », « Causale sans travaux ».
    pub title: String,
    /// Its rule in one French sentence.
    pub rule: String,
    /// Each bailleur of the comparison; one that is absent has nothing to pay or receive.
    pub positions: BTreeMap<Siren, SimulatedPosition>,
    /// How many payments would settle it all, when that was computed.
    pub payments: Option<u32>,
}

/// The figures of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    /// Where.
    pub territory: TerritoryId,
    /// When.
    pub period: Period,
    /// The last écriture read.
    pub at_seq: Seq,
    /// Its seal.
    pub seal: Seal,
    /// The day printed on the document.
    pub issued_on: Date,
    /// The bailleurs, in the order of their SIREN.
    pub bailleurs: Vec<Party>,
    /// The conventions, in the order printed: one to eight.
    pub conventions: Vec<Simulated>,
}

/// A comparison whose arithmetic holds, the only kind that is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulationComparee(Simulation);

const COLUMNS: [&str; 8] = [
    "SIREN",
    "Bailleur",
    "Convention",
    "Règle",
    "Effort supporté",
    "Part équitable",
    "Position (à recevoir si positive)",
    "Sens",
];

impl SimulationComparee {
    /// Most conventions that one document compares: beyond, columns are too narrow to be read.
    pub const MOST_CONVENTIONS: usize = 8;

    /// Checks that each position is effort − fair share and that each convention shares exactly what was borne.
    ///
    /// # Errors
    /// [`ReportError`] naming the first figure that does not hold.
    pub fn checked(simulation: Simulation) -> Result<Self, ReportError> {
        let number = simulation.conventions.len();
        if number == 0 || number > Self::MOST_CONVENTIONS {
            return Err(ReportError::refused("conventions", number, "must be one to eight"));
        }
        let mut known = BTreeSet::new();
        for (at, party) in simulation.bailleurs.iter().enumerate() {
            let last = known.last().copied();
            if last.is_some_and(|last: Siren| last >= party.siren) {
                let must = "must stand once, in the order of the SIREN";
                return Err(ReportError::refused(format!("bailleurs[{at}]"), party.siren, must));
            }
            known.insert(party.siren);
        }
        let mut titles = BTreeSet::new();
        for (at, convention) in simulation.conventions.iter().enumerate() {
            let field = format!("conventions[{at}]");
            if convention.title.trim().is_empty() || !titles.insert(convention.title.trim()) {
                let must = "must be there, and another for each convention";
                return Err(ReportError::refused(format!("{field}.title"), &convention.title, must));
            }
            check(&field, convention, &known)?;
        }
        Ok(Self(simulation))
    }

    /// The figures.
    #[must_use]
    pub const fn figures(&self) -> &Simulation {
        &self.0
    }

    /// Picture and tables as PDF.
    ///
    /// # Errors
    /// [`ReportError::Pdf`] when the library refuses to write it.
    pub fn pdf(&self) -> Result<Vec<u8>, ReportError> {
        super::simulation_pdf::write(&self.0)
    }

    /// One row per bailleur and convention, for a French spreadsheet.
    ///
    /// # Errors
    /// [`ReportError::Csv`] when it cannot be written.
    pub fn csv(&self) -> Result<Vec<u8>, ReportError> {
        let mut sheet = Sheet::new(&COLUMNS)?;
        for party in &self.0.bailleurs {
            for convention in &self.0.conventions {
                let at = position(convention, party.siren);
                sheet.row([
                    Cell::text(party.siren),
                    Cell::text(party.label()),
                    Cell::text(&convention.title),
                    Cell::text(&convention.rule),
                    Cell::euros(at.effort),
                    Cell::euros(at.fair_share),
                    Cell::euros(at.position),
                    Cell::text(super::words::side(at.position)),
                ])?;
            }
        }
        Ok(sheet.finish())
    }
}

fn check(field: &str, convention: &Simulated, known: &BTreeSet<Siren>) -> Result<(), ReportError> {
    for (siren, position) in &convention.positions {
        let field = format!("{field}.positions[{siren}]");
        if !known.contains(siren) {
            return Err(ReportError::UnknownBailleur { field, siren: *siren });
        }
        let share = minus(&field, position.fair_share)?;
        agrees(&field, position.position, [position.effort, share])?;
    }
    let positions = convention.positions.values();
    agrees(&format!("{field}.positions"), Cents::ZERO, positions.map(|position| position.position))
}

/// What a convention makes of a bailleur.
pub(crate) fn position(convention: &Simulated, siren: Siren) -> SimulatedPosition {
    convention.positions.get(&siren).copied().unwrap_or_default()
}

/// Everything borne that a convention shares, and everything that would be paid.
pub(crate) fn volume(convention: &Simulated) -> Result<(Cents, Cents), ReportError> {
    let positions = || convention.positions.values();
    let shared = sum("effort", positions().map(|position| position.effort))?;
    let paid = sum("position", positions().map(|position| position.position.max(Cents::ZERO)))?;
    Ok((shared, paid))
}

/// `A`, `B`…: the name of a column.
pub(crate) fn letter(at: usize) -> String {
    u8::try_from(at).ok().and_then(|at| b'A'.checked_add(at)).map(char::from).unwrap_or('?').to_string()
}

/// `Plaine Commune, du 1er janvier 2025 au 31 décembre 2025`.
pub(crate) fn about(simulation: &Simulation) -> String {
    let place = &simulation.territory.territory().name;
    format!("{place}, {}", super::words::period(simulation.period))
}

/// `1er février 2026`.
pub(crate) fn issued(simulation: &Simulation) -> String {
    french::long_date(simulation.issued_on)
}
