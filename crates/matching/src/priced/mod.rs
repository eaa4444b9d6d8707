//! Pairings under rules that no pairing knows by itself: quotas, lengths of chains, two dwellings or none.
//!
//! | file | what it holds |
//! |---|---|
//! | [`model`] | pairs, levels of the objective, rules as integer rows |
//! | [`rates`] | the price put on each rule, and the bound it proves (Lagrange; Held and Karp's ascent) |
//! | [`blend`] | better answers made of parts of two |
//! | [`guide`], [`simplex`] | what a linear programme says of rates and pairs |
//! | [`odd`], [`whole`] | rules that follow from two dwellings or none, and from whole pairs |
//! | [`tree`], [`split`], [`decided`] | what the bound leaves open, case by case (branch and bound) |
//! | [`levels`] | one level of the objective after the other |

mod blend;
mod decided;
mod guide;
pub(crate) mod levels;
pub(crate) mod model;
mod odd;
mod rates;
mod simplex;
mod split;
pub(crate) mod tree;
#[cfg(test)]
mod trial;
mod whole;
