//! A run in words, tables and JSON.

use super::regional;
use crate::chamber::{self, Names};
use crate::look::{self, cell, counted, euros, signed};
use chambre_api::v1;
use chambre_domain::Cents;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The run as an officer reads it.
pub fn description(run: &v1::NettingRun, names: &Names) -> String {
    if let Some(plan) = &run.regional {
        return [
            regional::description(run, plan, names),
            signatures(run),
            payments(run, names),
            regional::breakdown(run),
            regional::territories(plan, names),
        ]
        .concat();
    }
    let mut text = format!(
        "Arrêté {} · {}\nPériode {} · {} · {}\n",
        run.netting_id,
        chamber::territory_name(&run.territory_siren),
        look::period(run.period),
        status_name(run.status()),
        counted(usize::try_from(run.relogement_count).unwrap_or_default(), "relogement"),
    );
    text += &signatures(run);
    if run.revision == 0 {
        return text;
    }
    let _ = writeln!(text, "\n{}", positions_table(run, names));
    let _ = writeln!(text, "{} Position = effort − part équitable + report.", look::SIGNS);
    text += &payments(run, names);
    text
}

/// Who did what, and on what the figures rest.
fn signatures(run: &v1::NettingRun) -> String {
    let mut parts = Vec::new();
    for (what, who) in [
        ("Ouvert par", &run.opened_by),
        ("proposé par", &run.proposed_by),
        ("approuvé par", &run.approved_by),
    ] {
        if !who.is_empty() {
            parts.push(format!("{what} {who}"));
        }
    }
    if run.revision > 1 {
        parts.push(format!("{}e proposition", run.revision));
    }
    if run.at_seq > 0 {
        parts.push(format!("journal lu jusqu’au n° {}", look::count(run.at_seq)));
    }
    if !run.input_sha256.is_empty() {
        parts.push(format!("empreinte {}", run.input_sha256.get(..16).unwrap_or(&run.input_sha256)));
    }
    let mut text = parts.join(" · ") + "\n";
    if !run.regional_netting_id.is_empty() {
        let _ = writeln!(text, "Paiements repris au plan régional {}", run.regional_netting_id);
    }
    if run.disputed_count > 0 {
        let disputed = usize::try_from(run.disputed_count).unwrap_or_default();
        let _ = writeln!(text, "Laissé de côté car contesté : {}", counted(disputed, "relogement"));
    }
    if let Some(day) = look::day(run.disputes_until) {
        let _ = writeln!(text, "Contestable jusqu’au {}", look::french_day(day));
    }
    if let Some(day) = look::day(run.pay_on) {
        let _ = writeln!(text, "Paiements demandés pour le {}", look::french_day(day));
    }
    text
}

fn positions_table(run: &v1::NettingRun, names: &Names) -> comfy_table::Table {
    let mut table = look::table(&[
        "Bailleur",
        ">Effort réparti",
        ">Part équitable",
        ">Report",
        ">Position",
        ">Réglé à cet arrêté",
        ">Reste reporté",
    ]);
    let mut sums = [0_i64; 6];
    for position in &run.positions {
        let amounts = [
            position.effort_cents,
            position.fair_share_cents,
            position.carried_over_cents,
            position.position_cents,
            position.settled_cents,
            position.position_cents.saturating_sub(position.settled_cents),
        ];
        for (sum, amount) in sums.iter_mut().zip(amounts) {
            *sum = sum.saturating_add(amount);
        }
        let held = if run.held_sirens.contains(&position.bailleur_siren) { " (suspendu)" } else { "" };
        table.add_row(amount_row(format!("{}{held}", names.of(&position.bailleur_siren)), amounts));
    }
    table.add_row(amount_row("Total".to_owned(), sums));
    table
}

fn amount_row(
    name: String,
    [effort, share, carried, position, settled, left]: [i64; 6],
) -> Vec<comfy_table::Cell> {
    vec![
        cell(name),
        cell(euros(effort)),
        cell(euros(share)),
        cell(signed(carried)),
        cell(signed(position)),
        cell(signed(settled)),
        cell(signed(left)),
    ]
}

fn payments(run: &v1::NettingRun, names: &Names) -> String {
    if run.payments.is_empty() {
        let why =
            if run.regional.is_some() { "tout se compense entre territoires" } else { "tout est reporté" };
        return format!("\nAucun paiement : {why}.\n");
    }
    let mut table = look::table(&["Référence", "Payeur", "Bénéficiaire", ">Montant", "État"]);
    for payment in &run.payments {
        table.add_row([
            cell(&payment.payment_id),
            cell(names.of(&payment.from_siren)),
            cell(names.of(&payment.to_siren)),
            cell(euros(payment.amount_cents)),
            cell(payment_name(payment.status())),
        ]);
    }
    let least = if run.payments_optimal {
        "aucun plan n’en compte moins".to_owned()
    } else {
        format!("aucun plan ne descend sous {}", run.payments_lower_bound)
    };
    format!("\n{} ({least}) :\n{table}\n", counted(run.payments.len(), "paiement"))
}

/// What an officer does next.
pub fn next_step(run: &v1::NettingRun) -> Option<String> {
    let id = &run.netting_id;
    match run.status() {
        v1::NettingStatus::Open => Some(format!(
            "une fois les déclarations reçues, « chambre netting cut-off {id} --officer AGENT »."
        )),
        v1::NettingStatus::CutOff => Some(format!("« chambre netting propose {id} --officer AGENT ».")),
        v1::NettingStatus::Proposed if run.regional.is_some() => {
            Some(format!("un second agent approuve avec « chambre netting approve {id} --officer AGENT »."))
        }
        v1::NettingStatus::Proposed => Some(format!(
            "publiez avec « chambre netting publish {id} --officer AGENT » (« --until JJ/MM/AAAA » pour choisir le \
             délai) ; si la convention n’exige pas de publication, un second agent peut approuver avec « chambre \
             netting approve {id} --officer AGENT »."
        )),
        v1::NettingStatus::Published => Some(format!(
            "passé le délai de contestation, un second agent approuve avec « chambre netting approve {id} --officer \
             AGENT » ; après une contestation, proposez de nouveau."
        )),
        v1::NettingStatus::Approved => Some(format!(
            "ordonnez les paiements avec « chambre netting instruct {id} --pay-on JJ/MM/AAAA --officer AGENT »."
        )),
        v1::NettingStatus::Instructed | v1::NettingStatus::PartlySettled => {
            let awaited = run.payments.iter().find(|one| one.status() == v1::PaymentStatus::Awaited);
            let Some(awaited) = awaited else {
                return Some(format!("« chambre netting close {id} --officer AGENT »."));
            };
            let amount = chambre_domain::french::decimal_comma(Cents::new(awaited.amount_cents));
            Some(format!(
                "une fois chaque paiement vu en banque, « chambre netting confirm {id} {} --amount {amount} \
                 --paid-on JJ/MM/AAAA --officer AGENT » ; close pour reporter ce qui reste impayé.",
                awaited.payment_id
            ))
        }
        v1::NettingStatus::Rejected | v1::NettingStatus::Cancelled => {
            let again = if run.regional.is_some() {
                "proposez un nouveau plan, avec « chambre netting propose-regional »."
            } else {
                "ouvrez un nouvel arrêté, avec « chambre netting open »."
            };
            Some(again.to_owned())
        }
        v1::NettingStatus::Settled => {
            Some(format!("tout est réglé : « chambre netting close {id} --officer AGENT »."))
        }
        v1::NettingStatus::Closed => {
            Some("aucune, l’arrêté est clos. Exportez le journal avec « chambre export ».".to_owned())
        }
        v1::NettingStatus::Unspecified => None,
    }
}

/// The state of a run in French.
pub fn status_name(status: v1::NettingStatus) -> &'static str {
    match status {
        v1::NettingStatus::Open => "ouvert",
        v1::NettingStatus::CutOff => "arrêté en date",
        v1::NettingStatus::Proposed => "proposé",
        v1::NettingStatus::Published => "publié",
        v1::NettingStatus::Approved => "approuvé",
        v1::NettingStatus::Instructed => "paiements ordonnés",
        v1::NettingStatus::PartlySettled => "réglé en partie",
        v1::NettingStatus::Settled => "soldé",
        v1::NettingStatus::Closed => "clos",
        v1::NettingStatus::Rejected => "écarté",
        v1::NettingStatus::Cancelled => "annulé",
        v1::NettingStatus::Unspecified => "état inconnu",
    }
}

fn payment_name(status: v1::PaymentStatus) -> &'static str {
    match status {
        v1::PaymentStatus::Awaited => "attendu",
        v1::PaymentStatus::Confirmed => "vu en banque",
        v1::PaymentStatus::Lapsed => "caduc : reporté",
        v1::PaymentStatus::Replaced => "repris au plan régional",
        v1::PaymentStatus::Returned => "rejeté par la banque : reporté",
        v1::PaymentStatus::Unspecified => "état inconnu",
    }
}

/// The run for a program: cents, ISO dates.
pub fn as_json(run: &v1::NettingRun, names: &Names) -> Value {
    let iso = |wire: Option<v1::Date>| look::day(wire).map(|day| day.to_string());
    let position = |position: &v1::NetPosition| {
        json!({
            "bailleur_siren": position.bailleur_siren,
            "bailleur_name": names.name(&position.bailleur_siren),
            "effort_cents": position.effort_cents,
            "fair_share_cents": position.fair_share_cents,
            "carried_over_cents": position.carried_over_cents,
            "position_cents": position.position_cents,
            "settled_cents": position.settled_cents,
        })
    };
    let piece = |piece: &v1::TerritoryAmount| json!({ "territory_siren": piece.territory_siren, "amount_cents": piece.amount_cents });
    let payment = |payment: &v1::Payment| {
        json!({
            "payment_id": payment.payment_id,
            "from_siren": payment.from_siren,
            "to_siren": payment.to_siren,
            "amount_cents": payment.amount_cents,
            "status": payment.status().as_str_name().trim_start_matches("PAYMENT_STATUS_"),
            "paid_for": payment.paid_for.iter().map(piece).collect::<Vec<_>>(),
            "received_for": payment.received_for.iter().map(piece).collect::<Vec<_>>(),
        })
    };
    let period = run.period.unwrap_or_default();
    json!({
        "netting_id": run.netting_id,
        "territory_siren": run.territory_siren,
        "period": { "from": iso(period.from), "to": iso(period.to) },
        "status": run.status().as_str_name().trim_start_matches("NETTING_STATUS_"),
        "at_seq": run.at_seq,
        "input_sha256": run.input_sha256,
        "opened_by": run.opened_by,
        "proposed_by": run.proposed_by,
        "revision": run.revision,
        "disputes_until": iso(run.disputes_until),
        "pay_on": iso(run.pay_on),
        "disputed_count": run.disputed_count,
        "approved_by": run.approved_by,
        "positions": run.positions.iter().map(position).collect::<Vec<_>>(),
        "payments": run.payments.iter().map(payment).collect::<Vec<_>>(),
        "payments_lower_bound": run.payments_lower_bound,
        "payments_optimal": run.payments_optimal,
        "held_sirens": run.held_sirens,
        "relogement_count": run.relogement_count,
        "regional_netting_id": run.regional_netting_id,
        "regional": run.regional.as_ref().map(regional::as_json),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked figures of the design: three bailleurs, 20/20/60 %.
    fn run_in(status: v1::NettingStatus) -> v1::NettingRun {
        let position = |siren: &str, effort_cents, fair_share_cents| v1::NetPosition {
            bailleur_siren: siren.to_owned(),
            effort_cents,
            fair_share_cents,
            carried_over_cents: 0,
            position_cents: effort_cents - fair_share_cents,
            settled_cents: effort_cents - fair_share_cents,
        };
        let payment = |id: &str, from: &str, amount_cents| v1::Payment {
            payment_id: id.to_owned(),
            from_siren: from.to_owned(),
            to_siren: "000000018".to_owned(),
            amount_cents,
            status: v1::PaymentStatus::Awaited.into(),
            ..Default::default()
        };
        let date = |year, month, day| Some(v1::Date { year, month, day });
        v1::NettingRun {
            netting_id: "N-1".to_owned(),
            territory_siren: "200057867".to_owned(),
            period: Some(v1::Period { from: date(2025, 1, 1), to: date(2025, 12, 31) }),
            status: status.into(),
            proposed_by: "a.martin".to_owned(),
            revision: 1,
            positions: vec![
                position("000000018", 104_012, 25_803),
                position("000000026", 25_000, 25_802),
                position("000000034", 0, 77_407),
            ],
            payments: vec![payment("N-1-1", "000000026", 802), payment("N-1-2", "000000034", 77_407)],
            payments_lower_bound: 2,
            payments_optimal: true,
            held_sirens: vec!["000000034".to_owned()],
            relogement_count: 2,
            ..v1::NettingRun::default()
        }
    }

    #[test]
    fn a_run_is_told_with_names_signs_payments_and_a_total_of_zero() {
        let names: Names = [("000000018".to_owned(), "Bailleur H".to_owned())].into_iter().collect();
        let text = description(&run_in(v1::NettingStatus::Proposed), &names);
        for part in [
            "Arrêté N-1 · Plaine Commune (200057867)",
            "Période du 1er janvier 2025 au 31 décembre 2025 · proposé · 2 relogements",
            "Bailleur H (000000018)",
            "000000034 (suspendu)",
            "+782,09\u{a0}€",
            "−774,07\u{a0}€",
            "+ = à recevoir ; − = à payer.",
            "2 paiements (aucun plan n’en compte moins) :",
            "attendu",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let total = text.lines().find(|line| line.contains("Total")).unwrap();
        assert_eq!(total.matches("1\u{202f}290,12\u{a0}€").count(), 2, "{total}");
        assert_eq!(total.matches(" 0,00\u{a0}€").count(), 4, "{total}");
    }

    #[test]
    fn the_next_step_follows_the_status() {
        let step = |status| next_step(&run_in(status));
        assert!(step(v1::NettingStatus::Proposed).unwrap().contains("approve N-1"));
        assert!(step(v1::NettingStatus::Approved).unwrap().contains("instruct N-1"));
        assert!(step(v1::NettingStatus::Instructed).unwrap().contains("confirm N-1 N-1-1 --amount 8,02"));
        assert!(step(v1::NettingStatus::Settled).unwrap().contains("close N-1"));
        assert!(step(v1::NettingStatus::Closed).unwrap().contains("clos"));
    }

    #[test]
    fn a_program_reads_cents_and_iso_dates() {
        let json = as_json(&run_in(v1::NettingStatus::Settled), &Names::default());
        assert_eq!(json["status"], "SETTLED");
        assert_eq!(json["period"]["to"], "2025-12-31");
        assert_eq!(json["positions"][0]["position_cents"], 78_209);
        assert_eq!(json["payments"][1]["status"], "AWAITED");
    }
}
