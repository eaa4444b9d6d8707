//! Several conventions on the same journal: what each bailleur would pay or receive.

use super::args::SimulateArgs;
use crate::chamber::{self, Names};
use crate::commands::export::{Files, summary};
use crate::failure::Failure;
use crate::look::{self, cell, euros, signed};
use crate::report::Report;
use chambre_api::convert::registry::wire_convention;
use chambre_api::convert::words::wire_date;
use chambre_api::{Client, v1};
use chambre_domain::Convention;
use chambre_domain::convention::CostLine;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Compares conventions.
pub async fn simulate(args: &SimulateArgs, chamber: &Client) -> Result<Report, Failure> {
    let request = request(args)?;
    let answer = chamber.netting().simulate_netting(request.clone()).await?.into_inner();
    let files = match &args.out {
        Some(out) => written(request, out, args.force, chamber).await?,
        None => Report::default(),
    };
    let names = Names::read(chamber).await?;
    let mut text = format!(
        "Comparaison sur {} · période {}\n{} au compte, journal lu jusqu’au n° {}. Rien n’est enregistré.\n\n{}\n{} \
         Chaque colonne : ce que le bailleur paierait ou recevrait, comme si rien n’avait été réparti avant.",
        chamber::territory_name(&args.territory.to_string()),
        look::period(Some(period(args))),
        look::counted(usize::try_from(answer.relogement_count).unwrap_or_default(), "relogement"),
        look::count(answer.at_seq),
        table(&answer, &names),
        look::SIGNS,
    );
    if !files.text.is_empty() {
        text = format!("{text}\n\n{}", files.text);
    }
    let json = json!({
        "files": files.json,
        "territory_siren": args.territory.to_string(),
        "relogement_count": answer.relogement_count,
        "at_seq": answer.at_seq,
        "outcomes": answer.outcomes.iter().map(as_json).collect::<Vec<_>>(),
    });
    Ok(Report::new(text, json))
}

/// The same comparison as files; none takes its name before both are whole.
async fn written(
    request: v1::SimulateNettingRequest,
    out: &Path,
    force: bool,
    chamber: &Client,
) -> Result<Report, Failure> {
    std::fs::create_dir_all(out).map_err(|error| Failure::of_file(out, &error))?;
    let mut files = Files::new(out, force);
    for format in [v1::ComparisonFormat::Pdf, v1::ComparisonFormat::Csv] {
        let asked = v1::GetComparisonRequest {
            territory_siren: request.territory_siren.clone(),
            period: request.period,
            scenarios: request.scenarios.clone(),
            format: format.into(),
        };
        let file = chamber.netting().get_comparison(asked).await?.into_inner();
        files.write(&file.file_name, &file.content)?;
    }
    Ok(summary(out, &files.keep()?))
}

fn period(args: &SimulateArgs) -> v1::Period {
    v1::Period { from: Some(wire_date(args.from)), to: Some(wire_date(args.to)) }
}

/// What is asked: each scenario of the command line, and the same without works when asked.
fn request(args: &SimulateArgs) -> Result<v1::SimulateNettingRequest, Failure> {
    let mut scenarios = Vec::new();
    for scenario in &args.scenarios {
        let (name, files) = named(scenario);
        let versions: Vec<Convention> = files.map(read).collect::<Result<_, _>>()?;
        scenarios.push(wire_scenario(name.clone(), &versions));
        if args.without_works {
            let without: Vec<Convention> = versions.into_iter().map(without_works).collect();
            scenarios.push(wire_scenario(format!("{name}, sans travaux"), &without));
        }
    }
    Ok(v1::SimulateNettingRequest {
        territory_siren: args.territory.to_string(),
        period: Some(period(args)),
        scenarios,
    })
}

/// `NOM=fichier,fichier`, or a file whose name without ending is the name.
fn named(scenario: &str) -> (String, impl Iterator<Item = &str>) {
    let (name, files) = match scenario.split_once('=') {
        Some((name, files)) => (name.to_owned(), files),
        None => {
            let stem = Path::new(scenario).file_stem().and_then(|stem| stem.to_str());
            (stem.unwrap_or(scenario).to_owned(), scenario)
        }
    };
    (name, files.split(','))
}

fn read(file: &str) -> Result<Convention, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{file} : lecture impossible ({error}).")))?;
    Convention::from_toml(&text).map_err(|refusal| Failure::usage(format!("{file} : {}", refusal.french())))
}

fn without_works(mut convention: Convention) -> Convention {
    convention.effort.count.retain(|line| *line != CostLine::Works);
    convention
}

fn wire_scenario(name: String, versions: &[Convention]) -> v1::Scenario {
    v1::Scenario { name, conventions: versions.iter().map(wire_convention).collect() }
}

/// One row for each bailleur, one column for each scenario.
fn table(answer: &v1::SimulateNettingResponse, names: &Names) -> comfy_table::Table {
    let headings: Vec<String> = std::iter::once("Bailleur".to_owned())
        .chain(answer.outcomes.iter().map(|outcome| format!(">{}", outcome.name)))
        .collect();
    let mut table = look::table(&headings.iter().map(String::as_str).collect::<Vec<_>>());
    let mut rows: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (column, outcome) in answer.outcomes.iter().enumerate() {
        for position in &outcome.positions {
            let row = rows.entry(&position.bailleur_siren).or_insert_with(|| vec![0; answer.outcomes.len()]);
            row[column] = position.position_cents;
        }
    }
    for (siren, row) in rows {
        let amounts = row.into_iter().map(|cents| cell(signed(cents)));
        table.add_row(std::iter::once(cell(names.of(siren))).chain(amounts));
    }
    for (label, part) in [
        ("Effort réparti", (|outcome| euros(outcome.total_cents)) as fn(&v1::ScenarioOutcome) -> String),
        ("Argent qui circule", |outcome| euros(outcome.moved_cents)),
        ("Paiements", |outcome| outcome.payment_count.to_string()),
    ] {
        let cells = answer.outcomes.iter().map(|outcome| cell(part(outcome)));
        table.add_row(std::iter::once(cell(label)).chain(cells));
    }
    table
}

fn as_json(outcome: &v1::ScenarioOutcome) -> serde_json::Value {
    let position = |position: &v1::NetPosition| {
        json!({
            "bailleur_siren": position.bailleur_siren,
            "effort_cents": position.effort_cents,
            "fair_share_cents": position.fair_share_cents,
            "position_cents": position.position_cents,
            "settled_cents": position.settled_cents,
        })
    };
    json!({
        "name": outcome.name,
        "total_cents": outcome.total_cents,
        "moved_cents": outcome.moved_cents,
        "payment_count": outcome.payment_count,
        "positions": outcome.positions.iter().map(position).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_named_by_its_file_or_by_hand() {
        let check = |typed: &str, name: &str, files: &[&str]| {
            let (found, paths) = named(typed);
            assert_eq!((found.as_str(), paths.collect::<Vec<_>>().as_slice()), (name, files));
        };
        check("dossier/causal.toml", "causal", &["dossier/causal.toml"]);
        check("MEL=v1.toml,v2.toml", "MEL", &["v1.toml", "v2.toml"]);
    }

    #[test]
    fn works_are_taken_out_of_every_version() {
        let text = include_str!("../../../../../docs/exemples/conventions/causal.toml");
        let convention = without_works(Convention::from_toml(text).unwrap());
        assert!(!convention.effort.count.contains(&CostLine::Works));
        assert!(convention.effort.count.contains(&CostLine::RentGap));
    }
}
