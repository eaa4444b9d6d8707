//! `chambre netting`: proposes, approves and settles runs.

use crate::chamber::{self, Contact, Names, ServerOptions};
use crate::failure::Failure;
use crate::look::{self, cell, counted, euros, signed};
use crate::report::Report;
use chambre_api::convert::words::wire_date;
use chambre_api::{Client, v1};
use chambre_domain::{Cents, Date, Siren, TerritoryId};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What is done with runs.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Propose un arrêté : mesure les efforts, calcule positions et paiements
    Propose(ProposeArgs),
    /// Montre un arrêté
    Show(ShowArgs),
    /// Liste les arrêtés, le dernier d’abord
    List(ListArgs),
    /// Approuve un arrêté ; par un autre agent que celui qui l’a proposé
    Approve(SignArgs),
    /// Écarte une proposition
    Reject(SignArgs),
    /// Constate un paiement vu en banque
    Confirm(ConfirmArgs),
}

/// What is proposed.
#[derive(Debug, clap::Args)]
pub struct ProposeArgs {
    /// Territoire : SIREN ou nom
    #[arg(value_name = "TERRITOIRE", value_parser = chamber::territory)]
    territory: TerritoryId,
    /// Premier jour de la période
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    from: Date,
    /// Dernier jour de la période : la date d’arrêté
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    to: Date,
    /// Agent qui propose
    #[arg(long, value_name = "AGENT")]
    officer: String,
    /// Bailleur dont la position est reportée en entier (litige) ; peut être répété
    #[arg(long, value_name = "SIREN", value_parser = chamber::siren)]
    hold: Vec<Siren>,
    /// Identifiant de l’arrêté (défaut : choisi par la chambre)
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Calcule et montre, n’écrit rien
    #[arg(long)]
    validate_only: bool,
    #[command(flatten)]
    server: ServerOptions,
}

/// Which run is shown.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Identifiant de l’arrêté
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    server: ServerOptions,
}

/// Which runs are listed.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Seulement ce territoire : SIREN ou nom
    #[arg(long, value_name = "TERRITOIRE", value_parser = chamber::territory)]
    territory: Option<TerritoryId>,
    #[command(flatten)]
    server: ServerOptions,
}

/// Which run is signed or set aside, by whom.
#[derive(Debug, clap::Args)]
pub struct SignArgs {
    /// Identifiant de l’arrêté
    #[arg(value_name = "ID")]
    id: String,
    /// Agent qui décide
    #[arg(long, value_name = "AGENT")]
    officer: String,
    /// Contrôle seulement : rien n’est enregistré
    #[arg(long)]
    validate_only: bool,
    #[command(flatten)]
    server: ServerOptions,
}

/// Which payment was seen at the bank.
#[derive(Debug, clap::Args)]
pub struct ConfirmArgs {
    /// Identifiant de l’arrêté
    #[arg(value_name = "ID")]
    id: String,
    /// Référence du paiement
    #[arg(value_name = "PAIEMENT")]
    payment: String,
    /// Montant vu en banque, en euros : 1234,56
    #[arg(long, value_name = "EUROS", value_parser = typed_euros)]
    amount: Cents,
    /// Jour du paiement en banque
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    paid_on: Date,
    /// Agent qui constate
    #[arg(long, value_name = "AGENT")]
    officer: String,
    /// Contrôle seulement : rien n’est enregistré
    #[arg(long)]
    validate_only: bool,
    #[command(flatten)]
    server: ServerOptions,
}

impl Command {
    /// Its options about the server.
    pub fn server(&self) -> &ServerOptions {
        match self {
            Self::Propose(args) => &args.server,
            Self::Show(args) => &args.server,
            Self::List(args) => &args.server,
            Self::Approve(args) | Self::Reject(args) => &args.server,
            Self::Confirm(args) => &args.server,
        }
    }
}

/// Does what is asked.
///
/// # Errors
/// What the chamber refuses; the server.
pub async fn run(command: &Command, contact: &Contact) -> Result<Report, Failure> {
    let chamber = contact.open().await?;
    match command {
        Command::List(args) => list(args.territory, &chamber).await,
        Command::Show(args) => {
            let request = v1::GetNettingRequest { netting_id: args.id.clone() };
            let run = chamber.netting().get_netting(request).await?.into_inner().run;
            shown("", run, false, &chamber).await
        }
        Command::Propose(args) => propose(args, &chamber).await,
        Command::Approve(args) => approve(args, &chamber).await,
        Command::Reject(args) => reject(args, &chamber).await,
        Command::Confirm(args) => confirm(args, &chamber).await,
    }
}

async fn propose(args: &ProposeArgs, chamber: &Client) -> Result<Report, Failure> {
    let request = v1::ProposeNettingRequest {
        netting_id: args.id.clone().unwrap_or_default(),
        territory_siren: args.territory.to_string(),
        period: Some(v1::Period { from: Some(wire_date(args.from)), to: Some(wire_date(args.to)) }),
        officer_id: args.officer.clone(),
        held_sirens: args.hold.iter().map(ToString::to_string).collect(),
        validate_only: args.validate_only,
    };
    let run = chamber.netting().propose_netting(request).await?.into_inner().run;
    shown("Arrêté proposé.", run, args.validate_only, chamber).await
}

async fn approve(args: &SignArgs, chamber: &Client) -> Result<Report, Failure> {
    let (netting_id, officer_id) = (args.id.clone(), args.officer.clone());
    let request = v1::ApproveNettingRequest { netting_id, officer_id, validate_only: args.validate_only };
    let run = chamber.netting().approve_netting(request).await?.into_inner().run;
    shown("Arrêté approuvé : les positions sont au journal.", run, args.validate_only, chamber).await
}

async fn reject(args: &SignArgs, chamber: &Client) -> Result<Report, Failure> {
    let (netting_id, officer_id) = (args.id.clone(), args.officer.clone());
    let request = v1::RejectNettingRequest { netting_id, officer_id, validate_only: args.validate_only };
    let run = chamber.netting().reject_netting(request).await?.into_inner().run;
    shown("Proposition écartée.", run, args.validate_only, chamber).await
}

async fn confirm(args: &ConfirmArgs, chamber: &Client) -> Result<Report, Failure> {
    let request = v1::ConfirmPaymentRequest {
        netting_id: args.id.clone(),
        payment_id: args.payment.clone(),
        paid_on: Some(wire_date(args.paid_on)),
        amount_cents: args.amount.get(),
        officer_id: args.officer.clone(),
        validate_only: args.validate_only,
    };
    let answer = chamber.netting().confirm_payment(request).await?.into_inner();
    let receipt = answer.receipt.unwrap_or_default();
    let done = if receipt.replayed {
        format!("Paiement déjà constaté (écriture n° {}).", receipt.seq)
    } else {
        format!("Paiement constaté (écriture n° {}).", receipt.seq)
    };
    let mut report = shown(&done, answer.run, args.validate_only, chamber).await?;
    report.json["receipt"] = json!({
        "seq": receipt.seq,
        "seal": look::hexadecimal(&receipt.seal),
        "replayed": receipt.replayed,
    });
    Ok(report)
}

async fn list(territory: Option<TerritoryId>, chamber: &Client) -> Result<Report, Failure> {
    let territory_siren = territory.map(|id| id.to_string()).unwrap_or_default();
    let (mut runs, mut page_token) = (Vec::new(), String::new());
    loop {
        let territory_siren = territory_siren.clone();
        let request = v1::ListNettingsRequest { page_size: 100, page_token, territory_siren };
        let page = chamber.netting().list_nettings(request).await?.into_inner();
        runs.extend(page.runs);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let names = Names::read(chamber).await?;
    let json = json!({ "runs": runs.iter().map(|run| as_json(run, &names)).collect::<Vec<_>>() });
    if runs.is_empty() {
        return Ok(Report::new("Aucun arrêté.", json));
    }
    let mut table =
        look::table(&["Arrêté", "Territoire", "Période", "État", ">Relogements", ">Paiements", ">À payer"]);
    for run in &runs {
        let to_pay: i64 = run.payments.iter().map(|payment| payment.amount_cents).sum();
        table.add_row([
            cell(&run.netting_id),
            cell(chamber::territory_name(&run.territory_siren)),
            cell(look::period(run.period)),
            cell(status_name(run.status())),
            cell(look::count(run.relogement_count)),
            cell(run.payments.len()),
            cell(euros(to_pay)),
        ]);
    }
    Ok(Report::new(table.to_string(), json))
}

async fn shown(
    done: &str,
    run: Option<v1::NettingRun>,
    validate_only: bool,
    chamber: &Client,
) -> Result<Report, Failure> {
    let run = run.ok_or_else(|| Failure::infrastructure("le serveur n’a pas renvoyé l’arrêté."))?;
    let names = Names::read(chamber).await?;
    let mut json = json!({ "run": as_json(&run, &names) });
    if validate_only {
        json["validate_only"] = json!(true);
        let text = format!("Essai : rien n’a été écrit.\n\n{}", description(&run, &names));
        return Ok(Report::new(text, json));
    }
    let done = if done.is_empty() { String::new() } else { format!("{done}\n\n") };
    let next = next_step(&run).map_or_else(String::new, |step| format!("\nÉtape suivante : {step}"));
    Ok(Report::new(format!("{done}{}{next}", description(&run, &names)), json))
}

/// The run as an officer reads it.
fn description(run: &v1::NettingRun, names: &Names) -> String {
    let mut text = format!(
        "Arrêté {} · {}\nPériode {} · {} · {}\n",
        run.netting_id,
        chamber::territory_name(&run.territory_siren),
        look::period(run.period),
        status_name(run.status()),
        counted(usize::try_from(run.relogement_count).unwrap_or_default(), "relogement"),
    );
    let _ = write!(text, "Proposé par {}", run.proposed_by);
    if !run.approved_by.is_empty() {
        let _ = write!(text, ", approuvé par {}", run.approved_by);
    }
    let _ = writeln!(
        text,
        " · journal lu jusqu’au n° {} · empreinte {}",
        look::count(run.at_seq),
        run.input_sha256.get(..16).unwrap_or(&run.input_sha256)
    );
    let _ = writeln!(text, "\n{}", positions_table(run, names));
    let _ = writeln!(text, "{} Position = effort − part équitable + report.", look::SIGNS);
    text += &payments(run, names);
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
        return "\nAucun paiement : tout est reporté.\n".to_owned();
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
fn next_step(run: &v1::NettingRun) -> Option<String> {
    let id = &run.netting_id;
    match run.status() {
        v1::NettingStatus::Proposed => Some(format!(
            "un second agent approuve, avec « chambre netting approve {id} --officer AGENT » (ou écarte : reject)."
        )),
        v1::NettingStatus::Approved => {
            let awaited = run.payments.iter().find(|one| one.status() == v1::PaymentStatus::Awaited)?;
            let amount = chambre_domain::french::decimal_comma(Cents::new(awaited.amount_cents));
            Some(format!(
                "une fois chaque paiement vu en banque, « chambre netting confirm {id} {} --amount {amount} \
                 --paid-on JJ/MM/AAAA --officer AGENT ».",
                awaited.payment_id
            ))
        }
        v1::NettingStatus::Rejected | v1::NettingStatus::Superseded => {
            Some("proposez un nouvel arrêté, avec « chambre netting propose ».".to_owned())
        }
        v1::NettingStatus::Settled => {
            Some("aucune, l’arrêté est soldé. Exportez le journal avec « chambre export ».".to_owned())
        }
        v1::NettingStatus::Unspecified => None,
    }
}

fn status_name(status: v1::NettingStatus) -> &'static str {
    match status {
        v1::NettingStatus::Proposed => "proposé",
        v1::NettingStatus::Superseded => "remplacé par une proposition plus récente",
        v1::NettingStatus::Rejected => "écarté",
        v1::NettingStatus::Approved => "approuvé",
        v1::NettingStatus::Settled => "soldé",
        v1::NettingStatus::Unspecified => "état inconnu",
    }
}

fn payment_name(status: v1::PaymentStatus) -> &'static str {
    match status {
        v1::PaymentStatus::Awaited => "attendu",
        v1::PaymentStatus::Confirmed => "vu en banque",
        v1::PaymentStatus::Lapsed => "caduc : repris par un arrêté postérieur",
        v1::PaymentStatus::Unspecified => "état inconnu",
    }
}

fn typed_euros(text: &str) -> Result<Cents, String> {
    Cents::parse_euros("montant", text).map_err(|refusal| refusal.reason.french().to_owned())
}

fn as_json(run: &v1::NettingRun, names: &Names) -> Value {
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
    let payment = |payment: &v1::Payment| {
        json!({
            "payment_id": payment.payment_id,
            "from_siren": payment.from_siren,
            "to_siren": payment.to_siren,
            "amount_cents": payment.amount_cents,
            "status": payment.status().as_str_name().trim_start_matches("PAYMENT_STATUS_"),
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
        "proposed_by": run.proposed_by,
        "approved_by": run.approved_by,
        "positions": run.positions.iter().map(position).collect::<Vec<_>>(),
        "payments": run.payments.iter().map(payment).collect::<Vec<_>>(),
        "payments_lower_bound": run.payments_lower_bound,
        "payments_optimal": run.payments_optimal,
        "held_sirens": run.held_sirens,
        "relogement_count": run.relogement_count,
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
        };
        let date = |year, month, day| Some(v1::Date { year, month, day });
        v1::NettingRun {
            netting_id: "N-1".to_owned(),
            territory_siren: "200057867".to_owned(),
            period: Some(v1::Period { from: date(2025, 1, 1), to: date(2025, 12, 31) }),
            status: status.into(),
            proposed_by: "a.martin".to_owned(),
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
        assert!(step(v1::NettingStatus::Approved).unwrap().contains("confirm N-1 N-1-1 --amount 8,02"));
        assert!(step(v1::NettingStatus::Settled).unwrap().contains("soldé"));
    }

    #[test]
    fn a_program_reads_cents_and_iso_dates() {
        let json = as_json(&run_in(v1::NettingStatus::Settled), &Names::default());
        assert_eq!(json["status"], "SETTLED");
        assert_eq!(json["period"]["to"], "2025-12-31");
        assert_eq!(json["positions"][0]["position_cents"], 78_209);
        assert_eq!(json["payments"][1]["status"], "AWAITED");
    }

    #[test]
    fn amounts_are_typed_with_a_comma_or_a_point() {
        assert_eq!(typed_euros("1 234,56"), Ok(Cents::new(123_456)));
        assert_eq!(typed_euros("1234.56"), Ok(Cents::new(123_456)));
        assert!(typed_euros("douze").is_err());
    }
}
