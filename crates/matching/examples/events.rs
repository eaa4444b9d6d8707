//! Times single events on an instance written by `generate binary`: median and 99th percentile, in microseconds.

#[path = "binary/mod.rs"]
mod binary;

use chambre_matching::certify;
use chambre_matching::generate::draw::Draw;
use chambre_matching::live::Live;
use rustix::time::{ClockId, clock_gettime};
use std::error::Error;

fn cpu_nanos() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

fn main() -> Result<(), Box<dyn Error>> {
    for file in std::env::args().skip(1) {
        let instance = binary::read(&std::fs::read(&file)?)?;
        let before = cpu_nanos();
        let mut live = Live::start(&instance)?;
        let fresh = (cpu_nanos() - before) / 1_000;
        let mut draw = Draw::new(1);
        let mut any =
            |bound: usize| u32::try_from(draw.below(u64::try_from(bound).unwrap_or(0))).unwrap_or(0);
        let (households, dwellings) = (instance.households.len(), instance.dwellings.len());
        let (mut of_household, mut of_dwelling) = (vec![Vec::new(); households], vec![Vec::new(); dwellings]);
        for &(household, dwelling, score) in &instance.edges {
            of_household[household as usize].push((dwelling, score));
            of_dwelling[dwelling as usize].push((household, score));
        }
        let mut report = Vec::new();
        for event in ["refusal", "withdrawal", "new offer", "new household"] {
            let mut times = Vec::new();
            while times.len() < 1_000 {
                let (household, dwelling) = (any(households), any(dwellings));
                let like = if event == "new offer" {
                    &of_dwelling[dwelling as usize]
                } else {
                    &of_household[household as usize]
                };
                let held = live.dwelling_of(household);
                let before = cpu_nanos();
                match (event, held) {
                    ("refusal", Some(held)) => live.refuse(household, held)?,
                    ("refusal", None) => continue,
                    ("withdrawal", _) => live.withdraw_dwelling(dwelling)?,
                    ("new offer", _) => drop(live.add_dwelling(like)?),
                    _ => drop(live.add_household(false, like)?),
                }
                times.push((cpu_nanos() - before) / 1_000);
            }
            times.sort_unstable();
            report.push(format!("{event}: median {} µs, p99 {} µs", times[500], times[990]));
        }
        let (now, assignment) = live.snapshot();
        certify(&now, &assignment)?;
        let again = chambre_matching::assign(&now)?;
        let same = (again.urgent, again.placed, again.score)
            == (assignment.urgent, assignment.placed, assignment.score);
        println!(
            "{file}: {}; a fresh start {fresh} µs; certified, {} a fresh solve",
            report.join("; "),
            if same { "worth the same as" } else { "NOT worth the same as" }
        );
        if !same {
            return Err("an event lost something".into());
        }
    }
    Ok(())
}
