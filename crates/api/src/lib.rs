//! The wire of the chambre de compensation: what travels, how it becomes nouns, the published client.
//!
//! | file | what it holds |
//! |---|---|
//! | [`v1`] | code generated from `proto/chambre/v1`, where every message is documented |
//! | [`convert`] | the wire and the nouns, both ways: the only place that reads protobuf fields |
//! | [`client`] | one connection to the chamber, and why it refuses |
//!
//! ```no_run
//! use chambre_api::{Client, Refused, v1};
//!
//! # async fn record() -> Result<(), Box<dyn std::error::Error>> {
//! let chamber = Client::connect("http://127.0.0.1:50051").await?;
//! let relogement = v1::Relogement {
//!     relogement_id: "R-2025-001".to_owned(),
//!     operation_id: "OP-1".to_owned(),
//!     household: "h-7f3a9c2e41".to_owned(), // HMAC with your own key, never a NIR, a NUR or a name
//!     host_siren: "000000018".to_owned(),
//!     lease_date: Some(v1::Date { year: 2025, month: 3, day: 15 }),
//!     commune_insee: "93066".to_owned(),
//!     typology: v1::Typology::T3.into(),
//!     reference_rent_cents: 84_000,
//!     practised_rent_cents: 51_999,
//!     ..v1::Relogement::default()
//! };
//! let event_id = "0192f0c1-7d3e-7cc2-9f6a-0d5b1f3f8f01".to_owned(); // sent again after a lost answer: same receipt
//! let request = v1::RecordRelogementRequest { event_id, relogement: Some(relogement), validate_only: false };
//! match chamber.ledger().record_relogement(request).await {
//!     Ok(answer) => println!("on disk: {:?}", answer.into_inner().receipt),
//!     Err(status) => println!("{}", Refused::of(&status).french),
//! }
//! # Ok(())
//! # }
//! ```

pub mod client;
pub mod convert;

pub use client::{Client, ConnectError, Credentials, Line, Refused};

/// Generated from `proto/chambre/v1`, where every message is documented.
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::disallowed_types)]
pub mod v1 {
    tonic::include_proto!("chambre.v1");
}

/// Descriptors of every file of `proto/chambre/v1` and of what they import, encoded: for reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/chambre.bin"));
