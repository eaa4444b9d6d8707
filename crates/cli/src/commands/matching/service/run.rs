//! The best assignment of a territory; one pair explained.

use super::args::{ExplainArgs, RunArgs};
use super::chains;
use crate::chamber;
use crate::failure::Failure;
use crate::look::{self, cell, euros};
use crate::report::Report;
use chambre_api::{Client, v1};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Computes and shows.
///
/// # Errors
/// What the server answers.
pub async fn run(args: &RunArgs, chamber: &Client) -> Result<Report, Failure> {
    let request = v1::RunMatchingRequest {
        territory_siren: args.territory.to_string(),
        choices: choices(args),
        max_transfers: args.transfers.into(),
    };
    let best = chamber.matching().run_matching(request).await?.into_inner();
    let mut text = format!(
        "{} : {} et {}, {}.\n",
        chamber::territory_name(&args.territory.to_string()),
        look::counted(count(best.needs), "ménage"),
        look::counted(count(best.offers), "logement"),
        look::counted(usize::try_from(best.possible_pairs).unwrap_or_default(), "couple possible"),
    );
    let proof = match (best.certified, best.proven_by_prices) {
        (true, true) => "preuve vérifiée",
        (true, false) => "le meilleur, d’après le calcul seul",
        (false, _) => "LE MEILLEUR TROUVÉ DANS LE TEMPS DONNÉ, SANS PREUVE",
    };
    let _ = writeln!(
        text,
        "Meilleur ensemble : {} (dont {}), {} ; {proof}.",
        look::counted(best.placed.len() + best.chains.len(), "ménage placé"),
        look::counted(count(best.urgent), "urgent"),
        look::counted(usize::try_from(best.score).unwrap_or_default(), "point"),
    );
    if args.transfers > 0 {
        let _ = writeln!(
            text,
            "Mutations possibles : {} ; {} d’au plus {}.",
            best.transfers,
            look::counted(best.chains.len(), "chaîne"),
            look::counted(usize::from(args.transfers), "mutation"),
        );
    }
    if let Some(cost) = &best.cost {
        let _ = writeln!(text, "Vos choix coûtent à l’ensemble : {}.", lost(cost));
    }
    if best.contingents_limit {
        text += "Les places restantes des contingents limitent cet ensemble.\n";
    }
    if !best.placed.is_empty() {
        let _ = writeln!(text, "\n{}", placed(&best.placed));
    }
    if !best.chains.is_empty() {
        let _ = writeln!(
            text,
            "\nChaînes, du logement vacant au ménage à reloger\n{}",
            chains::found(&best.chains)
        );
    }
    if !best.unplaced.is_empty() {
        let _ = writeln!(text, "\nSans logement :");
        best.unplaced.iter().for_each(|one| text += &format!("- {}\n", unplaced(one)));
    }
    text += "\nRien n’est enregistré : proposez un couple avec « chambre match propose »";
    text += if best.chains.is_empty() { "." } else { ", une chaîne avec « chambre match chain »." };
    Ok(Report::new(text, as_json(&best)))
}

fn count(number: i32) -> usize {
    usize::try_from(number).unwrap_or_default()
}

fn placed(pairs: &[v1::PossiblePair]) -> comfy_table::Table {
    let headings = ["Ménage", "Offre", ">Points", ">Loyer", ">Écart mensuel", ">Indemnité attendue"];
    let mut table = look::table(&headings);
    for pair in pairs {
        let urgent = if pair.urgent { " (urgent)" } else { "" };
        table.add_row([
            cell(format!("{}{urgent}", pair.household)),
            cell(&pair.offer_id),
            cell(pair.score),
            cell(euros(pair.rent_cents)),
            cell(euros(pair.monthly_gap_cents)),
            cell(pair.expected_indemnity_cents.map_or_else(|| "aucune".to_owned(), euros)),
        ]);
    }
    table
}

fn choices(args: &RunArgs) -> Vec<v1::MatchingChoice> {
    let choice = |kind: v1::ChoiceKind| {
        move |(household, offer_id): &(String, String)| v1::MatchingChoice {
            kind: kind.into(),
            household: household.clone(),
            offer_id: offer_id.clone(),
        }
    };
    let pinned = args.pin.iter().map(choice(v1::ChoiceKind::Pin));
    pinned.chain(args.ban.iter().map(choice(v1::ChoiceKind::Ban))).collect()
}

/// What choices cost, at the first level that differs; the levels below may gain.
pub fn lost(cost: &v1::ChoiceCost) -> String {
    let levels = [(cost.urgent, "ménage urgent"), (cost.placed, "ménage placé"), (cost.points, "point")];
    let first = levels.iter().find(|(lost, _)| *lost != 0);
    first.map_or_else(
        || "rien".to_owned(),
        |(lost, noun)| look::counted(usize::try_from(*lost).unwrap_or_default(), noun),
    )
}

fn unplaced(one: &v1::UnplacedHousehold) -> String {
    if one.possible == 0 {
        let mut rules: Vec<_> = one.excluded_by.iter().collect();
        rules.sort_by(|(code, times), (other, others)| others.cmp(times).then(code.cmp(other)));
        let rules: Vec<String> = rules.iter().map(|(code, times)| format!("{code} × {times}")).collect();
        let why = if rules.is_empty() { "aucun logement offert".to_owned() } else { rules.join(", ") };
        return format!("{} : aucun logement possible ({why})", one.household);
    }
    if one.nearest_offer_id.is_empty() {
        return format!("{} : {}", one.household, look::counted(count(one.possible), "logement possible"));
    }
    let cost = v1::ChoiceCost { urgent: one.cost_urgent, placed: one.cost_placed, points: one.cost_points };
    let cost = lost(&cost);
    let least = if one.cost_is_exact { "" } else { "au moins " };
    format!(
        "{} : {} ; lui donner {} coûterait {least}{cost} à l’ensemble",
        one.household,
        look::counted(count(one.possible), "logement possible"),
        one.nearest_offer_id
    )
}

fn as_json(best: &v1::RunMatchingResponse) -> Value {
    let unplaced = best.unplaced.iter().map(|one| {
        json!({
            "household": one.household, "possible": one.possible, "excluded_by": one.excluded_by,
            "nearest_offer_id": one.nearest_offer_id, "cost_urgent": one.cost_urgent,
            "cost_placed": one.cost_placed, "cost_points": one.cost_points, "cost_is_exact": one.cost_is_exact,
        })
    });
    json!({
        "on": look::day(best.on), "policy_hash": best.policy_hash, "needs": best.needs, "offers": best.offers,
        "possible_pairs": best.possible_pairs, "urgent": best.urgent, "score": best.score,
        "certified": best.certified, "proven_by_prices": best.proven_by_prices,
        "contingents_limit": best.contingents_limit,
        "cost": best.cost.map(|cost| json!({ "urgent": cost.urgent, "placed": cost.placed, "points": cost.points })),
        "placed": best.placed.iter().map(pair_json).collect::<Vec<_>>(),
        "unplaced": unplaced.collect::<Vec<_>>(),
        "transfers": best.transfers, "chains": chains::chains_as_json(&best.chains),
    })
}

fn pair_json(pair: &v1::PossiblePair) -> Value {
    let components: serde_json::Map<String, Value> =
        pair.components.iter().map(|one| (one.name.clone(), json!([one.points, one.most]))).collect();
    json!({
        "household": pair.household, "offer_id": pair.offer_id, "score": pair.score, "components": components,
        "rent_cents": pair.rent_cents, "monthly_gap_cents": pair.monthly_gap_cents,
        "effort_bp": pair.effort_bp, "expected_indemnity_cents": pair.expected_indemnity_cents,
        "indemnity_checks": pair.indemnity_checks, "urgent": pair.urgent,
        "inter_landlord": pair.inter_landlord, "widened": pair.widened, "labelled": pair.labelled,
    })
}

/// Reads one pair and says what the rules say.
///
/// # Errors
/// What the server answers.
pub async fn explain(args: &ExplainArgs, chamber: &Client) -> Result<Report, Failure> {
    let (household, offer_id) = (args.household.clone(), args.offer.clone());
    let request = v1::ExplainPairRequest { household, offer_id };
    let said = chamber.matching().explain_pair(request).await?.into_inner();
    let Some(pair) = &said.pair else {
        let broken: Vec<Value> =
            said.broken.iter().map(|rule| json!({ "code": rule.code, "sentence": rule.sentence })).collect();
        return Ok(Report::new(impossible(&said.broken), json!({ "broken": broken })));
    };
    let mut text = format!("{} × {} : possible, {} points.\n", pair.household, pair.offer_id, pair.score);
    for one in &pair.components {
        let _ = writeln!(text, "- {} : {} sur {}", one.name, one.points, one.most);
    }
    let _ = writeln!(
        text,
        "Loyer {} ; écart mensuel de loyer {} ; indemnité ANRU attendue : {}.",
        euros(pair.rent_cents),
        euros(pair.monthly_gap_cents),
        pair.expected_indemnity_cents
            .map_or_else(|| format!("aucune ({})", pair.indemnity_checks.join(", ")), euros),
    );
    for warning in &pair.warnings {
        let _ = writeln!(text, "Attention : {}", warning.sentence);
    }
    Ok(Report::new(text.trim_end().to_owned(), pair_json(pair)))
}

/// Every rule that excludes a pair, one a line.
pub fn impossible(broken: &[v1::BrokenRule]) -> String {
    let lines: Vec<String> = broken.iter().map(|rule| format!("- {}", rule.sentence)).collect();
    format!("Ce couple est impossible :\n{}", lines.join("\n"))
}
