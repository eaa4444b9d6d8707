//! Reads what `generate binary` writes.

use chambre_matching::instance::{Dwelling, Household, Instance};
use std::error::Error;

/// Reads an instance.
pub fn read(bytes: &[u8]) -> Result<Instance, Box<dyn Error>> {
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
