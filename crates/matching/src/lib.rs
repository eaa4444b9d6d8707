//! Who goes where. Pure: no storage, no network, no clock, no float.
//!
//! | file | what it holds |
//! |---|---|
//! | [`instance`] | households, dwellings, possible pairs |
//! | [`assignment`] | the best assignment: urgent households, then number, then score |
//! | [`certificate`] | the check of the prices that prove it |
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
pub mod certificate;
pub mod exchange;
pub mod instance;
pub mod rotating;
pub mod trade;

pub use assignment::{Assignment, assign};
pub use certificate::certify;
pub use instance::Instance;
