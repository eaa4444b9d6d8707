//! The fingerprint of a run: SHA-256 of everything the computation reads, and of nothing else.

use crate::run::NettingInput;
use chambre_domain::measure::{EffortLine, LineKind, MeasuredRelogement};
use chambre_domain::{Cents, Convention, Date, Seq, Siren};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Changes whenever the same input may give other figures.
const ENGINE: &str = "chambre-settlement 1";

/// SHA-256, in hexadecimal, of the canonical JSON of what the run reads.
///
/// Not read, so not in it: the run's id, its officer, its seq, lines after the cut-off, conventions that no
/// relogement of the run follows. The same figures therefore keep the same fingerprint.
pub(crate) fn fingerprint(
    input: &NettingInput<'_>,
    settling: &Convention,
    relogements: &[&MeasuredRelogement],
    held: &BTreeSet<Siren>,
) -> Box<str> {
    let cut_off = input.period.to;
    let read: Vec<ReadRelogement> = relogements
        .iter()
        .map(|one| read(one, cut_off))
        .filter(|one| one.4 != Cents::ZERO || !one.5.is_empty())
        .collect();
    let versions: BTreeSet<u32> = read.iter().map(|one| one.1).chain([settling.version]).collect();
    let conventions: Vec<&Convention> = versions
        .iter()
        .filter_map(|version| input.conventions_of_territory().find(|one| one.version == *version))
        .collect();
    let carried: Vec<(&Siren, &Cents)> =
        input.carried_over.iter().filter(|(_, cents)| **cents != Cents::ZERO).collect();
    // Tuples are written in order, whatever features other crates give serde_json.
    let document =
        (ENGINE, input.territory, input.period, settling.version, held, carried, conventions, read);
    let bytes = serde_json::to_vec(&document).expect("plain values with text keys are always written");
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

/// Seq, convention version, origin, host, effort shared before, lines up to the cut-off.
type ReadRelogement = (Seq, u32, Siren, Siren, Cents, Vec<ReadLine>);

/// Day, kind, days of vacancy, cents.
type ReadLine = (Date, &'static str, i32, Cents);

fn read(one: &MeasuredRelogement, cut_off: Date) -> ReadRelogement {
    let line = |line: &EffortLine| {
        let (kind, days) = match line.kind {
            LineKind::RentGap => ("rent_gap", 0),
            LineKind::Works => ("works", 0),
            LineKind::Vacancy { days } => ("vacancy", days),
            LineKind::Indemnity => ("indemnity", 0),
        };
        (line.occurred_on, kind, days, line.amount)
    };
    let lines = one.lines.iter().filter(|line| line.occurred_on <= cut_off).map(line).collect();
    (one.recorded_seq, one.convention_version, one.origin, one.host, one.shared, lines)
}
