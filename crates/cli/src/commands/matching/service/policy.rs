//! The rules of a territory: shown, or changed from a day on.

use super::args::PolicyArgs;
use crate::chamber;
use crate::failure::Failure;
use crate::look::{self, euros};
use crate::report::Report;
use chambre_api::convert::words::wire_date;
use chambre_api::{Client, v1};
use chambre_matching::trade::Rule;
use serde_json::json;
use std::fmt::Write as _;

/// Shows the rules in force, or publishes the next version: those in force, changed where it is said.
///
/// # Errors
/// What the server answers.
pub async fn run(args: &PolicyArgs, chamber: &Client) -> Result<Report, Failure> {
    let territory_siren = args.territory.to_string();
    let request = v1::GetPolicyRequest { territory_siren, on: args.from.map(wire_date) };
    let answer = chamber.matching().get_policy(request).await?.into_inner();
    let in_force = answer.policy.ok_or_else(|| Failure::infrastructure("le serveur n’a rien répondu."))?;
    let Some(from) = args.from else {
        return Ok(Report::new(text(&in_force), as_json(&in_force)));
    };
    let policy = changed(in_force, args, wire_date(from));
    let request = v1::PublishPolicyRequest {
        policy: Some(policy),
        request_id: format!("policy-{}", uuid::Uuid::now_v7()),
        author_id: args.author.officer.clone().unwrap_or_default(),
        validate_only: args.author.validate_only,
    };
    let answer = chamber.matching().publish_policy(request).await?.into_inner();
    let published = answer.policy.ok_or_else(|| Failure::infrastructure("le serveur n’a rien répondu."))?;
    let done = if args.author.validate_only { "Contrôlé, rien n’est publié" } else { "Publié" };
    Ok(Report::new(format!("{done}.\n{}", text(&published)), as_json(&published)))
}

fn changed(mut policy: v1::MatchingPolicy, args: &PolicyArgs, from: v1::Date) -> v1::MatchingPolicy {
    policy.in_force_from = Some(from);
    policy.effort_cap_bp = args.effort_cap.or(policy.effort_cap_bp);
    let rest = args.rest_to_live.map(chambre_domain::Cents::get);
    policy.rpv_floor_cents_per_day = rest.or(policy.rpv_floor_cents_per_day);
    policy.poster = args.poster.map_or(policy.poster, |poster| v1::PosterRule::from(poster).into());
    if !args.admit_unknown.is_empty() {
        policy.admit_unknown.clone_from(&args.admit_unknown);
    }
    if let Some(teams) = &args.rotation {
        policy.rotation.clone_from(&teams.0);
    }
    let mut clocks = policy.clocks.unwrap_or_default();
    clocks.window_days = args.window_days.or(clocks.window_days);
    clocks.turn_days = args.turn_days.or(clocks.turn_days);
    clocks.answer_days = args.answer_days.or(clocks.answer_days);
    clocks.hold_days = args.hold_days.or(clocks.hold_days);
    policy.clocks = Some(clocks);
    policy
}

fn text(policy: &v1::MatchingPolicy) -> String {
    let territory = chamber::territory_name(&policy.territory_siren);
    let mut text = match (policy.version, look::day(policy.in_force_from)) {
        (0, _) | (_, None) => format!("{territory} : aucune version publiée, valeurs par défaut.\n"),
        (version, Some(day)) => {
            format!("{territory} : version {version}, en vigueur depuis le {}.\n", look::french_day(day))
        }
    };
    let clocks = policy.clocks.unwrap_or_default();
    let days = |days: Option<i32>| {
        look::counted(usize::try_from(days.unwrap_or_default()).unwrap_or_default(), "jour")
    };
    let percent = |bp: Option<i32>| {
        let bp = bp.unwrap_or_default();
        format!("{},{:02} %", bp / 100, bp % 100)
    };
    let poster = match policy.poster() {
        v1::PosterRule::OutsideOwnOperations => "aussi les démolisseurs, hors de leurs opérations",
        v1::PosterRule::Anyone => "tous les bailleurs",
        v1::PosterRule::NonDemolishers | v1::PosterRule::Unspecified => "bailleurs non démolisseurs",
    };
    let yes = |said: Option<bool>| if said.unwrap_or_default() { "oui" } else { "non" };
    let _ = writeln!(text, "- taux d’effort : {} au plus", percent(policy.effort_cap_bp));
    let floor = euros(policy.rpv_floor_cents_per_day.unwrap_or_default());
    let _ = writeln!(text, "- reste pour vivre : {floor} par jour et par unité de consommation au moins");
    let _ = writeln!(text, "- dépôt sur la bourse : {poster}");
    let _ = writeln!(
        text,
        "- se positionner : {} ; tour d’une MOUS : {}",
        days(clocks.window_days),
        days(clocks.turn_days)
    );
    let _ = writeln!(
        text,
        "- réponse du ménage : {} ; logement gardé signalé après {}",
        days(clocks.answer_days),
        days(clocks.hold_days)
    );
    let rotation = if policy.rotation.is_empty() { "aucune".to_owned() } else { policy.rotation.join(", ") };
    let _ = writeln!(text, "- priorité tournante, ordre déclaré des MOUS : {rotation}");
    let _ = writeln!(text, "- un logement libre trop tard est écarté : {}", yes(policy.late_is_out));
    let admitted: Vec<String> =
        policy.admit_unknown.iter().map(|code| format!("{code} ({})", meaning(code))).collect();
    let admitted = if admitted.is_empty() { "aucune".to_owned() } else { admitted.join(", ") };
    let _ = writeln!(text, "- règles qui admettent une donnée manquante : {admitted}");
    let _ = write!(text, "Empreinte : {}", policy.hash);
    text
}

fn meaning(code: &str) -> &'static str {
    Rule::ALL.into_iter().find(|rule| rule.code() == code).map_or("règle inconnue", Rule::french)
}

fn as_json(policy: &v1::MatchingPolicy) -> serde_json::Value {
    let clocks = policy.clocks.unwrap_or_default();
    json!({
        "territory_siren": policy.territory_siren, "version": policy.version,
        "in_force_from": look::day(policy.in_force_from), "effort_cap_bp": policy.effort_cap_bp,
        "rpv_floor_cents_per_day": policy.rpv_floor_cents_per_day,
        "pls_ceiling_bp_of_plus": policy.pls_ceiling_bp_of_plus,
        "own_stock_skips_ceiling": policy.own_stock_skips_ceiling, "late_is_out": policy.late_is_out,
        "poster": policy.poster().as_str_name().trim_start_matches("POSTER_RULE_"),
        "admit_unknown": policy.admit_unknown, "window_days": clocks.window_days,
        "extension_days": clocks.extension_days, "turn_days": clocks.turn_days,
        "answer_days": clocks.answer_days, "hold_days": clocks.hold_days, "least_cell": policy.least_cell,
        "rotation": policy.rotation, "hash": policy.hash,
    })
}
