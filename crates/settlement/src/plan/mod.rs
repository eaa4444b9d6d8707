//! The payment plan: who pays whom, in the smallest number of payments that can be proven, or close to it.
//!
//! A plan splits the parties into groups whose amounts sum to zero; a group of `g` needs `g − 1` payments, so
//! the fewest payments are `n − k`, `k` being the largest number of groups (netting.md 2.5).
//!
//! | file | what it holds |
//! |---|---|
//! | `fewest` | the plan of any parties: positions in, payments out |
//! | `run_plan` | the plan of a netting run: payments with their ids |
//! | `groups` | the most zero-sum groups: which way for how many parties |
//! | `subsets` | the way of all subsets, up to 26 parties |
//! | `search` | the ordered search, up to 64 |
//! | `zero_sums`, `ordered` | what the search rests on: the zero-sum groups of one size, on two sides or cut in order |
//! | `halves`, `sums`, `amounts` | two last groups, sets found by sum, sets of amounts |
//! | `pick` | small groups picked one by one, beyond 64 |
//! | `greedy`, `burden` | payments inside a group: in falling order, or easing who pays most often |
//! | `allowed`, `forest`, `flow` | payments between allowed pairs only |
//! | `budget` | how long to search |

mod allowed;
mod amounts;
mod budget;
mod burden;
mod fewest;
mod flow;
mod forest;
mod greedy;
mod groups;
mod halves;
mod ordered;
mod pick;
mod run_plan;
mod search;
mod subsets;
mod sums;
mod zero_sums;

pub use budget::Budget;
pub use fewest::{Leg, Plan, PlanError, fewest_payments, fewest_payments_within};
pub use groups::Method;
pub use run_plan::plan;
