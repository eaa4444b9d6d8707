//! The fingerprint of a run: SHA-256 of everything the computation reads, and of nothing else.

use crate::run::{NettingInput, Read};
use crate::share::SharedBefore;
use chambre_domain::{Cents, Convention, Seq, Siren};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Changes whenever the same input may give other figures.
const ENGINE: &str = "chambre-settlement 2";

/// SHA-256, in hexadecimal, of the canonical JSON of what the run reads.
///
/// Not read, so not in it: the run's id, its officer, its seq, lines after the cut-off, relogements that share
/// nothing now, conventions that no relogement of the run follows. Lines enter by their sums to date, which is
/// all that an effort depends on. The same figures therefore keep the same fingerprint, whether the engine read
/// every line again or kept running totals.
pub(crate) fn fingerprint(
    input: &NettingInput<'_>,
    settling: u32,
    conventions: &[Convention],
    kept: &[Read],
    held: &BTreeSet<Siren>,
    shared_before: &SharedBefore,
) -> Box<str> {
    let read: Vec<ReadRelogement> = kept.iter().map(read).collect();
    let versions: BTreeSet<u32> = kept.iter().map(|one| one.delta.version).chain([settling]).collect();
    let followed: Vec<&Convention> = versions
        .iter()
        .filter_map(|version| conventions.iter().find(|one| one.version == *version))
        .collect();
    let before: Vec<(&u32, &Cents)> =
        shared_before.iter().filter(|(version, _)| versions.contains(version)).collect();
    let carried: Vec<(&Siren, &Cents)> =
        input.carried_over.iter().filter(|(_, cents)| **cents != Cents::ZERO).collect();
    let owed: Vec<_> = input.carried_obligations.iter().collect();
    // Tuples are written in order, whatever features other crates give serde_json.
    let document = (
        (ENGINE, input.territory, input.period, settling),
        (held, &input.refusers, carried, owed),
        (before, followed, read),
    );
    let bytes = serde_json::to_vec(&document).expect("plain values with text keys are always written");
    HEXLOWER.encode(&Sha256::digest(bytes)).into()
}

/// Seq, version, origin, host; shared before, placed; rent gap, works, vacancy, its days, indemnity.
type ReadRelogement = ((Seq, u32, Siren, Siren), (Cents, bool), (i128, i128, i128, i64, i128));

fn read(one: &Read) -> ReadRelogement {
    let Read { delta, shared, measured } = one;
    let tally = &measured.tally;
    (
        (delta.recorded_seq, delta.version, delta.origin, delta.host),
        (*shared, measured.placed),
        (tally.rent_gap, tally.works, tally.vacancy, tally.vacancy_days, tally.indemnity),
    )
}
