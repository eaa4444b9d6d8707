//! The door of the chamber: gRPC services over the books.
//!
//! | file | what it holds |
//! |---|---|
//! | [`access`] | who calls, what they may do, the record of what they did |
//! | [`config`] | where it listens, how much it holds |
//! | [`clock`] | the only place that reads the time |
//! | [`running`] | start, watch, stop |
//! | `registry`, `ledger`, `netting`, `audit` | the services, one file each |
//! | `commitments` | what a charter promised, against the placements counted |
//! | `matching` | needs, offers, proposals, their way into the ledger |
//! | `batch`, `import`, `watch` | many events at once, all or none, and long answers |
//! | `desk` | what every service needs: books, blocking reads, booking |
//! | `status` | each refusal's gRPC code and details |
//! | `door` | deadlines and figures around every call |
//! | `page` | page tokens |
//! | [`notary`] | the Merkle tree of the journal, the checkpoints signed |
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let config = chambre_server::Config::new("./chambre-data".into());
//! let running = chambre_server::start(config, chambre_server::system_clock()).await?;
//! println!("listening on {}", running.address());
//! running.stop().await?;
//! # Ok(())
//! # }
//! ```

pub mod access;
mod audit;
mod batch;
pub mod clock;
mod commitments;
pub mod config;
mod desk;
mod door;
mod import;
mod ledger;
mod matching;
mod netting;
pub mod notary;
mod page;
mod registry;
pub mod running;
mod status;
mod watch;

pub use clock::{ManualClock, system_clock};
pub use config::{Config, RemoteLedger};
pub use matching::{Forgotten, forget};
pub use running::{Running, ServerError, start};
