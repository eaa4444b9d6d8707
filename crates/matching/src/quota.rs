//! Rules on the placements: contingents, charters, shares of demolishers and others, mix by neighbourhood.

use crate::graph::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The values that a node must all have.
pub type Filter = BTreeMap<String, Value>;

/// A rule on the placements kept.
///
/// | `type` | what must hold |
/// |---|---|
/// | `max` | placements that pass both filters ≤ `bound` |
/// | `min` | placements that pass both filters ≥ `bound` |
/// | `share_min` | placements that pass both filters ≥ `bp`/10 000 of all placements |
/// | `share_max_of_zone` | of the placements whose dwelling passes, those whose household passes ≤ `bp`/10 000 |
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What kind of rule.
    #[serde(rename = "type")]
    pub form: Form,
    /// What the dwelling must be; empty for any.
    #[serde(default, skip_serializing_if = "Filter::is_empty")]
    pub dwelling: Filter,
    /// What the household must be; empty for any.
    #[serde(default, skip_serializing_if = "Filter::is_empty")]
    pub household: Filter,
    /// Placements, of `max` and `min`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<i64>,
    /// Basis points (1/10 000), of the shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bp: Option<i64>,
}

/// The kinds of rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// At most so many.
    Max,
    /// At least so many.
    Min,
    /// At least this share of all placements.
    ShareMin,
    /// At most this share of the placements in a zone.
    ShareMaxOfZone,
}
