//! Operations: the renewal projects that families are rehoused from.

use crate::bailleur::Text;
use crate::ids::OperationId;
use crate::siren::Siren;
use crate::territory::TerritoryId;
use serde::{Deserialize, Serialize};

/// A renewal project of one origin bailleur in one territory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its identifier, unique in the chamber.
    pub id: OperationId,
    /// Name for people.
    pub name: Text,
    /// What kind of project.
    pub kind: OperationKind,
    /// The netting territory: its relogements are netted here, wherever the host dwelling lies.
    pub territory: TerritoryId,
    /// The bailleur that demolishes or refurbishes: the origin of its relogements.
    pub origin: Siren,
    /// Relogements planned, for comparison; zero when not known.
    pub planned_relogements: u32,
    /// The ANRU convention, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anru: Option<AnruConvention>,
}

/// Kinds of operations (DRIHL study 2021-2022, quoted in the AORIF study).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// A project of the NPNRU, financed by ANRU.
    Anru,
    /// Opération de requalification des copropriétés dégradées.
    Orcod,
    /// A bailleur's own heavy refurbishment or demolition.
    Own,
    /// Clearance of unhealthy housing.
    Insalubrite,
}

/// The multi-year convention with ANRU: only its signatories may receive the indemnity (study, chapter 1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnruConvention {
    /// Its reference, in ANRU's filing.
    pub reference: Text,
    /// The bailleurs that signed it.
    pub signatories: Vec<Siren>,
}
