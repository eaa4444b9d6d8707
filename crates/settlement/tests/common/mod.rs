//! Bailleurs A to E, relogements in euros, runs: the vocabulary of the worked examples.

#![allow(clippy::unwrap_used, dead_code)]

use chambre_domain::measure::{EffortLine, LineKind, MeasuredRelogement};
use chambre_domain::rent::RentHistory;
use chambre_domain::{
    Cents, Convention, Date, NettingId, NettingProposal, OfficerId, Period, Reason, Refusal, RelogementId,
    Seq, Siren, TerritoryId,
};
use chambre_settlement::{NettingInput, Obligations, propose};
use std::collections::BTreeMap;

pub const A: u32 = 1;
pub const B: u32 = 2;
pub const C: u32 = 3;
pub const D: u32 = 4;
pub const E: u32 = 5;
pub const STOCK: [u64; 5] = [12_000, 6_500, 4_200, 2_750, 1_333];
pub const LEASE: Date = Date::constant(2025, 3, 1);
pub const CUT_OFF: Date = Date::constant(2025, 12, 31);

pub fn siren(n: u32) -> Siren {
    Siren::fictitious(n)
}

pub fn territory() -> TerritoryId {
    TerritoryId::parse("territory", "200057867").unwrap()
}

pub fn line(kind: LineKind, cents: i64) -> EffortLine {
    EffortLine { seq: Seq::ZERO, occurred_on: LEASE, kind, amount: Cents::new(cents) }
}

/// A relogement with its rent gap, works, vacancy of ten days and indemnity, in cents.
pub fn relogement(seq: u64, origin: u32, host: u32, amounts: [i64; 4]) -> MeasuredRelogement {
    let kinds = [LineKind::RentGap, LineKind::Works, LineKind::Vacancy { days: 10 }, LineKind::Indemnity];
    MeasuredRelogement {
        recorded_seq: Seq::new(seq),
        id: RelogementId::parse("id", &format!("r{seq}")).unwrap(),
        territory: territory(),
        origin: siren(origin),
        host: siren(host),
        convention_version: 1,
        rents: RentHistory {
            reference: Cents::ZERO,
            practised: Cents::ZERO,
            charges: None,
            lease_date: LEASE,
            ended_on: None,
            revisions: Vec::new(),
        },
        lines: kinds
            .into_iter()
            .zip(amounts)
            .filter(|(_, c)| *c != 0)
            .map(|(kind, c)| line(kind, c))
            .collect(),
        accrued: Cents::ZERO,
        shared: Cents::ZERO,
        reversed: false,
    }
}

/// The nine relogements of netting.md, section 3.
pub fn nine() -> Vec<MeasuredRelogement> {
    vec![
        relogement(1, A, C, [324_000, 115_055, 48_630, 240_000]),
        relogement(2, A, C, [288_000, 0, 51_240, 0]),
        relogement(3, A, D, [410_400, 82_010, 0, 550_000]),
        relogement(4, B, C, [198_000, 30_000, 27_525, 0]),
        relogement(5, B, E, [273_000, 199_999, 41_001, 120_000]),
        relogement(6, C, A, [126_000, 0, 19_845, 0]),
        relogement(7, A, B, [220_500, 64_000, 0, 0]),
        relogement(8, B, A, [231_000, 0, 0, 0]),
        relogement(9, A, A, [150_000, 40_000, 0, 0]),
    ]
}

/// Books the mirror of every line, as the reversal of the whole relogement does.
pub fn reverse(relogement: &mut MeasuredRelogement) {
    let mirrors: Vec<EffortLine> = relogement
        .lines
        .iter()
        .map(|line| EffortLine {
            amount: line.amount.checked_neg().unwrap(),
            kind: match line.kind {
                LineKind::Vacancy { days } => LineKind::Vacancy { days: -days },
                other => other,
            },
            ..*line
        })
        .collect();
    relogement.lines.extend(mirrors);
    relogement.reversed = true;
}

/// A convention from its own tables; `version` is in force from 1 January of `2024 + version`.
pub fn convention(version: u32, tables: &str) -> Convention {
    let year = 2024 + version;
    Convention::from_toml(&format!(
        "territory = \"200057867\"\nversion = {version}\nin_force_from = \"{year}-01-01\"\ntitle = \"Fictive\"\n{tables}"
    ))
    .unwrap()
}

pub const CAUSAL: &str = "[fair_share]\nrule = \"causal\"\n";

/// Weights of the first bailleurs, as a table of the convention.
pub fn weights(weights: &[u64]) -> String {
    let table: Vec<String> =
        (1..).zip(weights).map(|(n, weight)| format!("\"{}\" = {weight}", siren(n))).collect();
    format!("weights = {{ {} }}\n", table.join(", "))
}

pub fn key(by: &[u64]) -> String {
    format!("[fair_share]\nrule = \"key\"\nbasis = \"stock\"\n{}", weights(by))
}

pub fn roles(pct: u32, demolishers: &[u32], by: &[u64]) -> String {
    let named: Vec<String> = demolishers.iter().map(|n| format!("\"{}\"", siren(*n))).collect();
    let demolishers = format!("demolishers_pct = {pct}\ndemolishers = [{}]\n", named.join(", "));
    format!("[fair_share]\nrule = \"roles\"\nbasis = \"stock\"\n{demolishers}{}", weights(by))
}

/// A run over the year 2025, with what differs between examples.
#[derive(Debug, Clone)]
pub struct Run {
    pub conventions: Vec<Convention>,
    pub relogements: Vec<MeasuredRelogement>,
    pub held: Vec<Siren>,
    pub held_relogements: Vec<u64>,
    pub refusers: Vec<u32>,
    pub carried_over: BTreeMap<Siren, Cents>,
    pub carried_obligations: Obligations,
    pub cut_off: Date,
}

impl Run {
    pub fn of(tables: &str, relogements: Vec<MeasuredRelogement>) -> Self {
        let conventions = vec![convention(1, tables)];
        Self {
            conventions,
            relogements,
            held: Vec::new(),
            held_relogements: Vec::new(),
            refusers: Vec::new(),
            carried_over: BTreeMap::new(),
            carried_obligations: Obligations::new(),
            cut_off: CUT_OFF,
        }
    }

    pub fn propose(&self) -> Result<NettingProposal, Refusal> {
        propose(&self.input())
    }

    pub fn input(&self) -> NettingInput<'_> {
        let period = Period::new(Date::constant(2025, 1, 1), self.cut_off).unwrap();
        let officer = OfficerId::parse("officer", "o1").unwrap();
        let id = NettingId::parse("netting", "2025").unwrap();
        NettingInput {
            held: self.held.clone(),
            held_relogements: self.held_relogements.iter().map(|seq| Seq::new(*seq)).collect(),
            refusers: self.refusers.iter().copied().map(siren).collect(),
            conventions: &self.conventions,
            relogements: &self.relogements,
            carried_over: self.carried_over.clone(),
            carried_obligations: self.carried_obligations.clone(),
            ..NettingInput::new(id, territory(), period, Seq::new(1_000), officer)
        }
    }

    pub fn proposed(&self) -> NettingProposal {
        self.propose().unwrap()
    }

    pub fn refused(&self) -> Reason {
        self.propose().unwrap_err().reason
    }

    /// Books an approved proposal whose payments were all made: the state the next run starts from.
    pub fn approve(&mut self, proposal: &NettingProposal) {
        for shared in &proposal.shared {
            let relogement =
                self.relogements.iter_mut().find(|one| one.recorded_seq == shared.recorded_seq).unwrap();
            relogement.shared = relogement.shared.checked_add(shared.amount).unwrap();
        }
        let left = |p: &chambre_domain::netting::NetPosition| {
            (p.bailleur, p.position.checked_sub(p.settled).unwrap())
        };
        self.carried_over =
            proposal.positions.iter().map(left).filter(|(_, cents)| *cents != Cents::ZERO).collect();
    }
}

/// One figure of each bailleur A to E.
pub fn column(
    proposal: &NettingProposal,
    figure: fn(&chambre_domain::netting::NetPosition) -> Cents,
) -> [i64; 5] {
    [A, B, C, D, E].map(|n| {
        let position = proposal.positions.iter().find(|position| position.bailleur == siren(n));
        position.map_or(0, |position| figure(position).get())
    })
}

pub fn positions(proposal: &NettingProposal) -> [i64; 5] {
    column(proposal, |position| position.position)
}

pub fn settled(proposal: &NettingProposal) -> [i64; 5] {
    column(proposal, |position| position.settled)
}

/// What each bailleur carries into the next run.
pub fn carried(proposal: &NettingProposal) -> [i64; 5] {
    let (positions, settled) = (positions(proposal), settled(proposal));
    std::array::from_fn(|n| positions[n] - settled[n])
}

/// The payments as `(payer, payee, cents)`.
pub fn payments(proposal: &NettingProposal) -> Vec<(u32, u32, i64)> {
    let name = |of: Siren| (0..).find(|n| siren(*n) == of).unwrap();
    proposal.plan.payments.iter().map(|p| (name(p.from), name(p.to), p.amount.get())).collect()
}
