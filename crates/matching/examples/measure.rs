//! Times the batch on instances written by the example `generate binary`: CPU microseconds, build included.

use chambre_matching::instance::{Dwelling, Household, Instance};
use chambre_matching::{assign_on, certify};
use rustix::time::{ClockId, clock_gettime};
use std::error::Error;

fn cpu_micros() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
}

fn main() -> Result<(), Box<dyn Error>> {
    for file in std::env::args().skip(1) {
        let instance = read(&std::fs::read(&file)?)?;
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

fn read(bytes: &[u8]) -> Result<Instance, Box<dyn Error>> {
    let mut numbers =
        bytes.chunks_exact(4).map(|four| i32::from_le_bytes([four[0], four[1], four[2], four[3]]));
    let mut next = || numbers.next().ok_or("the file is too short");
    let (households, dwellings, edges) = (next()?, next()?, next()?);
    let mut instance = Instance::default();
    for id in 0..u32::try_from(households)? {
        instance.households.push(Household { id, urgent: u8::try_from(next()?)? });
    }
    instance.dwellings.extend((0..u32::try_from(dwellings)?).map(|id| Dwelling { id }));
    for _ in 0..edges {
        instance.edges.push((u32::try_from(next()?)?, u32::try_from(next()?)?, i64::from(next()?)));
    }
    Ok(instance)
}
