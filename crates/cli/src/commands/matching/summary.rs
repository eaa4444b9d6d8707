//! The answer to a folder, in French, for the screen.

use super::answer::Answer;
use super::placement::{AnruSum, Placement};
use super::why::RuledOut;
use crate::look::{self, cell, count, counted};
use std::path::Path;

/// Lines of each list shown; the file holds them all.
const MOST_SHOWN: usize = 30;

/// The summary.
pub fn french(answer: &Answer, out: Option<&Path>) -> String {
    let read = &answer.read;
    let objective = answer.objective;
    let proof = match answer.certificate.by {
        "prices" => "Optimum prouvé par les prix des logements, vérifiés à part du calcul.",
        _ => "Optimum prouvé par la borne du calcul, contingents limités à leurs places.",
    };
    let mut text = format!(
        "Appariement au {} : {} sur {} ({} sur {} urgents), {} points.\n{proof}\n",
        look::french_day(answer.on),
        counted(usize::try_from(objective.placed).unwrap_or_default(), "ménage logé"),
        count(read.needs as u64),
        count(objective.urgent),
        count(read.urgent as u64),
        count(objective.score),
    );
    if !answer.placements.is_empty() {
        text += &placements(answer);
    }
    if !answer.unplaced.is_empty() {
        text += &format!("\n{} sans logement :\n", counted(answer.unplaced.len(), "ménage"));
        let line = |household: &str, urgent: bool, french: &str| {
            let mark = if urgent { " (urgent)" } else { "" };
            format!("  {household}{mark} : {french}\n")
        };
        let unplaced = answer.unplaced.iter().take(MOST_SHOWN);
        text += &unplaced.map(|one| line(&one.household, one.urgent, &one.french)).collect::<String>();
        text += &more(answer.unplaced.len(), "ménage");
    }
    if !answer.vacant.is_empty() {
        text += &format!("\n{} :\n", counted(answer.vacant.len(), "logement libre"));
        let vacant = answer.vacant.iter().take(MOST_SHOWN);
        text += &vacant.map(|one| format!("  {} : {}\n", one.offer, one.french)).collect::<String>();
        text += &more(answer.vacant.len(), "logement");
    }
    text += &rules(answer);
    text += "\nÀ savoir :\n";
    text += &answer.notes.iter().map(|note| format!("  {}\n", note.french)).collect::<String>();
    if let Some(out) = out {
        text += &format!("\nRéponse entière : {}\n", out.display());
    }
    text
}

fn placements(answer: &Answer) -> String {
    let mut table = look::table(&[
        "Ménage",
        "Offre",
        "Bailleur",
        ">Points",
        ">Loyer",
        ">Écart par mois",
        "Indemnité ANRU",
    ]);
    for placement in answer.placements.iter().take(MOST_SHOWN) {
        table.add_row([
            cell(household(placement)),
            cell(&placement.offer),
            cell(&placement.landlord),
            cell(count(u64::from(placement.score))),
            cell(look::euros(placement.rent_cents)),
            cell(look::euros(placement.monthly_gap_cents)),
            cell(indemnity(&placement.indemnity)),
        ]);
    }
    let warned = answer.placements.iter().filter(|placement| !placement.warnings.is_empty());
    let warned: String = warned
        .take(MOST_SHOWN)
        .flat_map(|placement| {
            let line = |french: &str| format!("  {} → {} : {french}\n", placement.household, placement.offer);
            placement.warnings.iter().map(|warning| line(&warning.french)).collect::<Vec<_>>()
        })
        .collect();
    let warned = if warned.is_empty() { warned } else { format!("\nÀ vérifier :\n{warned}") };
    format!(
        "\n{table}\n{}Écarts de loyer : {} par mois. Indemnités ANRU attendues et chiffrées : {}.\n{warned}",
        more(answer.placements.len(), "ménage"),
        look::euros(answer.totals.monthly_gap_cents),
        look::euros(answer.totals.expected_indemnity_cents),
    )
}

fn household(placement: &Placement) -> String {
    let marks = [(placement.urgent, "urgent"), (placement.widened, "hors souhaits")];
    let marks: Vec<_> = marks.iter().filter(|(holds, _)| *holds).map(|(_, mark)| *mark).collect();
    if marks.is_empty() {
        placement.household.clone()
    } else {
        format!("{} ({})", placement.household, marks.join(", "))
    }
}

fn indemnity(expected: &AnruSum) -> String {
    match expected {
        AnruSum::Expected { cents } => look::euros(*cents),
        AnruSum::NoScale { .. } => "barème non chargé".to_owned(),
        AnruSum::NotExpected { .. } => "non attendue".to_owned(),
    }
}

fn rules(answer: &Answer) -> String {
    let rules = &answer.rules;
    let mut text = format!(
        "\n{} sur {}.",
        counted(usize::try_from(rules.possible).unwrap_or_default(), "couple possible"),
        count(rules.pairs)
    );
    match &rules.ruled_out {
        Some(grounds) if !grounds.is_empty() => {
            text += " Règles qui écartent les autres (dont : elle seule) :\n";
            let line = |ground: &RuledOut| {
                let RuledOut { code, french, pairs, alone } = ground;
                format!("  {code} : {} ({}) ; {french}\n", count(*pairs), count(*alone))
            };
            text += &grounds.iter().map(line).collect::<String>();
        }
        _ => text.push('\n'),
    }
    text
}

fn more(length: usize, noun: &str) -> String {
    match length.saturating_sub(MOST_SHOWN) {
        0 => String::new(),
        left => format!("  … et {} de plus.\n", counted(left, noun)),
    }
}
