//! What every document cites: the run, the bailleurs, the conventions.

use super::error::{ReportError, agrees, minus};
use chambre_domain::netting::NetPosition;
use chambre_domain::{Cents, Date, NettingId, OfficerId, Period, Seal, Seq, Siren, TerritoryId};

/// A bailleur as printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its SIREN.
    pub siren: Siren,
    /// Its name; printed on one line, shortened when it has no room.
    pub name: String,
}

impl Party {
    /// Its name, or its SIREN when it has none.
    pub(crate) fn label(&self) -> String {
        match self.name.trim() {
            "" => format!("SIREN {}", self.siren),
            name => name.to_owned(),
        }
    }

    /// Its name, shortened so that the SIREN after it is never cut by a narrow column.
    pub(crate) fn cited(&self) -> String {
        const MOST: usize = 60;
        let name = self.label();
        if name.chars().count() <= MOST {
            return format!("{name} ({})", self.siren);
        }
        let short: String = name.chars().take(MOST).collect();
        format!("{}… ({})", short.trim_end(), self.siren)
    }
}

/// An amount and what it is, in French.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// What it is.
    pub label: String,
    /// The signed amount.
    pub amount: Cents,
}

/// The run that a document is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunCited {
    /// Its identifier.
    pub netting: NettingId,
    /// Where.
    pub territory: TerritoryId,
    /// When; its last day is the cut-off.
    pub period: Period,
    /// Where it stands in its life, in French: « proposé », « approuvé ».
    pub status: String,
    /// The last écriture it takes into account.
    pub at_seq: Seq,
    /// The seal of that écriture.
    pub seal: Seal,
    /// SHA-256 of everything the computation read, in hexadecimal.
    pub input_sha256: Box<str>,
    /// Who proposed it.
    pub proposed_by: OfficerId,
    /// Who approved it, once approved; never who proposed it.
    pub approved_by: Option<OfficerId>,
    /// The convention pays between pairs only: a bailleur may then pay one while it waits for another, so that
    /// what is settled may lie beyond its position.
    pub between_pairs: bool,
    /// The day printed on the document: documents never read the clock.
    pub issued_on: Date,
}

impl RunCited {
    pub(crate) fn check(&self) -> Result<(), ReportError> {
        let hash = &self.input_sha256;
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ReportError::refused("run.input_sha256", hash, "must be 64 hexadecimal digits"));
        }
        if self.approved_by.as_ref() == Some(&self.proposed_by) {
            return Err(ReportError::refused(
                "run.approved_by",
                &self.proposed_by,
                "must not be the officer who proposed the run",
            ));
        }
        Ok(())
    }

    /// What every page says of a run that is only proposed; nothing once it is approved.
    pub(crate) fn draft(&self) -> &'static str {
        if self.approved_by.is_some() { "" } else { "PROJET non approuvé – " }
    }
}

/// The version of a convention that governs some relogements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConventionCited {
    /// Its number.
    pub version: u32,
    /// First lease date it governs.
    pub in_force_from: Date,
    /// The charter or deliberation.
    pub title: String,
    /// The article that gives the rule of sharing; empty when the convention has no articles.
    pub article: String,
    /// The rule in one French sentence.
    pub rule: String,
}

/// Holds a position against its own arithmetic: effort − fair share + carried over, and what of it is settled.
///
/// Settled has the sign of the position and is no larger, unless the run pays between pairs.
pub(crate) fn check_position(
    field: &str,
    position: &NetPosition,
    between_pairs: bool,
) -> Result<(), ReportError> {
    let NetPosition { effort, fair_share, carried_over, position: stated, settled, .. } = *position;
    let field = |name: &str| format!("{field}.{name}");
    agrees(&field("position"), stated, [effort, minus(&field("fair_share"), fair_share)?, carried_over])?;
    let (of, now) = (stated.get(), settled.get());
    let same_side = now == 0 || (now > 0) == (of > 0);
    if between_pairs {
        // What is carried on is printed: it has to be a number.
        let on = i128::from(of) - i128::from(now);
        super::error::cents(&field("carried_on"), on).map(|_| ())
    } else if same_side && now.unsigned_abs() <= of.unsigned_abs() {
        Ok(())
    } else {
        Err(ReportError::refused(
            field("settled"),
            settled,
            "must have the sign of the position and be no larger",
        ))
    }
}

/// What of a position is carried on to the next run.
pub(crate) fn carried_on(position: &NetPosition) -> Cents {
    // In range, as `check_position` holds.
    position.position.checked_sub(position.settled).unwrap_or_default()
}
