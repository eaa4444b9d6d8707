//! The nine relogements of the netting specification (section 3) between five bailleurs, A to E.

use crate::messages::{event, indemnity, relogement, vacancy, works};
use chambre_api::v1;
use chambre_api::v1::event::Body;

/// Social dwellings of A, B, C, D, E.
pub const STOCK: [i64; 5] = [12_000, 6_500, 4_200, 2_750, 1_333];

/// Number, origin, host, then rent gap over a year, works, vacancy and indemnity, in cents.
const NINE: [(u32, u32, u32, [i64; 4]); 9] = [
    (1, 1, 3, [324_000, 115_055, 48_630, 240_000]),
    (2, 1, 3, [288_000, 0, 51_240, 0]),
    (3, 1, 4, [410_400, 82_010, 0, 550_000]),
    (4, 2, 3, [198_000, 30_000, 27_525, 0]),
    (5, 2, 5, [273_000, 199_999, 41_001, 120_000]),
    (6, 3, 1, [126_000, 0, 19_845, 0]),
    (7, 1, 2, [220_500, 64_000, 0, 0]),
    (8, 2, 1, [231_000, 0, 0, 0]),
    (9, 1, 1, [150_000, 40_000, 0, 0]),
];

/// The nine relogements, as the bailleurs declare them.
#[must_use]
pub fn nine() -> Vec<v1::Event> {
    let declared =
        NINE.iter().flat_map(|(number, origin, host, [year_gap, works_cents, empty, received])| {
            let id = format!("e{number:02}");
            let moved = relogement(&id, *origin, *host, year_gap / 12);
            let lines = [
                (*works_cents > 0).then(|| event(&format!("{id}-w"), Body::Works(works(&id, *works_cents)))),
                (*empty > 0).then(|| event(&format!("{id}-v"), Body::Vacancy(vacancy(&id, *empty)))),
                (*received > 0)
                    .then(|| event(&format!("{id}-i"), Body::Indemnity(indemnity(&id, *received)))),
            ];
            std::iter::once(event(&id, Body::Relogement(moved))).chain(lines.into_iter().flatten())
        });
    declared.collect()
}
