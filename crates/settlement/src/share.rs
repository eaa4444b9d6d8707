//! The fair share: who bore what in this run, and who should have, by convention version.

use crate::divide::{Division, divide};
use crate::sum::{Sums, add, all_to_cents, to_cents, total};
use chambre_domain::{Cents, Convention, Reason, Refusal, Seq, Siren};
use std::collections::BTreeMap;

/// What a run shares of one relogement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delta {
    /// Seq under which the relogement was recorded.
    pub recorded_seq: Seq,
    /// Version of the convention it follows.
    pub version: u32,
    /// Bailleur of the operation.
    pub origin: Siren,
    /// Bailleur of the lease.
    pub host: Siren,
    /// Its effort now, less what earlier runs shared; below zero when an indemnity or a reversal came late.
    pub amount: Cents,
}

/// Effort that earlier runs shared, by convention version.
pub type SharedBefore = BTreeMap<u32, Cents>;

/// Efforts and fair shares of the relogements that follow one version of the convention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionShare {
    /// The version they follow for ever: the one in force on their lease date.
    pub version: u32,
    /// Effort shared under it.
    pub total: Cents,
    /// Effort that each host bore.
    pub effort: BTreeMap<Siren, Cents>,
    /// The part of the total that falls to each bailleur; sums to the total exactly.
    pub fair_share: BTreeMap<Siren, Cents>,
    /// The arithmetic of the key; none under a causal rule.
    pub division: Option<Division>,
}

/// Shares the deltas, version by version, in the order of the versions.
///
/// A relogement keeps the version of its lease date for all its later lines: a change from 60/40 to 70/30 in
/// mid-period splits by itself, and a correction meets the rule of its original. `before` is read by the rules
/// that look at the whole life of a version: placements to date, outside money not yet used.
///
/// # Errors
/// [`Reason::ConventionUnknown`] when a version is not among `conventions`; [`Reason::NettingWeights`] when
/// every weight of a key is zero and the effort is not; [`Reason::NettingOverflow`].
pub fn share(
    deltas: &[Delta],
    conventions: &[Convention],
    before: &SharedBefore,
) -> Result<Vec<VersionShare>, Refusal> {
    let mut versions: BTreeMap<u32, Vec<&Delta>> = BTreeMap::new();
    for delta in deltas {
        versions.entry(delta.version).or_default().push(delta);
    }
    let share_one = |(version, deltas): (u32, Vec<&Delta>)| {
        let before = before.get(&version).copied().unwrap_or_default();
        share_version(find(conventions, version)?, &deltas, before)
    };
    versions.into_iter().map(share_one).collect()
}

/// The version of that number.
pub(crate) fn find(conventions: &[Convention], version: u32) -> Result<&Convention, Refusal> {
    let found = conventions.iter().find(|convention| convention.version == version);
    found.ok_or_else(|| Refusal::new(Reason::ConventionUnknown, "convention_version", version))
}

fn share_version(convention: &Convention, deltas: &[&Delta], before: Cents) -> Result<VersionShare, Refusal> {
    let (mut hosts, mut origins) = (Sums::new(), Sums::new());
    for delta in deltas {
        add(&mut hosts, delta.host, delta.amount);
        add(&mut origins, delta.origin, delta.amount);
    }
    let total = to_cents("effort", total(deltas.iter().map(|delta| delta.amount)))?;
    let division = divide(&convention.fair_share, total, before)?;
    let fair_share = match &division {
        Some(division) => division.fair_share.clone(),
        None => all_to_cents("fair_share", origins)?,
    };
    let effort = all_to_cents("effort", hosts)?;
    Ok(VersionShare { version: convention.version, total, effort, fair_share, division })
}
