//! The dispute: what a bailleur or an officer contests is held out of nettings until it is settled.

use crate::calendar::Date;
use crate::entry::Seq;
use crate::ids::{EventId, NettingId, OfficerId, RelogementId};
use crate::siren::Siren;
use crate::territory::TerritoryId;
use serde::{Deserialize, Serialize};

/// A dispute is raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeRaising {
    /// What is contested.
    pub subject: DisputeSubject,
    /// The published run that it answers; none when an officer holds something outside of any run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netting: Option<NettingId>,
    /// Why, from a closed list; no free text enters the journal.
    pub reason: DisputeReason,
    /// Who raised it.
    pub raised_by: DisputeParty,
}

/// What a dispute is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DisputeSubject {
    /// One relogement: left out of the runs, with all its lines, until settled.
    Relogement {
        /// Its identifier.
        id: RelogementId,
    },
    /// One bailleur in a territory: its whole position is carried over until settled.
    Bailleur {
        /// Where.
        territory: TerritoryId,
        /// Who.
        siren: Siren,
    },
}

/// Who raises a dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DisputeParty {
    /// A bailleur, of a relogement where it is origin or host, inside the window of a published run.
    Bailleur {
        /// Its SIREN.
        siren: Siren,
    },
    /// An officer, at any time.
    Officer {
        /// Their identifier.
        id: OfficerId,
    },
}

/// Why something is disputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeReason {
    /// An amount is wrong.
    AmountWrong,
    /// A voucher is missing or does not match.
    VoucherMissing,
    /// The relogement is not of this operation or this bailleur.
    NotConcerned,
    /// It is declared twice.
    DeclaredTwice,
    /// The convention was misread.
    ConventionMisread,
    /// The bailleur and the signatories are negotiating (plan, protection, other means of payment).
    UnderNegotiation,
}

impl DisputeReason {
    /// Its sentence in French.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::AmountWrong => "montant erroné",
            Self::VoucherMissing => "pièce manquante ou discordante",
            Self::NotConcerned => "relogement étranger à l’opération ou au bailleur",
            Self::DeclaredTwice => "déclaré deux fois",
            Self::ConventionMisread => "convention mal appliquée",
            Self::UnderNegotiation => "négociation en cours entre les signataires",
        }
    }
}

/// A dispute ends; what it held enters the next proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeSettlement {
    /// Event id under which it was raised.
    pub dispute: EventId,
    /// Who settled it.
    pub officer: OfficerId,
    /// How it ended.
    pub outcome: DisputeOutcome,
}

/// How a dispute ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeOutcome {
    /// The declaration was put right, by reversal and a new one.
    Corrected,
    /// It stands as declared.
    Dismissed,
    /// Who raised it took it back.
    Withdrawn,
}

impl DisputeOutcome {
    /// Its name in French.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::Corrected => "corrigé",
            Self::Dismissed => "écarté",
            Self::Withdrawn => "retiré",
        }
    }
}

/// A dispute with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// Event id under which it was raised.
    pub id: EventId,
    /// Its entry.
    pub seq: Seq,
    /// The day it was raised, in Paris.
    pub raised_on: Date,
    /// What was said.
    pub raising: DisputeRaising,
    /// Territory concerned.
    pub territory: TerritoryId,
    /// How it ended, by whom, and the entry; none while it holds.
    pub settled: Option<(DisputeOutcome, OfficerId, Seq)>,
}
