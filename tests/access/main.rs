//! Who may do what, on a real server: every RPC for every role, attacks, the record of accesses.

#![allow(clippy::unwrap_used)]

mod apart;
mod attacks;
mod authority;
mod crl;
mod guarded;
mod identities;
mod issuer;
mod matching;
mod matrix;
mod record;
mod wire;
mod world;
