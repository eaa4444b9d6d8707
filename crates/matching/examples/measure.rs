//! Times the batch on instances written by the example `generate binary`: CPU microseconds, build included.

#[path = "binary/mod.rs"]
mod binary;

use chambre_matching::{assign_on, certify};
use rustix::time::{ClockId, clock_gettime};
use std::error::Error;

fn cpu_micros() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
}

fn main() -> Result<(), Box<dyn Error>> {
    for file in std::env::args().skip(1) {
        let instance = binary::read(&std::fs::read(&file)?)?;
        let mut best = i64::MAX;
        for _ in 0..3 {
            let before = cpu_micros();
            let answer = assign_on(&instance, 1)?;
            let taken = cpu_micros() - before;
            if taken < best {
                best = taken;
            }
            let before = cpu_micros();
            certify(&instance, &answer)?;
            let check = cpu_micros() - before;
            println!(
                "{{\"file\":\"{file}\",\"edges\":{},\"urgent\":{},\"placed\":{},\"score\":{},\"micros\":{best},\"certify\":{check}}}",
                instance.edges.len(),
                answer.urgent,
                answer.placed,
                answer.score
            );
        }
    }
    Ok(())
}
