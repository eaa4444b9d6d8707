//! Where a territory stands: needs of the month, offers without reaction, delays, contingents, dwellings kept.
//! The picture of it is in [`picture`].

use super::super::files::{self, Written};
use super::super::needs_report::{self, Form, Line, UNSAID};
use super::args::ReportArgs;
use super::picture;
use crate::chamber::{self, Names};
use crate::failure::Failure;
use crate::look::{self, cell, euros};
use crate::report::Report;
use chambre_api::{Client, v1};
use chambre_matching::exchange::reports::{Cell, percent_french};
use comfy_table::Table;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Asks for the report, shows it, writes the table of needs and the picture.
///
/// # Errors
/// What the server answers; a file that exists, or that cannot be written.
pub async fn run(args: &ReportArgs, chamber: &Client) -> Result<Report, Failure> {
    let form = args.out.as_deref().map(|path| Form::of(path).map(|form| (path, form))).transpose()?;
    let drawn = args.picture.as_deref().map(picture::named).transpose()?;
    if let Some(path) = drawn.filter(|path| form.is_some_and(|(other, _)| other == *path)) {
        return Err(Failure::usage(format!(
            "{} : --out et --picture nomment le même fichier.",
            path.display()
        )));
    }
    for path in form.iter().map(|(path, _)| *path).chain(drawn) {
        files::check_free(path, args.force)?;
    }
    let territory_siren = args.territory.to_string();
    let request = v1::ReportMatchingRequest { territory_siren: territory_siren.clone() };
    let told = chamber.matching().report_matching(request).await?.into_inner();
    // A matching served alone knows no names.
    let names = Names::read(chamber).await.unwrap_or_default();
    let lines: Vec<Line> = told.needs.iter().map(line).collect();
    let mut text = format!("{} au {}\n", chamber::territory_name(&territory_siren), on(&told));
    for (title, table) in sections(&told, &lines, &names) {
        let _ = write!(text, "\n{title}\n{table}\n");
    }
    let near = shown(told.near_the_last_offer.as_ref()).french();
    let _ = write!(text, "\nMénages dont la prochaine offre formelle est la dernière : {near}.");
    let mut written = Vec::new();
    if let Some((path, form)) = form {
        written.push(Written { path, content: needs_report::write(&lines, form)?, open: true });
        let _ = write!(text, "\nÉtat des besoins : {}", path.display());
    }
    if let Some(path) = drawn {
        let content = picture::draw(&chamber::territory_name(&territory_siren), &told, &lines)?;
        written.push(Written { path, content, open: true });
        let _ = write!(text, "\nImage des états : {}", path.display());
    }
    files::write(written, args.force)?;
    Ok(Report::new(text, as_json(&told, &lines)))
}

fn on(told: &v1::ReportMatchingResponse) -> String {
    look::day(told.on).map_or_else(String::new, look::french_day)
}

fn shown(count: Option<&v1::HiddenCount>) -> Cell {
    use v1::hidden_count::Shown;
    let number = |number: i32| u32::try_from(number).unwrap_or_default();
    match count.and_then(|count| count.shown) {
        Some(Shown::Below(least)) => Cell::Below(number(least)),
        Some(Shown::Count(count)) => Cell::Count(number(count)),
        None => Cell::Count(0),
    }
}

fn line(line: &v1::NeedsLine) -> Line {
    let financing = line.financing().as_str_name().trim_start_matches("FINANCING_");
    Line {
        operation: line.operation_id.clone(),
        typology: line.typology().as_str_name().trim_start_matches("TYPOLOGY_").to_owned(),
        financing: if line.financing == 0 { UNSAID } else { financing }.to_owned(),
        households: shown(line.households.as_ref()),
        urgent: shown(line.urgent.as_ref()),
        flagged: line.flagged,
    }
}

fn needs(lines: &[Line]) -> Table {
    let mut table = look::table(&["Opération", "Typologie", "Financement", ">Ménages", ">Urgents"]);
    for line in lines {
        table.add_row([
            cell(&line.operation),
            cell(&line.typology),
            cell(&line.financing),
            cell(line.households.french()),
            cell(line.urgent.french()),
        ]);
    }
    table
}

fn sections(told: &v1::ReportMatchingResponse, lines: &[Line], names: &Names) -> Vec<(String, Table)> {
    let mut sections = vec![("Besoins".to_owned(), needs(lines))];
    let count = |number: i32| u32::try_from(number).unwrap_or_default();
    if !told.orphans.is_empty() {
        let orphans = u32::try_from(told.orphans.len()).unwrap_or(u32::MAX);
        let share = percent_french(orphans, count(told.offers));
        let title = format!("Offres sans réaction : {orphans} sur {} ({share})", told.offers);
        let mut table =
            look::table(&["Offre", "Bailleur", ">Convenait à", ">Ne convenait pas à", "Règle principale"]);
        for one in &told.orphans {
            table.add_row([
                cell(&one.offer_id),
                cell(names.of(&one.bailleur_siren)),
                cell(one.possible),
                cell(one.impossible),
                cell(&one.main_rule),
            ]);
        }
        sections.push((title, table));
    }
    if !told.delays.is_empty() {
        let days = |days: Option<i32>| days.map_or_else(|| "–".to_owned(), |days| days.to_string());
        let mut table =
            look::table(&["MOUS", ">Proposées", ">Répondues", ">Délai médian (j)", ">Le plus long (j)"]);
        for one in &told.delays {
            table.add_row([
                cell(&one.mous_id),
                cell(one.proposed),
                cell(one.answered),
                cell(days(one.median_days)),
                cell(days(one.longest_days)),
            ]);
        }
        sections.push(("Délais de réponse".to_owned(), table));
    }
    if !told.contingents.is_empty() {
        let mut table = look::table(&["Réservataire", ">Engagés", ">Dus à ce jour", ">Réalisés", ">Part"]);
        for one in &told.contingents {
            table.add_row([
                cell(&one.reserver),
                cell(one.committed),
                cell(one.due),
                cell(one.achieved),
                cell(percent_french(count(one.achieved), count(one.committed))),
            ]);
        }
        sections.push(("Contingents mutualisés".to_owned(), table));
    }
    if !told.holds.is_empty() {
        let mut table =
            look::table(&["Offre", "Bailleur", "Gardé pour", ">Jours", ">Loyer perdu par jour", "Excessif"]);
        for one in &told.holds {
            table.add_row([
                cell(&one.offer_id),
                cell(names.of(&one.bailleur_siren)),
                cell(&one.operation_id),
                cell(one.days.map_or_else(|| "–".to_owned(), |days| days.to_string())),
                cell(one.lost_each_day_cents.map_or_else(|| "–".to_owned(), euros)),
                cell(if one.too_long { "oui" } else { "non" }),
            ]);
        }
        sections.push(("Logements gardés".to_owned(), table));
    }
    if !told.out_of_flow.is_empty() {
        let mut table = look::table(&["Bailleur", "Réservataire", ">Logements"]);
        for one in &told.out_of_flow {
            let reserver = one.reserver().as_str_name().trim_start_matches("CONTINGENT_");
            table.add_row([cell(names.of(&one.bailleur_siren)), cell(french(reserver)), cell(one.dwellings)]);
        }
        sections.push(("Hors flux, cette année".to_owned(), table));
    }
    sections
}

/// A reserver of the RPLS list, for people.
fn french(reserver: &str) -> &'static str {
    match reserver {
        "STATE_CIVIL_SERVANTS" => "État, fonctionnaires",
        "STATE_PRIORITY" => "État, prioritaires",
        "ACTION_LOGEMENT" => "Action Logement et employeurs",
        "LOCAL_AUTHORITIES" => "collectivités",
        "OTHER" => "autres",
        "NOT_RESERVED" => "non réservé",
        _ => "non précisé",
    }
}

fn as_json(told: &v1::ReportMatchingResponse, lines: &[Line]) -> Value {
    let needs = lines.iter().map(|line| {
        json!({
            "operation_id": line.operation, "typology": line.typology, "financing": line.financing,
            "households": line.households, "urgent": line.urgent, "flagged": line.flagged,
        })
    });
    let orphans = told.orphans.iter().map(|one| {
        json!({
            "offer_id": one.offer_id, "bailleur_siren": one.bailleur_siren, "possible": one.possible,
            "impossible": one.impossible, "main_rule": one.main_rule,
        })
    });
    let delays = told.delays.iter().map(|one| {
        json!({
            "mous_id": one.mous_id, "proposed": one.proposed, "answered": one.answered,
            "median_days": one.median_days, "longest_days": one.longest_days,
        })
    });
    let contingents = told.contingents.iter().map(|one| {
        json!({
            "contingent_id": one.contingent_id, "reserver": one.reserver, "committed": one.committed,
            "due": one.due, "achieved": one.achieved, "per_mille": one.per_mille,
        })
    });
    let holds = told.holds.iter().map(|one| {
        json!({
            "offer_id": one.offer_id, "bailleur_siren": one.bailleur_siren, "operation_id": one.operation_id,
            "days": one.days, "lost_each_day_cents": one.lost_each_day_cents, "too_long": one.too_long,
        })
    });
    let out_of_flow = told.out_of_flow.iter().map(|one| {
        let reserver = one.reserver().as_str_name().trim_start_matches("CONTINGENT_");
        json!({ "bailleur_siren": one.bailleur_siren, "reserver": reserver, "dwellings": one.dwellings })
    });
    json!({
        "on": look::day(told.on), "offers": told.offers, "needs": needs.collect::<Vec<_>>(),
        "orphans": orphans.collect::<Vec<_>>(), "delays": delays.collect::<Vec<_>>(),
        "contingents": contingents.collect::<Vec<_>>(), "holds": holds.collect::<Vec<_>>(),
        "out_of_flow": out_of_flow.collect::<Vec<_>>(),
        "near_the_last_offer": shown(told.near_the_last_offer.as_ref()),
    })
}
