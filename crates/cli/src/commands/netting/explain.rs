//! Why a bailleur stands where it stands, with every figure that a calculator needs.

use super::args::ExplainArgs;
use crate::chamber::{self, Names};
use crate::failure::Failure;
use crate::look::{self, cell, euros, signed};
use crate::report::Report;
use chambre_api::{Client, v1};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Explains a position.
pub async fn explain(args: &ExplainArgs, chamber: &Client) -> Result<Report, Failure> {
    let request =
        v1::ExplainPositionRequest { netting_id: args.id.clone(), bailleur_siren: args.bailleur.to_string() };
    let answer = chamber.netting().explain_position(request).await?.into_inner().explanation;
    let explanation =
        answer.ok_or_else(|| Failure::infrastructure("le serveur n’a pas renvoyé l’explication."))?;
    let names = Names::read(chamber).await?;
    Ok(Report::new(described(&explanation, &names), as_json(&explanation)))
}

fn described(explanation: &v1::Explanation, names: &Names) -> String {
    let position = explanation.position.clone().unwrap_or_default();
    let mut text = format!(
        "{} dans l’arrêté {}\n{} · période {}\n\n",
        names.of(&position.bailleur_siren),
        explanation.netting_id,
        chamber::territory_name(&explanation.territory_siren),
        look::period(explanation.period),
    );
    let _ = writeln!(
        text,
        "Position {} = effort {} − part équitable {} + report {}",
        signed(position.position_cents),
        euros(position.effort_cents),
        euros(position.fair_share_cents),
        signed(position.carried_over_cents),
    );
    text += &efforts(explanation, names);
    text += &shares(explanation);
    text += &settlement(explanation, &position, names);
    let _ = writeln!(text, "\n{}", look::SIGNS);
    text
}

/// What it bore, relogement by relogement.
fn efforts(explanation: &v1::Explanation, names: &Names) -> String {
    if explanation.relogements.is_empty() {
        return "\n1. Effort supporté : aucun relogement au compte.\n".to_owned();
    }
    let mut table = look::table(&[
        "Relogement",
        "Rôle",
        "Autre bailleur",
        ">Écart de loyer",
        ">Travaux",
        ">Vacance",
        ">Indemnité",
        ">Effort à ce jour",
        ">Déjà réparti",
        ">Réparti ici",
        "Remarques",
    ]);
    for one in &explanation.relogements {
        let (role, other) = match one.role.as_str() {
            "HOST" => ("accueil", names.of(&one.origin_siren)),
            "ORIGIN" => ("origine", names.of(&one.host_siren)),
            _ => ("interne", String::new()),
        };
        table.add_row([
            cell(&one.relogement_id),
            cell(role),
            cell(other),
            cell(euros(one.rent_gap_cents)),
            cell(euros(one.works_cents)),
            cell(euros(one.vacancy_cents)),
            cell(euros(one.indemnity_cents)),
            cell(euros(one.effort_to_date_cents)),
            cell(euros(one.shared_before_cents)),
            cell(euros(one.shared_now_cents)),
            cell(remarks(one)),
        ]);
    }
    format!(
        "\n1. Effort : écart de loyer + travaux + vacance − indemnité, à la date d’arrêté ; réparti ici = à ce \
         jour − déjà réparti\n{table}\n"
    )
}

fn remarks(one: &v1::ExplainedRelogement) -> String {
    let mut remarks = Vec::new();
    if !one.left_out.is_empty() {
        remarks.push(one.left_out.clone());
    }
    for (label, cents) in [
        ("travaux au-delà du plafond", one.works_beyond_cap_cents),
        ("vacance au-delà des jours comptés", one.vacancy_beyond_cap_cents),
        ("surplus gardé par l’accueil", one.surplus_kept_cents),
        ("au-delà du plafond total", one.beyond_total_cap_cents),
    ] {
        if cents != 0 {
            remarks.push(format!("{label} : {}", euros(cents)));
        }
    }
    let left: Vec<String> = one
        .lines
        .iter()
        .filter(|line| !line.left_out.is_empty())
        .map(|line| format!("n° {} de {} : {}", line.seq, euros(line.amount_cents), line.left_out))
        .collect();
    remarks.extend(left);
    remarks.join(" ; ")
}

/// What falls to it, version by version, to the remainder cent.
fn shares(explanation: &v1::Explanation) -> String {
    let mut text = "\n2. Part équitable\n".to_owned();
    for share in &explanation.shares {
        let article = if share.article.is_empty() { String::new() } else { format!(", {}", share.article) };
        let _ = writeln!(
            text,
            "   Convention version {} « {} »{article} : {} répartis, part {}",
            share.convention_version,
            share.title,
            euros(share.total_cents),
            euros(share.share_cents),
        );
        if share.outside_cents != 0 {
            let _ = writeln!(text, "   dont apport extérieur : {}", euros(share.outside_cents));
        }
        if share.parts.is_empty() {
            text += "   Règle causale : l’origine porte l’effort de ses relogements (tableau ci-dessus).\n";
        }
        for part in &share.parts {
            text += &division(part);
        }
    }
    text
}

fn division(part: &v1::ExplainedPart) -> String {
    let placements = part.of.starts_with("PLACEMENTS");
    let shown = |amount: i64| if placements { look::count(amount.unsigned_abs()) } else { euros(amount) };
    let what = match part.of.as_str() {
        "WHOLE" => "tout l’effort",
        "DEMOLISHERS" => "la part des démolisseurs",
        "OTHERS" => "la part des autres bailleurs",
        "PLACEMENTS_NOW" => "les relogements à ce jour",
        _ => "les relogements déjà comptés",
    };
    let unit = if placements { "relogement" } else { "centime" };
    let given = if part.takes_one { format!(" + 1 {unit} du reste") } else { String::new() };
    format!(
        "   {what} : {} × {} ÷ {} = {} {unit}s, reste {}{given} → {}\n",
        shown(part.amount),
        part.weight,
        part.weights,
        look::count(part.quotient),
        part.remainder,
        shown(part.part),
    )
}

/// What is settled, what bounds it, which payments.
fn settlement(explanation: &v1::Explanation, position: &v1::NetPosition, names: &Names) -> String {
    let mut text = format!(
        "\n3. Règlement (convention version {}{}) : {} réglés, {} reportés\n",
        explanation.settlement_version,
        if explanation.settlement_article.is_empty() {
            String::new()
        } else {
            format!(", {}", explanation.settlement_article)
        },
        signed(position.settled_cents),
        signed(explanation.carried_forward_cents),
    );
    if !explanation.limited_by.is_empty() {
        let _ = writeln!(text, "   Limite : {}", explanation.limited_by);
    }
    for payment in &explanation.payments {
        let _ = writeln!(
            text,
            "   {} : {} paie {} à {} (groupe {} : {} bailleurs qui se règlent entre eux)",
            payment.payment_id,
            names.of(&payment.from_siren),
            euros(payment.amount_cents),
            names.of(&payment.to_siren),
            payment.group,
            payment.member_sirens.len(),
        );
    }
    text
}

fn as_json(explanation: &v1::Explanation) -> Value {
    let position = explanation.position.clone().unwrap_or_default();
    let relogement = |one: &v1::ExplainedRelogement| {
        let line = |line: &v1::ExplainedLine| {
            json!({
                "seq": line.seq,
                "occurred_on": look::day(line.occurred_on).map(|day| day.to_string()),
                "kind": line.kind,
                "amount_cents": line.amount_cents,
                "left_out": line.left_out,
            })
        };
        json!({
            "relogement_id": one.relogement_id,
            "role": one.role,
            "origin_siren": one.origin_siren,
            "host_siren": one.host_siren,
            "convention_version": one.convention_version,
            "lines": one.lines.iter().map(line).collect::<Vec<_>>(),
            "rent_gap_cents": one.rent_gap_cents,
            "works_cents": one.works_cents,
            "vacancy_cents": one.vacancy_cents,
            "indemnity_cents": one.indemnity_cents,
            "effort_to_date_cents": one.effort_to_date_cents,
            "shared_before_cents": one.shared_before_cents,
            "shared_now_cents": one.shared_now_cents,
            "left_out": one.left_out,
        })
    };
    let share = |share: &v1::ExplainedShare| {
        let part = |part: &v1::ExplainedPart| {
            json!({
                "of": part.of,
                "amount": part.amount,
                "weight": part.weight,
                "weights": part.weights,
                "quotient": part.quotient,
                "remainder": part.remainder,
                "takes_one": part.takes_one,
                "part": part.part,
            })
        };
        json!({
            "convention_version": share.convention_version,
            "article": share.article,
            "total_cents": share.total_cents,
            "parts": share.parts.iter().map(part).collect::<Vec<_>>(),
            "share_cents": share.share_cents,
        })
    };
    let payment = |payment: &v1::ExplainedPayment| {
        json!({
            "payment_id": payment.payment_id,
            "from_siren": payment.from_siren,
            "to_siren": payment.to_siren,
            "amount_cents": payment.amount_cents,
            "group": payment.group,
        })
    };
    json!({
        "netting_id": explanation.netting_id,
        "bailleur_siren": position.bailleur_siren,
        "effort_cents": position.effort_cents,
        "fair_share_cents": position.fair_share_cents,
        "carried_over_cents": position.carried_over_cents,
        "position_cents": position.position_cents,
        "settled_cents": position.settled_cents,
        "carried_forward_cents": explanation.carried_forward_cents,
        "limited_by": explanation.limited_by,
        "relogements": explanation.relogements.iter().map(relogement).collect::<Vec<_>>(),
        "shares": explanation.shares.iter().map(share).collect::<Vec<_>>(),
        "payments": explanation.payments.iter().map(payment).collect::<Vec<_>>(),
    })
}
