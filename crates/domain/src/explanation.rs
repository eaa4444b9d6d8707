//! Why a bailleur stands where it stands in a run: what a financial director checks with a calculator.

use crate::bailleur::Text;
use crate::calendar::Date;
use crate::convention::{CapKind, KeyBasis, KeySource, NettingLevel, SettlementMode};
use crate::entry::Seq;
use crate::ids::{NettingId, RelogementId};
use crate::measure::{EffortLine, MeasuredRelogement};
use crate::money::Cents;
use crate::netting::{NetPosition, Payment, Period};
use crate::siren::Siren;
use crate::territory::TerritoryId;

/// The position of one bailleur in a run, drilled down to its lines, its key and its payments.
///
/// effort = Σ `shared_now` of the relogements it hosts; fair share = Σ `share` of the versions;
/// position = effort − fair share + carried over; carried forward = position − settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The run.
    pub netting: NettingId,
    /// Where.
    pub territory: TerritoryId,
    /// When.
    pub period: Period,
    /// Its figures.
    pub position: NetPosition,
    /// Relogements it hosts, or that it sent away under a causal rule, in the order of the journal.
    pub relogements: Vec<ExplainedRelogement>,
    /// Its part of the effort, by version of the convention.
    pub shares: Vec<ExplainedShare>,
    /// What is paid now, and what bounds it.
    pub settlement: ExplainedSettlement,
    /// The payments it makes or receives.
    pub payments: Vec<ExplainedPayment>,
}

/// What a relogement is to the bailleur explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelogementRole {
    /// It signed the lease: the effort is its own.
    Host,
    /// It sent the household: under a causal rule the effort is its debt.
    Origin,
    /// Both.
    Internal,
}

/// One relogement in an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedRelogement {
    /// Seq under which it was recorded.
    pub recorded_seq: Seq,
    /// Its identifier.
    pub id: RelogementId,
    /// What it is to the bailleur explained.
    pub role: RelogementRole,
    /// Bailleur of the operation.
    pub origin: Siren,
    /// Bailleur of the lease.
    pub host: Siren,
    /// Day the lease starts: it decides the version.
    pub lease_date: Date,
    /// Version of the convention it follows.
    pub version: u32,
    /// Article of the charter about the effort.
    pub article: Option<Text>,
    /// Every line declared, and why some do not count.
    pub lines: Vec<(EffortLine, Option<LeftOut>)>,
    /// From the lines to the effort, step by step.
    pub steps: EffortSteps,
    /// Why the whole relogement is left out of this run, when it is.
    pub left_out: Option<LeftOut>,
    /// Effort that earlier runs shared.
    pub shared_before: Cents,
    /// Effort that this run shares: effort to date − shared before; zero when left out.
    pub shared_now: Cents,
}

/// The sums of an effort, in the order of its rule. All to date, at the cut-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EffortSteps {
    /// Rent gap counted.
    pub rent_gap: Cents,
    /// Works counted, under their cap.
    pub works: Cents,
    /// Works beyond their cap.
    pub works_beyond_cap: Cents,
    /// Vacancy counted, pro rata of the days counted.
    pub vacancy: Cents,
    /// Vacancy beyond the days counted.
    pub vacancy_beyond_cap: Cents,
    /// Indemnity deducted.
    pub indemnity: Cents,
    /// Costs − indemnity, before the floor; the tariff under a rule in units.
    pub net: Cents,
    /// Surplus of indemnity that the host keeps: what the floor adds.
    pub surplus_kept: Cents,
    /// Effort beyond the total cap.
    pub beyond_total_cap: Cents,
    /// Effort to date: (net + surplus kept − beyond cap) × share, rounded half away from zero.
    pub to_date: Cents,
}

/// Why a line or a relogement does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// The convention does not count this kind of line.
    NotCounted,
    /// It happened after the cut-off: it waits for the next run.
    AfterCutOff,
    /// The convention does not deduct indemnities.
    IndemnityNotDeducted,
    /// Origin and host are one, and the convention does not share such relogements.
    Internal,
    /// The rule counts placements, not euros.
    CountedInUnits,
    /// In dispute: it enters the run that is open when the dispute is settled.
    Disputed,
    /// A party refused the run: its relogements wait.
    Refused,
}

impl LeftOut {
    /// The reason in French.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::NotCounted => "ligne non comptée par la convention",
            Self::AfterCutOff => "postérieur à la date d’arrêté : au prochain arrêté",
            Self::IndemnityNotDeducted => "indemnité non déduite par la convention",
            Self::Internal => "relogement interne, non réparti par la convention",
            Self::CountedInUnits => "la convention compte des placements, non des euros",
            Self::Disputed => "en litige : au premier arrêté qui suit son règlement",
            Self::Refused => "arrêté refusé par une partie : en attente",
        }
    }
}

/// The part of a bailleur under one version of the convention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedShare {
    /// The version.
    pub version: u32,
    /// Its title.
    pub title: Text,
    /// Article of the charter about the fair share.
    pub article: Option<Text>,
    /// Effort shared under it by this run.
    pub total: Cents,
    /// Outside money that lowers what the key bears.
    pub outside: Cents,
    /// The key, unless the rule is causal or the bailleur brings the outside money.
    pub key: Option<ExplainedKey>,
    /// What falls to the bailleur.
    pub share: Cents,
}

/// The apportionment that gave a share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedKey {
    /// Where the weights come from; none for rents and blends.
    pub basis: Option<KeyBasis>,
    /// The dated table they were read in.
    pub source: Option<KeySource>,
    /// One division; two when placements are counted: targets to date, and targets at the run before.
    pub parts: Vec<ExplainedPart>,
}

/// One division by largest remainder: |amount| × weight = quotient × weights + remainder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExplainedPart {
    /// What is divided.
    pub of: PartOf,
    /// The amount divided, in cents or in placements.
    pub amount: i64,
    /// Weight of the bailleur.
    pub weight: u128,
    /// All weights of its group together.
    pub weights: u128,
    /// Whole cents (or placements) of its exact part.
    pub quotient: u64,
    /// What is left of the division.
    pub remainder: u128,
    /// Whether it takes one of the missing cents, its remainder being among the largest.
    pub takes_one: bool,
    /// Its part, with the sign of the amount.
    pub part: i64,
}

/// What a division divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartOf {
    /// The whole effort.
    Whole,
    /// The part of the demolishing bailleurs.
    Demolishers,
    /// The part of the others.
    Others,
    /// Placements to date.
    PlacementsNow,
    /// Placements already shared by earlier runs.
    PlacementsBefore,
}

/// What a run pays of a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedSettlement {
    /// Version of the convention in force on the last day of the period.
    pub version: u32,
    /// Article of the charter about the settlement.
    pub article: Option<Text>,
    /// Pairs of the relogements, or anybody.
    pub level: NettingLevel,
    /// Why not the whole position is settled; none when it is.
    pub limited_by: Option<LimitedBy>,
    /// Position − settled.
    pub carried_forward: Cents,
}

/// What keeps a position from being settled whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitedBy {
    /// Its position is held (dispute).
    Held,
    /// It is exempt from paying.
    Exempt,
    /// A cap of the convention: the smallest.
    Cap {
        /// Which one.
        kind: CapKind,
        /// The most it may pay.
        most: Cents,
    },
    /// The amount is below the threshold.
    DeMinimis,
    /// Each run settles a part of the balance only.
    Smoothing,
    /// The other side settles less: debtors bounded by caps or holds, or creditors held.
    OtherSide,
    /// No money moves under this convention.
    NoMoney {
        /// Carry-over or in kind.
        mode: SettlementMode,
    },
}

impl LimitedBy {
    /// What it is, in French.
    #[must_use]
    pub fn french(&self) -> String {
        match self {
            Self::Held => "position suspendue (contestation ou refus)".to_owned(),
            Self::Exempt => "bailleur exempté de paiement par la convention".to_owned(),
            Self::Cap { kind, most } => {
                format!("plafond de la convention : {} ({})", kind.french(), crate::french::euros(*most))
            }
            Self::DeMinimis => "montant inférieur au seuil de la convention".to_owned(),
            Self::Smoothing => "lissage : une fraction du solde à chaque arrêté".to_owned(),
            Self::OtherSide => "l’autre côté règle moins (plafonds ou suspensions)".to_owned(),
            Self::NoMoney { mode: SettlementMode::InKind } => {
                "compensation en nature : aucun paiement en argent".to_owned()
            }
            Self::NoMoney { .. } => "report : la convention ne prévoit aucun paiement".to_owned(),
        }
    }
}

/// One payment in an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedPayment {
    /// The payment.
    pub payment: Payment,
    /// Number of its group in the run, from 1: bailleurs that settle between themselves.
    pub group: u32,
    /// The group, in the order of SIRENs; its settled amounts sum to zero.
    pub members: Vec<Siren>,
}

impl MeasuredRelogement {
    /// What it is to a bailleur; nothing when it is neither origin nor host.
    #[must_use]
    pub fn role_of(&self, bailleur: Siren) -> Option<RelogementRole> {
        match (self.host == bailleur, self.origin == bailleur) {
            (true, true) => Some(RelogementRole::Internal),
            (true, false) => Some(RelogementRole::Host),
            (false, true) => Some(RelogementRole::Origin),
            (false, false) => None,
        }
    }
}
