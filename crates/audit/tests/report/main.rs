//! Documents for people: what they say, what they refuse, that the same figures give the same bytes.

#![allow(clippy::unwrap_used, clippy::panic)]

mod arrete;
mod paper;
mod refusals;
mod releve;
mod sample;
mod simulation;
mod tables;
