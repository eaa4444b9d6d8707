//! Support of the scenarios: a chamber that runs, messages ready to send, refusals read back.
//!
//! | what | for |
//! |---|---|
//! | [`Chamber`] | a real server on loopback, its clock, its client; stop it, open it again |
//! | [`bailleur`], [`operation`], [`causal`], [`key`], [`roles`], [`relogement`] … | the smallest message that is accepted |
//! | [`need`], [`offer`], [`proposed`], [`step`] … | the same for the matching |
//! | [`design`] | the worked example of the design |
//! | [`nine`], [`STOCK`] | the worked example of the netting specification |
//! | [`Told`] | what a refusal says to a program and to a person |
//! | [`outside`] | each parser of bytes from outside, and what holds whatever the bytes |
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let chamber = scenarios::Chamber::open().await;
//! chamber.register(&[1, 2]).await;
//! assert_eq!(chamber.head().await.seq, 2);
//! chamber.stop().await;
//! # });
//! ```

// A scenario that cannot go on stops where it stands.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

mod chamber;
pub mod design;
mod messages;
mod nine;
pub mod outside;
mod rehousing;
mod told;

pub use chamber::{Chamber, TODAY, accepted};
pub use messages::*;
pub use nine::{STOCK, nine};
pub use rehousing::{lease, need, offer, proposed, step, to_the_lease};
pub use told::Told;
