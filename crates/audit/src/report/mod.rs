//! Documents for people: statements that a finance director checks with a calculator. In French.
//!
//! | file | noun |
//! |---|---|
//! | [`releve`] | what one bailleur pays or receives in one run, and why: PDF and CSV |
//! | [`arrete`] | every position of a territory in one run, the payments, one picture: PDF |
//! | [`simulation`] | several conventions on the same journal: PDF and CSV |
//! | [`situation`] | where a territory stands in its matching: one picture, SVG |
//! | [`relogement`] | its drill-down: what each relogement brings |
//! | [`key`] | its fair share: each division with its remainder |
//! | [`cited`] | the run, the bailleurs, the conventions that documents cite |
//! | [`error`] | why a document is not printed |
//! | `releve_csv`, `releve_pdf`, … | how each is laid out |
//! | `chart` | bars, in black and white |
//! | `words`, `paper` | amounts in French; pages and tables |
//!
//! Figures come in as plain data and are checked before anything is printed: a document whose sums do not hold cannot
//! be made. The same figures give the same bytes; the date printed is passed in.

pub mod arrete;
mod arrete_pdf;
mod chart;
pub mod cited;
pub mod error;
pub mod key;
mod paper;
pub mod releve;
mod releve_csv;
mod releve_pdf;
pub mod relogement;
mod relogement_pdf;
pub mod simulation;
mod simulation_pdf;
pub mod situation;
mod words;

pub use arrete::{Arrete, ArreteCompensation, ArreteLine, KeyHolder, KeyTable};
pub use cited::{ConventionCited, Labelled, Party, RunCited};
pub use error::ReportError;
pub use key::{HowShared, KeyStep, Quantity, VersionPart};
pub use releve::{Direction, PaymentPart, Releve, ReleveBailleur, SettlementLimit};
pub use relogement::{RelogementLine, Role};
pub use simulation::{Simulated, SimulatedPosition, Simulation, SimulationComparee};
