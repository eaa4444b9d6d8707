//! The payment plan beside the greedy one, on generated positions: a table in Markdown.
//!
//! `cargo bench -p chambre-settlement --bench plan -- [INSTANCES] [SIZE...]` (default: 20 instances of 10 to 60).
//! The dice are seeded: the same positions everywhere.

use chambre_domain::Cents;
use chambre_settlement::plan::{Budget, fewest_payments};
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;

/// Steps of the command `chambre plan` without `--budget`.
const STEPS: u64 = 2_500_000_000;

const SIZES: [usize; 6] = [10, 20, 25, 40, 50, 60];

/// Positions of the same kind: a name, cents of the unit, largest amount in units, and how they are drawn.
const FAMILIES: [(&str, i64, i64, Kind); 8] = [
    ("random cents, up to 1 000 EUR", 1, 100_000, Kind::Random),
    ("random cents, up to 100 000 EUR", 1, 10_000_000, Kind::Random),
    ("random cents, up to 10 MEUR", 1, 1_000_000_000, Kind::Random),
    ("multiples of 100 EUR, up to 5 000", 10_000, 50, Kind::Random),
    ("multiples of 100 EUR, up to 50 000", 10_000, 500, Kind::Random),
    ("opposite pairs (two thirds), cents", 1, 10_000_000, Kind::Pairs),
    ("planted groups of 3 to 8, cents", 1, 10_000_000, Kind::Planted),
    ("planted groups of 3 to 8, 100 EUR", 10_000, 1_000, Kind::Planted),
];

#[derive(Clone, Copy)]
enum Kind {
    Random,
    Pairs,
    Planted,
}

/// SplitMix64: small, seeded, the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> i64 {
        i64::try_from(self.roll() % bound).unwrap_or_default()
    }

    /// Between the largest amount owed and the largest amount due, never zero.
    fn amount(&mut self, largest: i64) -> i64 {
        let amount = 1 + self.below(largest.unsigned_abs());
        if self.roll() & 1 == 0 { amount } else { -amount }
    }
}

fn positions(count: usize, unit: i64, largest: i64, kind: Kind, dice: &mut Dice) -> BTreeMap<usize, Cents> {
    let mut units: Vec<i64> = Vec::new();
    let mut from = 0;
    match kind {
        Kind::Random => {}
        Kind::Pairs => {
            for _ in 0..count / 3 {
                let amount = dice.amount(largest);
                units.extend([amount, -amount]);
            }
            from = units.len();
        }
        Kind::Planted => {
            // At least three stay for the last group.
            while count - from >= 6 {
                let size = (3 + usize::try_from(dice.below(6)).unwrap_or_default()).min(count - from - 3);
                units.extend((1..size).map(|_| dice.amount(largest)));
                units.push(-units[from..].iter().sum::<i64>());
                from = units.len();
            }
        }
    }
    units.extend((units.len() + 1..count).map(|_| dice.amount(largest)));
    units.push(-units[from..].iter().sum::<i64>());
    if units.contains(&0) {
        return positions(count, unit, largest, kind, dice);
    }
    units.into_iter().map(|amount| Cents::new(amount * unit)).enumerate().collect()
}

/// Processor time of this thread, in microseconds.
fn microseconds() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec * 1_000_000 + time.tv_nsec / 1_000).unwrap_or_default()
}

fn milliseconds(microseconds: u64) -> String {
    if microseconds < 100_000 {
        format!("{}.{:02}", microseconds / 1_000, microseconds % 1_000 / 10)
    } else {
        format!("{}", microseconds / 1_000)
    }
}

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let (instances, sizes) = match numbers.split_first() {
        None => (20, SIZES.to_vec()),
        Some((instances, [])) => (*instances, SIZES.to_vec()),
        Some((instances, sizes)) => (*instances, sizes.to_vec()),
    };
    println!(
        "| family | n | instances | greedy | ours | lower bound | proven | CPU median ms | CPU max ms |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (name, unit, largest, kind) in FAMILIES {
        for &count in &sizes {
            let mut dice = Dice(u64::try_from(count).unwrap_or_default());
            let (mut greedy, mut ours, mut bound, mut proven) = (0, 0, 0, 0);
            let mut times = Vec::new();
            for _ in 0..instances {
                let positions = positions(count, unit, largest, kind, &mut dice);
                let before = microseconds();
                let Ok(plan) = fewest_payments(&positions, &mut Budget::steps(STEPS)) else { continue };
                times.push(microseconds() - before);
                greedy += plan.greedy_count.unwrap_or_default();
                ours += plan.payments.len();
                bound += plan.lower_bound;
                proven += usize::from(plan.is_optimal());
            }
            times.sort_unstable();
            let (median, most) = (times.get(times.len() / 2), times.last());
            let told = |time: Option<&u64>| time.map_or_else(String::new, |time| milliseconds(*time));
            println!(
                "| {name} | {count} | {instances} | {greedy} | {ours} | {bound} | {proven} | {} | {} |",
                told(median),
                told(most)
            );
        }
    }
}
