//! Rotating priority: the order of the teams, whose turn each dwelling is at, a turn let pass.

use super::args::{DeclineArgs, RotationArgs};
use super::words;
use crate::chamber;
use crate::failure::Failure;
use crate::look::{self, cell};
use crate::report::Report;
use chambre_api::{Client, Refused, v1};
use comfy_table::Table;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Shows the rotation of a territory.
///
/// # Errors
/// What the server answers.
pub async fn run(args: &RotationArgs, chamber: &Client) -> Result<Report, Failure> {
    let territory_siren = args.territory.to_string();
    let request = v1::GetRotationRequest { territory_siren: territory_siren.clone() };
    let told = chamber.matching().get_rotation(request).await?.into_inner();
    Ok(Report::new(text(&chamber::territory_name(&territory_siren), &told), as_json(&told)))
}

fn text(territory: &str, told: &v1::GetRotationResponse) -> String {
    if told.order.is_empty() && told.over.is_empty() {
        return format!(
            "{territory} : pas de priorité tournante. Un agent la déclare par « chambre match policy … --rotation ».",
        );
    }
    let on = look::day(told.on).map_or_else(String::new, look::french_day);
    let days = look::counted(usize::try_from(told.turn_days).unwrap_or_default(), "jour");
    let mut text = format!("{territory} : priorité tournante au {on}, {days} par tour.\n");
    let order: Vec<String> = told.order.iter().map(team).collect();
    let order = if order.is_empty() { "arrêtée".to_owned() } else { order.join(", puis ") };
    let _ = writeln!(text, "Ordre du prochain logement : {order}.");
    if told.open.is_empty() {
        let _ = write!(text, "\nAucun logement n’est en cours de tour.");
    } else {
        let _ = write!(text, "\nLogements en cours de tour\n{}", open(&told.open));
    }
    if !told.over.is_empty() {
        let _ = write!(text, "\n\nTours finis\n{}", over(&told.over));
    }
    text
}

fn team(team: &v1::RotationTeam) -> String {
    format!("{} ({} pris)", team.mous_id, team.taken)
}

fn open(rounds: &[v1::RotationRound]) -> Table {
    let mut table =
        look::table(&["Offre", "Ouvert le", "Tour de", "Répond avant la fin du", "Proposition", "Ensuite"]);
    for round in rounds {
        let asked = round.mous_ids.iter().position(|team| *team == round.asked_mous_id).unwrap_or_default();
        let after: Vec<&str> = round.mous_ids.iter().skip(asked + 1).map(String::as_str).collect();
        table.add_row([
            cell(&round.offer_id),
            cell(day(round.opened_on)),
            cell(&round.asked_mous_id),
            cell(day(round.until)),
            cell(dash(&round.proposal_id)),
            cell(if after.is_empty() { "–".to_owned() } else { after.join(", ") }),
        ]);
    }
    table
}

fn over(rounds: &[v1::RotationRound]) -> Table {
    let mut table = look::table(&["Offre", "Ouvert le", "Réponses, dans l’ordre", "Issue"]);
    for round in rounds {
        let answers: Vec<String> = round.answers.iter().map(told).collect();
        let answers = if answers.is_empty() { "–".to_owned() } else { answers.join(", ") };
        table.add_row([cell(&round.offer_id), cell(day(round.opened_on)), cell(answers), cell(issue(round))]);
    }
    table
}

fn day(day: Option<v1::Date>) -> String {
    look::day(day).map_or_else(|| "–".to_owned(), look::french_day)
}

fn dash(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}

const fn answer(answer: v1::TurnAnswer) -> &'static str {
    match answer {
        v1::TurnAnswer::Accepted => "accepte",
        v1::TurnAnswer::Declined => "décline",
        v1::TurnAnswer::TimedOut => "n’a pas répondu",
        v1::TurnAnswer::Unspecified => "?",
    }
}

fn told(one: &v1::AnsweredTurn) -> String {
    let why = words::decline(one.reason()).map_or_else(String::new, |why| format!(" ({why})"));
    format!("{} {}{why}", one.mous_id, answer(one.answer()))
}

fn issue(round: &v1::RotationRound) -> String {
    match (round.state(), round.answers.last()) {
        (v1::RoundState::Taken, Some(last)) => format!("pris par {}", last.mous_id),
        (v1::RoundState::Exhausted, _) => "personne : ouvert aux autres modes".to_owned(),
        _ => "clos autrement".to_owned(),
    }
}

/// Lets a dwelling pass.
///
/// # Errors
/// What the server answers.
pub async fn decline(args: &DeclineArgs, chamber: &Client) -> Result<Report, Failure> {
    let request = v1::DeclineTurnRequest {
        offer_id: args.offer.clone(),
        mous_id: args.team.clone(),
        reason: v1::DeclineReason::from(args.declined_for).into(),
        request_id: format!("turn-{}", uuid::Uuid::now_v7()),
        author_id: args.author.officer.clone().unwrap_or_default(),
        validate_only: args.author.validate_only,
    };
    let told = match chamber.matching().decline_turn(request).await {
        Ok(told) => told.into_inner(),
        Err(status) => {
            if let Some(turn) = whose_turn(&Refused::of(&status)) {
                crate::report::warn(&turn);
            }
            return Err(status.into());
        }
    };
    if args.author.validate_only {
        return Ok(Report::new("Contrôlé : rien n’est enregistré.".to_owned(), json!({ "validated": true })));
    }
    let until = look::day(told.until);
    let text = match (told.next_mous_id.as_str(), until) {
        ("", _) | (_, None) => {
            format!(
                "{} laisse passer {}. Toutes les MOUS ont été interrogées : le logement est ouvert aux autres modes.",
                args.team, args.offer
            )
        }
        (next, Some(until)) => format!(
            "{} laisse passer {}. C’est le tour de {next}, jusqu’au {} inclus.",
            args.team,
            args.offer,
            look::french_day(until)
        ),
    };
    Ok(Report::new(
        text,
        json!({ "next_mous_id": told.next_mous_id, "until": until, "replayed": told.replayed }),
    ))
}

/// Whose turn it is, for people, when that is why the server refuses.
pub fn whose_turn(refused: &Refused) -> Option<String> {
    if refused.reason != "OUT_OF_TURN" {
        return None;
    }
    let fact = |name: &str| refused.facts.get(name).filter(|fact| !fact.is_empty());
    let Some(asked) = fact("asked") else {
        return Some(
            "Aucun tour n’est en cours pour ce logement : proposez-le dans un autre mode.".to_owned(),
        );
    };
    let until = fact("until").and_then(|day| look::typed_day(day).ok());
    let until = until.map_or_else(String::new, |day| format!(" jusqu’au {} inclus", look::french_day(day)));
    Some(format!("C’est le tour de {asked}{until} ; elle propose par « --mode tournante »."))
}

fn as_json(told: &v1::GetRotationResponse) -> Value {
    let round = |round: &v1::RotationRound| {
        let answers = round.answers.iter().map(|one| {
            let answer = one.answer().as_str_name().trim_start_matches("TURN_ANSWER_");
            let reason = one.reason().as_str_name().trim_start_matches("DECLINE_REASON_");
            let reason = Some(reason).filter(|_| one.reason() != v1::DeclineReason::Unspecified);
            json!({ "mous_id": one.mous_id, "answer": answer, "reason": reason })
        });
        json!({
            "offer_id": round.offer_id, "opened_on": look::day(round.opened_on),
            "state": round.state().as_str_name().trim_start_matches("ROUND_STATE_"),
            "mous_ids": round.mous_ids, "answers": answers.collect::<Vec<_>>(),
            "asked_mous_id": round.asked_mous_id, "until": look::day(round.until),
            "proposal_id": round.proposal_id,
        })
    };
    let order = told.order.iter().map(|team| json!({ "mous_id": team.mous_id, "taken": team.taken }));
    json!({
        "on": look::day(told.on), "turn_days": told.turn_days, "order": order.collect::<Vec<_>>(),
        "open": told.open.iter().map(round).collect::<Vec<_>>(),
        "over": told.over.iter().map(round).collect::<Vec<_>>(),
    })
}
