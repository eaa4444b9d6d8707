//! Who goes where. Pure: no storage, no network, no clock. Whole numbers: floats only guide the search under rules
//! (`priced`), where every bound and every answer is then computed in whole numbers.
//!
//! | file | what it holds |
//! |---|---|
//! | [`instance`] | households, dwellings, possible pairs |
//! | [`worth`] | urgent households, households, score: one value in three levels |
//! | [`assignment`] | the best assignment, with `pairing` (how many), `bidding` (which score), `neighbours` |
//! | [`certificate`] | the check of the prices that prove it |
//! | [`live`] | the same kept the best while households and dwellings come, leave and refuse; with `market` |
//! | [`why_not`](mod@why_not) | why a household is not given a dwelling, by prices |
//! | [`graph`] | a prepared graph as its file tells it |
//! | [`solve`](mod@solve) | from a graph to its answer; with `chain`, `double` |
//! | [`quota`] | rules on the placements; `priced` finds the best under them |
//! | [`generate`](mod@generate) | invented instances, for measures and comparisons |
//! | [`rotating`] | rotating priority among MOUS |
//! | [`trade`] | needs, offers, the rules that make the pairs, the score |
//! | [`exchange`] | the practices, the life of a proposal, the completed placement, the reports |
//!
//! ```
//! use chambre_matching::instance::{Dwelling, Household, Instance};
//!
//! let instance = Instance {
//!     households: vec![Household { id: 0, urgent: 0 }, Household { id: 1, urgent: 1 }],
//!     dwellings: vec![Dwelling { id: 0 }],
//!     edges: vec![(0, 0, 900), (1, 0, 100)],
//! };
//! let assignment = chambre_matching::assign(&instance)?;
//! assert_eq!(assignment.dwelling_of, [None, Some(0)]); // the urgent household
//! chambre_matching::certify(&instance, &assignment)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod assignment;
mod bidding;
pub mod certificate;
mod chain;
mod double;
pub mod exchange;
pub mod generate;
pub mod graph;
pub mod instance;
pub mod live;
mod market;
mod neighbours;
mod pairing;
mod priced;
pub mod quota;
pub mod rotating;
pub mod solve;
pub mod trade;
pub mod why_not;
pub mod worth;

pub use assignment::{Assignment, assign, assign_on};
pub use certificate::certify;
pub use instance::Instance;
pub use live::Live;
pub use why_not::why_not;
pub use worth::Worth;
