//! Which lines make the effort of a relogement, and under which limits.

use super::range::{not_negative, range};
use crate::money::Cents;
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// A cost line that may count as effort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostLine {
    /// The rent gap.
    RentGap,
    /// Adaptation works.
    Works,
    /// Organised vacancy.
    Vacancy,
}

/// What becomes of an indemnity larger than the costs counted so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surplus {
    /// The host keeps it: the effort of a relogement never falls below zero.
    Keep,
    /// It is shared like a cost: the effort may be negative.
    Return,
}

/// Which lines make the effort of a relogement, cumulated since its lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EffortRule {
    /// Lines that count; what is left out stays measured, not shared.
    pub count: Vec<CostLine>,
    /// Whether indemnities received lower the effort.
    pub deduct_indemnity: bool,
    /// What becomes of a surplus.
    pub surplus: Surplus,
    /// Part of the effort that is shared, in ten-thousandths. 0 to 10 000.
    pub share_bp: u32,
    /// Whether relogements inside one bailleur are shared too (keys and roles only).
    pub include_internal: bool,
    /// Most works counted per relogement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub works_cap_cents: Option<Cents>,
    /// Most vacant days counted per relogement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vacancy_days_cap: Option<u32>,
    /// Most effort counted per relogement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_cap_cents: Option<Cents>,
}

impl Default for EffortRule {
    fn default() -> Self {
        Self {
            count: vec![CostLine::RentGap, CostLine::Works, CostLine::Vacancy],
            deduct_indemnity: true,
            surplus: Surplus::Keep,
            share_bp: 10_000,
            include_internal: false,
            works_cap_cents: None,
            vacancy_days_cap: None,
            total_cap_cents: None,
        }
    }
}

impl EffortRule {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        range("effort.share_bp", u64::from(self.share_bp), 0, 10_000)?;
        if let Some(days) = self.vacancy_days_cap {
            range("effort.vacancy_days_cap", u64::from(days), 0, 3_650)?;
        }
        let caps = [
            ("effort.works_cap_cents", self.works_cap_cents),
            ("effort.total_cap_cents", self.total_cap_cents),
        ];
        caps.into_iter().try_for_each(|(field, cap)| not_negative(field, cap.unwrap_or_default()))
    }
}
