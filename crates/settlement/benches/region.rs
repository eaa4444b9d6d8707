//! A region over eight years: `cargo bench -p chambre-settlement --bench region [SCALE…]` (default: 1 10 100).
//!
//! 63 territories, 150 bailleurs, 40 000 × SCALE relogements, one run a year and a territory, one regional plan a
//! year. Shows that the time follows the declarations, not the history: running totals, no line read twice.
//! For comparison, the same runs with every line read again. CPU time of the one thread, from the kernel.

#![allow(clippy::unwrap_used)]

use chambre_domain::measure::{EffortLine, LineKind, MeasuredRelogement};
use chambre_domain::regional::Compression;
use chambre_domain::rent::RentHistory;
use chambre_domain::{
    Atlas, Cents, Convention, Date, NettingId, NettingProposal, OfficerId, Period, RelogementId, Seq, Siren,
    TerritoryId,
};
use chambre_settlement::{LocalPlans, NettingInput, RunningTerritory, compress, compute, opening_after};
use std::collections::BTreeMap;

const YEARS: i16 = 8;
const FIRST_YEAR: i16 = 2025;
const RELOGEMENTS: u64 = 40_000;
const BAILLEURS: u64 = 150;
/// Bailleurs present in one territory.
const PRESENT: u64 = 24;

/// Nanoseconds that this thread ran.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// A small generator with a fixed seed: the same region on every machine (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn cents(&mut self, most: u64) -> Cents {
        Cents::new(i64::try_from(self.below(most)).unwrap())
    }
}

/// The bailleur of that rank in a territory.
fn bailleur(territory: u64, rank: u64) -> Siren {
    Siren::fictitious(u32::try_from(1 + (territory * 7 + rank) % BAILLEURS).unwrap())
}

/// Causal, a stock key, or 60/40, in turn.
fn convention(territory: TerritoryId, number: u64) -> Convention {
    let weight = |rank| format!("\"{}\" = {}", bailleur(number, rank), 500 + rank * 331);
    let weights: Vec<String> = (0..PRESENT).map(weight).collect();
    let key = format!("basis = \"stock\"\nweights = {{ {} }}", weights.join(", "));
    let share = match number % 3 {
        0 => "rule = \"causal\"".to_owned(),
        1 => format!("rule = \"key\"\n{key}"),
        _ => format!(
            "rule = \"roles\"\ndemolishers_pct = 60\ndemolishers = [\"{}\"]\n{key}",
            bailleur(number, 0)
        ),
    };
    let head = format!(
        "territory = \"{territory}\"\nversion = 1\nin_force_from = \"2025-01-01\"\ntitle = \"Mesure\"\n"
    );
    Convention::from_toml(&format!("{head}[fair_share]\n{share}\n")).unwrap()
}

fn declared(territory: TerritoryId, number: u64, seq: u64, year: i16, dice: &mut Dice) -> MeasuredRelogement {
    let month = i8::try_from(1 + dice.below(12)).unwrap();
    let lease_date = Date::new(year, month, 1).unwrap();
    let line = |kind, amount| EffortLine { seq: Seq::new(seq), occurred_on: lease_date, kind, amount };
    MeasuredRelogement {
        recorded_seq: Seq::new(seq),
        id: RelogementId::parse("id", &format!("r{seq}")).unwrap(),
        territory,
        origin: bailleur(number, dice.below(PRESENT / 3)),
        host: bailleur(number, dice.below(PRESENT)),
        convention_version: 1,
        rents: RentHistory {
            reference: Cents::ZERO,
            practised: Cents::ZERO,
            charges: None,
            lease_date,
            ended_on: None,
            revisions: Vec::new(),
        },
        lines: vec![
            line(LineKind::RentGap, dice.cents(600_000)),
            line(LineKind::Works, dice.cents(300_000)),
            line(LineKind::Vacancy { days: 30 }, dice.cents(90_000)),
        ],
        accrued: Cents::ZERO,
        shared: Cents::ZERO,
        reversed: false,
    }
}

/// What a size cost, in nanoseconds of CPU.
#[derive(Default)]
struct Cost {
    relogements: u64,
    lines: u64,
    declaring: u64,
    netting: u64,
    regional: u64,
    full_reading: u64,
    payments: usize,
    regional_payments: usize,
}

fn period(year: i16) -> Period {
    Period::new(Date::new(year, 1, 1).unwrap(), Date::new(year, 12, 31).unwrap()).unwrap()
}

/// One territory over its years; its payments by year.
fn territory(
    id: TerritoryId,
    number: u64,
    scale: u64,
    compare: bool,
    cost: &mut Cost,
) -> Vec<NettingProposal> {
    let mut dice = Dice(number);
    let conventions = [convention(id, number)];
    let mut totals = RunningTerritory::new();
    let mut all: Vec<MeasuredRelogement> = Vec::new();
    let mut carried_over = BTreeMap::new();
    let mut proposals = Vec::new();
    let mut seq = 0;
    let a_year = RELOGEMENTS * scale / 63 / u64::try_from(YEARS).unwrap();
    for year in FIRST_YEAR..FIRST_YEAR + YEARS {
        let first_of_before = seq + 1 - a_year.min(seq);
        let before = seq;
        let fresh: Vec<MeasuredRelogement> = (0..a_year)
            .map(|_| {
                seq += 1;
                declared(id, number, seq, year, &mut dice)
            })
            .collect();
        // A quarter of last year's relogements receive their indemnity now.
        let late: Vec<(Seq, EffortLine)> = (first_of_before..=before)
            .filter(|seq| seq % 4 == 0)
            .map(|seq| {
                let occurred_on = Date::new(year, 6, 1).unwrap();
                let amount = dice.cents(400_000);
                (
                    Seq::new(seq),
                    EffortLine { seq: Seq::new(seq), occurred_on, kind: LineKind::Indemnity, amount },
                )
            })
            .collect();
        cost.relogements += a_year;
        cost.lines += a_year * 3 + u64::try_from(late.len()).unwrap();
        let start = cpu();
        fresh.iter().for_each(|one| totals.record(one).unwrap());
        late.iter().for_each(|(seq, line)| totals.add(*seq, *line).unwrap());
        cost.declaring += cpu() - start;
        let input = NettingInput {
            conventions: &conventions,
            carried_over: std::mem::take(&mut carried_over),
            ..NettingInput::new(
                NettingId::parse("netting", &format!("N-{year}")).unwrap(),
                id,
                period(year),
                Seq::new(seq),
                OfficerId::parse("officer", "mesure").unwrap(),
            )
        };
        let start = cpu();
        let computed = totals.compute(&input).unwrap();
        totals.approve(&computed.proposal, &conventions).unwrap();
        cost.netting += cpu() - start;
        if compare {
            all.extend(fresh);
            for (seq, line) in late {
                all[usize::try_from(seq.get()).unwrap() - 1].lines.push(line);
            }
            let start = cpu();
            let again = compute(&NettingInput { relogements: &all, ..input }).unwrap();
            cost.full_reading += cpu() - start;
            assert_eq!(again, computed, "running totals and a full reading differ");
            for shared in &computed.proposal.shared {
                let one = &mut all[usize::try_from(shared.recorded_seq.get()).unwrap() - 1];
                one.shared = one.shared.checked_add(shared.amount).unwrap();
            }
        }
        // Nobody pays the second year: its payments come back.
        let paid =
            chambre_domain::netting_run::PaymentState::Confirmed { paid_on: period(year).to, seq: Seq::ZERO };
        let count = if year == FIRST_YEAR + 1 { 0 } else { computed.proposal.plan.payments.len() };
        carried_over =
            opening_after(&computed.proposal, &vec![paid; count], &computed.left).unwrap().carried_over;
        cost.payments += computed.proposal.plan.payments.len();
        let shared = Vec::new();
        proposals.push(NettingProposal { shared, ..computed.proposal });
    }
    proposals
}

fn region(scale: u64, compare: bool) -> Cost {
    let mut cost = Cost::default();
    let atlas = Atlas::ile_de_france();
    let ids: Vec<TerritoryId> = atlas.territories().iter().map(|territory| territory.id).collect();
    let mut by_year: Vec<LocalPlans> = vec![LocalPlans::new(); usize::try_from(YEARS).unwrap()];
    for (number, id) in (0..).zip(&ids) {
        let proposals = territory(*id, number, scale, compare, &mut cost);
        for (local, proposal) in by_year.iter_mut().zip(proposals) {
            local.insert(*id, proposal.plan.payments);
        }
    }
    let start = cpu();
    for (year, local) in (FIRST_YEAR..).zip(&by_year) {
        let id = NettingId::parse("netting", &format!("R-{year}")).unwrap();
        let plan = compress(&id, local, &[], Compression::Full).unwrap();
        cost.regional_payments += plan.payments.len();
    }
    cost.regional = cpu() - start;
    cost
}

/// `12.34` seconds from nanoseconds.
fn seconds(nanos: u64) -> String {
    format!("{}.{:02}", nanos / 1_000_000_000, nanos / 10_000_000 % 100)
}

fn main() {
    let asked: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let scales = if asked.is_empty() { vec![1, 10, 100] } else { asked };
    println!(
        "| × | relogements | lines | declaring, s | netting, s | ns a line | every line again, s | local payments | regional, s | regional payments |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for scale in scales {
        let cost = region(scale, scale <= 10);
        let again = if scale <= 10 { seconds(cost.full_reading) } else { "—".to_owned() };
        println!(
            "| {scale} | {} | {} | {} | {} | {} | {again} | {} | {} | {} |",
            cost.relogements,
            cost.lines,
            seconds(cost.declaring),
            seconds(cost.netting),
            (cost.declaring + cost.netting) / cost.lines.max(1),
            cost.payments,
            seconds(cost.regional),
            cost.regional_payments
        );
    }
}
