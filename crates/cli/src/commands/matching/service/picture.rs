//! The picture of where a territory stands.

use super::super::needs_report::Line;
use crate::failure::Failure;
use crate::look;
use chambre_api::v1;
use chambre_audit::report::situation::{CommitmentBar, DelayBar, NeedBar, ReasonBar, Shown, Situation, svg};
use chambre_matching::exchange::reports::{Cell, percent_french};
use chambre_matching::trade::Rule;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

/// The file of a picture.
///
/// # Errors
/// Another end than `.svg`.
pub fn named(path: &Path) -> Result<&Path, Failure> {
    let end = path.extension().map(|end| end.to_string_lossy().to_lowercase());
    match end.as_deref() {
        Some("svg") => Ok(path),
        _ => Err(Failure::usage(format!("{} : le nom d’une image finit par .svg.", path.display()))),
    }
}

/// Draws the report.
///
/// # Errors
/// A report without its day.
pub fn draw(place: &str, told: &v1::ReportMatchingResponse, lines: &[Line]) -> Result<Vec<u8>, Failure> {
    let on = look::day(told.on).ok_or_else(|| Failure::infrastructure("le serveur n’a pas dit le jour."))?;
    let situation = Situation {
        place: place.to_owned(),
        on,
        needs: lines.iter().map(need).collect(),
        offers: count(told.offers),
        reasons: reasons(&told.orphans),
        delays: told.delays.iter().map(delay).collect(),
        commitments: told.contingents.iter().map(commitment).collect(),
    };
    Ok(svg(&situation).into_bytes())
}

fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

const fn shown(cell: Cell) -> Shown {
    match cell {
        Cell::Count(count) => Shown::Count(count),
        Cell::Below(least) => Shown::Below(least),
    }
}

fn need(line: &Line) -> NeedBar {
    NeedBar {
        label: format!("{}, {}, {}", line.operation, line.typology, line.financing),
        households: shown(line.households),
        urgent: shown(line.urgent),
    }
}

/// Offers by what explains that nobody took position: the most numerous first, then in the order of the words.
fn reasons(orphans: &[v1::OrphanOffer]) -> Vec<ReasonBar> {
    let mut by_reason: BTreeMap<String, u32> = BTreeMap::new();
    for orphan in orphans {
        let rule = Rule::ALL.into_iter().find(|rule| rule.code() == orphan.main_rule);
        let label = match rule {
            _ if orphan.possible > 0 => {
                "le logement convenait à un ménage, et personne n’a répondu".to_owned()
            }
            Some(rule) => format!("{} : {}", rule.code(), rule.french()),
            None => "aucun besoin n’est ouvert dans le territoire".to_owned(),
        };
        *by_reason.entry(label).or_default() += 1;
    }
    let mut bars: Vec<_> = by_reason.into_iter().map(|(label, offers)| ReasonBar { label, offers }).collect();
    bars.sort_by_key(|bar| Reverse(bar.offers));
    bars
}

fn delay(row: &v1::TeamDelay) -> DelayBar {
    DelayBar {
        label: row.mous_id.clone(),
        proposed: count(row.proposed),
        answered: count(row.answered),
        days: row.median_days.zip(row.longest_days).map(|(median, longest)| (count(median), count(longest))),
    }
}

fn commitment(row: &v1::ContingentStanding) -> CommitmentBar {
    CommitmentBar {
        label: row.reserver.clone(),
        committed: count(row.committed),
        due: count(row.due),
        achieved: count(row.achieved),
        share: percent_french(count(row.achieved), count(row.committed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orphan(possible: i32, main_rule: &str) -> v1::OrphanOffer {
        v1::OrphanOffer { possible, main_rule: main_rule.to_owned(), ..v1::OrphanOffer::default() }
    }

    #[test]
    fn offers_without_reaction_are_counted_by_what_explains_it() {
        let told = [orphan(2, "H05_AREA"), orphan(0, "H05_AREA"), orphan(0, "H05_AREA"), orphan(0, "")];
        let bars: Vec<_> = reasons(&told).into_iter().map(|bar| (bar.offers, bar.label)).collect();
        assert!(bars[0].0 == 2 && bars[0].1.starts_with("H05_AREA : "), "{bars:?}");
        assert_eq!(bars[1], (1, "aucun besoin n’est ouvert dans le territoire".to_owned()));
        assert_eq!(bars[2].0, 1);
    }

    #[test]
    fn a_picture_is_a_svg_file() {
        assert!(named(Path::new("etats.SVG")).is_ok());
        assert!(named(Path::new("etats.png")).is_err() && named(Path::new("etats")).is_err());
    }
}
