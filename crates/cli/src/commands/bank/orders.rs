//! The orders of a run, one file for each debtor.

use super::{accounts, heirs, payments, run_of};
use crate::chamber::{Contact, Names};
use crate::commands::export::{Files, summary};
use crate::failure::Failure;
use crate::look::{self, cell, euros};
use crate::report::Report;
use chambre_api::convert::words::period;
use chambre_api::v1;
use chambre_audit::bank::{Expectation, Instruction, Subject, payment_files};
use chambre_domain::{BankAccount, Date, NettingId, Siren, TerritoryId};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Writes the orders of the payments still awaited, one file for each debtor.
///
/// # Errors
/// A run that is not approved, a party without account (1); a file that exists (2); the disk, the server (3).
pub(in crate::commands) async fn orders(
    (netting, execute_on): (&str, Option<Date>),
    files: Files<'_>,
    contact: &Contact,
) -> Result<Report, Failure> {
    let chamber = contact.open().await?;
    let run = run_of(&chamber, netting).await?;
    let due = matches!(
        run.status(),
        v1::NettingStatus::Approved
            | v1::NettingStatus::Instructed
            | v1::NettingStatus::PartlySettled
            | v1::NettingStatus::Settled
    );
    if !due {
        return Err(Failure::usage(format!(
            "l’arrêté {netting} n’est pas approuvé, ou il est clos : aucun paiement n’est dû."
        )));
    }
    let created_at = (chambre_server::system_clock())();
    let today = created_at.day_in_paris();
    // Unless said: the day that the run was instructed for, or today once that day is past.
    let execute_on = execute_on.unwrap_or_else(|| look::day(run.pay_on).map_or(today, |day| day.max(today)));
    let accounts = accounts(&chamber, Some(execute_on)).await?;
    let accounts: BTreeMap<Siren, BankAccount> =
        accounts.into_iter().map(|account| (account.bailleur, account)).collect();
    let mut awaited = Vec::new();
    let heirs = heirs(&chamber, &run).await?;
    for (payment, state) in payments(&run, &heirs)? {
        // Two that became one since: what one owed the other is nothing to order.
        if state == Expectation::Awaited && payment.from != payment.to {
            awaited.push(payment);
        }
    }
    let instruction = Instruction {
        netting: &NettingId::parse("netting_id", &run.netting_id)?,
        subject: match &run.regional {
            Some(_) => Subject::Region,
            None => Subject::Run {
                territory: TerritoryId::parse("territory_siren", &run.territory_siren)?,
                period: period("period", run.period)?,
            },
        },
        payments: &awaited,
        created_at,
        execute_on,
    };
    write_orders(&payment_files(&instruction, &accounts)?, files, &Names::read(&chamber).await?)
}

fn write_orders(
    orders: &[chambre_audit::bank::PaymentFile],
    mut files: Files<'_>,
    names: &Names,
) -> Result<Report, Failure> {
    if orders.is_empty() {
        let text = "Aucun paiement à ordonner : rien n’est attendu de cet arrêté.";
        return Ok(Report::new(text, json!({ "files": [], "orders": [] })));
    }
    let mut table = look::table(&["Payeur", "Fichier", ">Virements", ">Montant"]);
    for order in orders {
        files.write(&order.name, order.xml.as_bytes())?;
        table.add_row([
            cell(names.of(&order.debtor.to_string())),
            cell(&order.name),
            cell(look::count(order.transfers.len() as u64)),
            cell(euros(order.total.get())),
        ]);
    }
    let out = files.out().to_owned();
    let written = files.keep()?;
    let mut report = summary(&out, &written);
    report.text += &format!(
        "\n\n{table}\n\nChaque payeur signe son fichier auprès de sa propre banque ; la chambre ne détient jamais \
         les fonds."
    );
    report.json["orders"] = orders.iter().map(order_json).collect();
    Ok(report)
}

fn order_json(order: &chambre_audit::bank::PaymentFile) -> Value {
    let transfers = order.transfers.iter().map(|(payment, transfer)| {
        json!({
            "payment": payment.as_str(),
            "end_to_end": transfer.end_to_end,
            "amount_cents": transfer.amount.get(),
        })
    });
    json!({
        "file": order.name,
        "debtor": order.debtor.to_string(),
        "message_id": order.message_id,
        "total_cents": order.total.get(),
        "transfers": transfers.collect::<Vec<_>>(),
    })
}
