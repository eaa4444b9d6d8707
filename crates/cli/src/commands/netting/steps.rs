//! The steps of a run.

use super::args::{
    CancelArgs, ConfirmArgs, InstructArgs, OpenArgs, ProposeArgs, PublishArgs, ReturnArgs, ShowArgs, SignArgs,
};
use super::describe::{as_json, description, next_step, status_name};
use crate::chamber::{self, Names};
use crate::failure::Failure;
use crate::look::{self, cell, euros};
use crate::report::Report;
use chambre_api::convert::words::wire_date;
use chambre_api::{Client, v1};
use chambre_domain::TerritoryId;
use data_encoding::HEXLOWER;
use serde_json::json;

/// Opens a run.
pub async fn open(args: &OpenArgs, chamber: &Client) -> Result<Report, Failure> {
    let request = v1::OpenNettingRequest {
        netting_id: args.id.clone().unwrap_or_default(),
        territory_siren: args.territory.to_string(),
        period: Some(v1::Period { from: Some(wire_date(args.from)), to: Some(wire_date(args.to)) }),
        officer_id: args.officer.clone(),
        validate_only: args.validate_only,
    };
    let run = chamber.netting().open_netting(request).await?.into_inner().run;
    shown("Arrêté ouvert.", run, args.validate_only, chamber).await
}

/// Freezes what a run may count.
pub async fn cut_off(args: &SignArgs, chamber: &Client) -> Result<Report, Failure> {
    let (netting_id, officer_id) = (args.id.clone(), args.officer.clone());
    let request = v1::CutOffNettingRequest { netting_id, officer_id, validate_only: args.validate_only };
    let run = chamber.netting().cut_off_netting(request).await?.into_inner().run;
    shown("Arrêté en date : ce qui arrive ensuite ira à l’arrêté suivant.", run, args.validate_only, chamber)
        .await
}

/// Computes a run: one that is open, or of a territory.
pub async fn propose(args: &ProposeArgs, chamber: &Client) -> Result<Report, Failure> {
    let territory = match (&args.from, &args.to) {
        (None, None) => None,
        _ => Some(
            chamber::territory(&args.subject)
                .map_err(|why| Failure::usage(format!("TERRITOIRE : {why}.")))?,
        ),
    };
    let period = match (args.from, args.to) {
        (Some(from), Some(to)) => Some(v1::Period { from: Some(wire_date(from)), to: Some(wire_date(to)) }),
        (None, None) => None,
        _ => return Err(Failure::usage("--from et --to vont ensemble.".to_owned())),
    };
    if territory.is_none() && args.id.is_some() {
        return Err(Failure::usage("--id va avec un territoire, --from et --to.".to_owned()));
    }
    let netting_id = match territory {
        Some(_) => args.id.clone().unwrap_or_default(),
        None => args.subject.clone(),
    };
    let request = v1::ProposeNettingRequest {
        netting_id,
        territory_siren: territory.map(|id| id.to_string()).unwrap_or_default(),
        period,
        officer_id: args.officer.clone(),
        held_sirens: args.hold.iter().map(ToString::to_string).collect(),
        refuser_sirens: args.refuse.iter().map(ToString::to_string).collect(),
        validate_only: args.validate_only,
    };
    let run = chamber.netting().propose_netting(request).await?.into_inner().run;
    shown("Arrêté proposé.", run, args.validate_only, chamber).await
}

/// Shows a proposal to the bailleurs.
pub async fn publish(args: &PublishArgs, chamber: &Client) -> Result<Report, Failure> {
    let request = v1::PublishNettingRequest {
        netting_id: args.sign.id.clone(),
        officer_id: args.sign.officer.clone(),
        disputes_until: args.until.map(wire_date),
        validate_only: args.sign.validate_only,
    };
    let run = chamber.netting().publish_netting(request).await?.into_inner().run;
    shown("Arrêté publié.", run, args.sign.validate_only, chamber).await
}

/// Reads a run.
pub async fn show(args: &ShowArgs, chamber: &Client) -> Result<Report, Failure> {
    let request = v1::GetNettingRequest { netting_id: args.id.clone() };
    let run = chamber.netting().get_netting(request).await?.into_inner().run;
    shown("", run, false, chamber).await
}

/// Signs a run.
pub async fn approve(args: &SignArgs, chamber: &Client) -> Result<Report, Failure> {
    let (netting_id, officer_id) = (args.id.clone(), args.officer.clone());
    let request = v1::ApproveNettingRequest { netting_id, officer_id, validate_only: args.validate_only };
    let run = chamber.netting().approve_netting(request).await?.into_inner().run;
    shown("Arrêté approuvé : les positions sont au journal.", run, args.validate_only, chamber).await
}

/// Sets a proposal aside.
pub async fn reject(args: &SignArgs, chamber: &Client) -> Result<Report, Failure> {
    let (netting_id, officer_id) = (args.id.clone(), args.officer.clone());
    let request = v1::RejectNettingRequest { netting_id, officer_id, validate_only: args.validate_only };
    let run = chamber.netting().reject_netting(request).await?.into_inner().run;
    shown("Proposition écartée.", run, args.validate_only, chamber).await
}

/// Orders the payments of a run.
pub async fn instruct(args: &InstructArgs, chamber: &Client) -> Result<Report, Failure> {
    let request = v1::InstructNettingRequest {
        netting_id: args.sign.id.clone(),
        officer_id: args.sign.officer.clone(),
        pay_on: Some(wire_date(args.pay_on)),
        validate_only: args.sign.validate_only,
    };
    let run = chamber.netting().instruct_netting(request).await?.into_inner().run;
    shown("Paiements ordonnés : l’arrêté ne s’annule plus.", run, args.sign.validate_only, chamber).await
}

/// Gives a run up.
pub async fn cancel(args: &CancelArgs, chamber: &Client) -> Result<Report, Failure> {
    let request = v1::CancelNettingRequest {
        netting_id: args.sign.id.clone(),
        officer_id: args.sign.officer.clone(),
        reason: v1::CancellationReason::from(args.reason).into(),
        validate_only: args.sign.validate_only,
    };
    let run = chamber.netting().cancel_netting(request).await?.into_inner().run;
    shown("Arrêté annulé.", run, args.sign.validate_only, chamber).await
}

/// Records a payment seen at the bank.
pub async fn confirm(args: &ConfirmArgs, chamber: &Client) -> Result<Report, Failure> {
    let request = v1::ConfirmPaymentRequest {
        netting_id: args.sign.id.clone(),
        payment_id: args.payment.clone(),
        paid_on: Some(wire_date(args.paid_on)),
        amount_cents: args.amount.get(),
        officer_id: args.sign.officer.clone(),
        validate_only: args.sign.validate_only,
    };
    let answer = chamber.netting().confirm_payment(request).await?.into_inner();
    booked("Paiement", "constaté", answer.receipt, answer.run, (args.sign.validate_only, chamber)).await
}

/// Records a payment that came back.
pub async fn send_back(args: &ReturnArgs, chamber: &Client) -> Result<Report, Failure> {
    let request = v1::ReturnPaymentRequest {
        netting_id: args.sign.id.clone(),
        payment_id: args.payment.clone(),
        returned_on: Some(wire_date(args.returned_on)),
        officer_id: args.sign.officer.clone(),
        validate_only: args.sign.validate_only,
    };
    let answer = chamber.netting().return_payment(request).await?.into_inner();
    booked("Rejet", "constaté", answer.receipt, answer.run, (args.sign.validate_only, chamber)).await
}

/// Ends a run.
pub async fn close(args: &SignArgs, chamber: &Client) -> Result<Report, Failure> {
    let (netting_id, officer_id) = (args.id.clone(), args.officer.clone());
    let request = v1::CloseNettingRequest { netting_id, officer_id, validate_only: args.validate_only };
    let run = chamber.netting().close_netting(request).await?.into_inner().run;
    shown("Arrêté clos : ce qui reste impayé est reporté.", run, args.validate_only, chamber).await
}

/// Lists runs, the latest first.
pub async fn list(territory: Option<TerritoryId>, chamber: &Client) -> Result<Report, Failure> {
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
            cell(place(run)),
            cell(if run.regional.is_some() { String::new() } else { look::period(run.period) }),
            cell(status_name(run.status())),
            cell(look::count(run.relogement_count)),
            cell(run.payments.len()),
            cell(euros(to_pay)),
        ]);
    }
    Ok(Report::new(table.to_string(), json))
}

/// Where a run is made: its territory, or the region.
fn place(run: &v1::NettingRun) -> String {
    if run.regional.is_some() {
        "plan régional".to_owned()
    } else {
        chamber::territory_name(&run.territory_siren)
    }
}

/// A run after an écriture of one of its payments.
async fn booked(
    noun: &str,
    done: &str,
    receipt: Option<v1::Receipt>,
    run: Option<v1::NettingRun>,
    (validate_only, chamber): (bool, &Client),
) -> Result<Report, Failure> {
    let receipt = receipt.unwrap_or_default();
    let already = if receipt.replayed { "déjà " } else { "" };
    let done = format!("{noun} {already}{done} (écriture n° {}).", receipt.seq);
    let mut report = shown(&done, run, validate_only, chamber).await?;
    report.json["receipt"] = json!({
        "seq": receipt.seq,
        "seal": HEXLOWER.encode(&receipt.seal),
        "replayed": receipt.replayed,
    });
    Ok(report)
}

pub(super) async fn shown(
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
