//! Pairings under rules that no pairing knows by itself: quotas, lengths of chains, two dwellings or none.
//!
//! | file | what it holds |
//! |---|---|
//! | [`model`] | pairs, levels of the objective, rules as integer rows |
//! | [`rates`] | the price put on each rule, and the bound it proves (Lagrange; Held and Karp's ascent) |
//! | [`blend`] | better answers made of parts of two |
//! | [`tree`] | what the bound leaves open, case by case (branch and bound) |
//! | [`levels`] | one level of the objective after the other |

pub(crate) mod blend;
pub(crate) mod levels;
pub(crate) mod model;
pub(crate) mod rates;
pub(crate) mod tree;
