//! Achieved against committed.

use super::convention::wire_commitment;
use super::words;
use crate::v1;
use chambre_domain::convention::{Commitment, Progress, Standing};
use chambre_domain::{Date, Reason, Refusal, Siren, TerritoryId};
use std::collections::BTreeMap;

/// Whose commitments are reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentsAsked {
    /// Where.
    pub territory: TerritoryId,
    /// Day whose convention is read; today when left out.
    pub on: Option<Date>,
    /// Attributions that the caller knows, by bailleur.
    pub attributions: BTreeMap<Siren, u64>,
}

/// Reads whose commitments are reported.
///
/// # Errors
/// The field that is missing or wrong; a bailleur named twice.
pub fn commitments(wire: v1::ReportCommitmentsRequest) -> Result<CommitmentsAsked, Refusal> {
    let territory = TerritoryId::parse("territory_siren", &wire.territory_siren)?;
    let on = words::optional_date("on", wire.on)?;
    let mut attributions = BTreeMap::new();
    for (place, known) in wire.attributions.into_iter().enumerate() {
        let field = |name: &str| format!("attributions[{place}].{name}");
        let siren = Siren::parse(&field("bailleur_siren"), &known.bailleur_siren)?;
        let count = u64::try_from(known.count).map_err(|_| {
            Refusal::new(Reason::ConventionRange, field("count"), known.count).with("least", 0)
        })?;
        if attributions.insert(siren, count).is_some() {
            return Err(
                Refusal::new(Reason::ConventionRange, field("bailleur_siren"), siren).with("listed", "twice")
            );
        }
    }
    Ok(CommitmentsAsked { territory, on, attributions })
}

/// A commitment with what was achieved of it, when the chamber knows.
#[must_use]
pub fn wire_progress(
    commitment: &Commitment,
    achieved: Option<u64>,
    progress: Option<Progress>,
) -> v1::CommitmentProgress {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let standing = match progress.map(|progress| progress.standing) {
        None => v1::CommitmentStanding::Unspecified,
        Some(Standing::Below) => v1::CommitmentStanding::Below,
        Some(Standing::Within) => v1::CommitmentStanding::Within,
        Some(Standing::Above) => v1::CommitmentStanding::Above,
    };
    v1::CommitmentProgress {
        commitment: Some(wire_commitment(commitment)),
        achieved: achieved.map(count),
        committed: progress.map(|progress| count(progress.committed)),
        per_mille: progress.and_then(|progress| progress.per_mille).map(count),
        standing: standing.into(),
    }
}
