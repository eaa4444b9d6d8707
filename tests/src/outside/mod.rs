//! What comes from outside as bytes, one function for each parser: whatever the bytes, it must hold.
//!
//! Called by the fuzz targets of `tests/fuzz`, which look for bytes, and by the test `corpus`, which reads again
//! every file they keep. A function panics when a property does not hold; `docs/fuzzing.md` tells how to run them.
//!
//! | target | bytes | what holds |
//! |---|---|---|
//! | [`camt`] | a bank's file | balances add up; cut short, it is refused; nothing is confirmed twice |
//! | [`authorization`] | the header of a call | only what the issuer's key signs is accepted |
//! | [`claims`] | claims that the issuer signed | each claim is the one accepted, and none beyond its dates |
//! | [`wire`] | a letter, then a message in protobuf | a declaration sent again is the same |
//! | [`declarations`] | an import file (CSV) | a declaration accepted is one that the chamber reads, once each |
//! | [`convention`] | a convention file | written again, as a file or on the wire, it is the same |

mod camt;
mod convention;
mod declarations;
mod token;
mod wire;

pub use camt::camt;
pub use convention::convention;
pub use declarations::declarations;
pub use token::{authorization, claims};
pub use wire::wire;

use chambre_domain::Refusal;

/// Reads bytes; panics when what must hold does not.
pub type Target = fn(&[u8]);

/// Every target, by its name: the folder of its corpus.
pub const TARGETS: [(&str, Target); 6] = [
    ("authorization", authorization),
    ("camt", camt),
    ("claims", claims),
    ("convention", convention),
    ("declarations", declarations),
    ("wire", wire),
];

/// The longest path of a field, in bytes.
const LONGEST_FIELD: usize = 200;

/// A refusal names a field and a short value, in both languages: a caller can act on it, a log can hold it.
fn is_told(refusal: &Refusal) {
    let Refusal { reason, field, value, facts } = refusal;
    assert!(!field.is_empty() && field.len() <= LONGEST_FIELD, "{reason}: field {field:?}");
    let values = facts.iter().map(|(_, fact)| fact).chain([value]);
    values.for_each(|value| assert!(value.chars().count() <= 81, "{reason}: value {value:?}"));
    assert!(refusal.to_string().contains(reason.fix()) && refusal.french().contains(reason.french()));
}
