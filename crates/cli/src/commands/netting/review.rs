//! What an officer looks at before a run.

use super::args::ReviewArgs;
use crate::chamber;
use crate::failure::Failure;
use crate::look::{self, cell};
use crate::report::Report;
use chambre_api::convert::words::wire_date;
use chambre_api::{Client, v1};
use serde_json::json;
use v1::ReviewFinding;

/// Subjects named in the table; the JSON has all that the chamber names.
const NAMED: usize = 5;

/// Reviews a territory.
pub async fn review(args: &ReviewArgs, chamber: &Client) -> Result<Report, Failure> {
    let period = v1::Period { from: Some(wire_date(args.from)), to: Some(wire_date(args.to)) };
    let territory_siren = args.territory.to_string();
    let request = v1::ReviewNettingRequest { territory_siren: territory_siren.clone(), period: Some(period) };
    let found = chamber.netting().review_netting(request).await?.into_inner();
    let mut text = format!(
        "Revue de {} · période {}\n{} au compte, journal lu jusqu’au n° {}\n\n",
        chamber::territory_name(&territory_siren),
        look::period(Some(period)),
        look::counted(usize::try_from(found.relogement_count).unwrap_or_default(), "relogement"),
        look::count(found.at_seq),
    );
    if found.items.is_empty() {
        text += "Rien ne manque.\n";
    } else {
        let mut table = look::table(&["À regarder", ">Nombre", "Exemples", "Bloque l’arrêté"]);
        for item in &found.items {
            let named: Vec<&str> = item.subjects.iter().take(NAMED).map(String::as_str).collect();
            let more = usize::try_from(item.count).unwrap_or_default() > named.len();
            table.add_row([
                cell(finding(item.finding())),
                cell(look::count(item.count)),
                cell(named.join(", ") + if more { ", …" } else { "" }),
                cell(if item.blocking { "oui" } else { "non" }),
            ]);
        }
        text += &table.to_string();
    }
    let items = found.items.iter().map(|item| {
        json!({
            "finding": item.finding().as_str_name().trim_start_matches("REVIEW_FINDING_"),
            "count": item.count,
            "subjects": item.subjects,
            "blocking": item.blocking,
        })
    });
    let json = json!({
        "territory_siren": territory_siren,
        "relogement_count": found.relogement_count,
        "at_seq": found.at_seq,
        "items": items.collect::<Vec<_>>(),
    });
    Ok(Report::new(text, json))
}

fn finding(finding: ReviewFinding) -> &'static str {
    match finding {
        ReviewFinding::NoConvention => "aucune convention en vigueur à la date d’arrêté",
        ReviewFinding::RunUnderWay => "un arrêté est déjà en cours",
        ReviewFinding::PaymentsAwaited => "paiements attendus d’arrêtés antérieurs (ils seraient reportés)",
        ReviewFinding::RelogementsDisputed => "relogements contestés (laissés de côté)",
        ReviewFinding::BailleursHeld => "bailleurs suspendus (position reportée)",
        ReviewFinding::IndemnityNotReceived => "relogements ANRU sans indemnité reçue",
        ReviewFinding::OperationsSilent => "opérations prévues sans aucun relogement déclaré",
        ReviewFinding::RentGapsDue => "écarts de loyer que la clôture enregistrera",
        ReviewFinding::Unspecified => "constat inconnu de ce programme",
    }
}
