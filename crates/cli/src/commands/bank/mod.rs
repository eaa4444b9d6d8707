//! Payments at the banks: the orders of a run, and what statements say of them.
//!
//! `chambre export pain001` writes one file for each debtor, to sign at its own bank; `chambre netting reconcile`
//! reads statements and books what they confirm. The chamber never holds the money.

use crate::chamber::{Contact, Names, ServerOptions};
use crate::commands::export::{Files, summary};
use crate::failure::Failure;
use crate::look::{self, cell, counted, euros};
use crate::report::Report;
use chambre_api::convert::registry::bank_account;
use chambre_api::convert::words::{period, wire_date};
use chambre_api::{Client, v1};
use chambre_audit::bank::outcome::Difference;
use chambre_audit::bank::reconciliation::holders;
use chambre_audit::bank::reference::message_id;
use chambre_audit::bank::{
    Expectation, Expected, Instruction, Outcome, Reconciliation, Statement, Subject, payment_files,
    read_statements, reconcile,
};
use chambre_domain::netting::Payment;
use chambre_domain::{Amount, BankAccount, Date, NettingId, PaymentId, Refusal, Siren, TerritoryId, french};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Most bytes read of a statement: one more than the reader accepts, so that it says so itself.
const READ_LIMIT: u64 = 32 * 1024 * 1024 + 1;

/// Which statements are compared with which run.
#[derive(Debug, clap::Args)]
pub struct ReconcileArgs {
    /// Identifiant de l’arrêté
    #[arg(value_name = "ID")]
    id: String,
    /// Relevés de banque : camt.053 ou camt.054, d’un côté ou de l’autre
    #[arg(value_name = "FICHIER.xml", required = true)]
    files: Vec<PathBuf>,
    /// Agent qui constate
    #[arg(long, value_name = "AGENT")]
    officer: String,
    /// Compare et montre, n’écrit rien
    #[arg(long)]
    validate_only: bool,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Writes the orders of the payments still awaited, one file for each debtor.
///
/// # Errors
/// A run that is not approved, a party without account (1); a file that exists (2); the disk, the server (3).
pub(super) async fn orders(
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

/// Compares statements with the payments of a run, then books what they confirm.
///
/// # Errors
/// A statement that is refused: nothing is booked then; the server.
pub async fn reconciled(args: &ReconcileArgs, chamber: &Client) -> Result<Report, Failure> {
    let mut statements: Vec<Statement> = Vec::new();
    for path in &args.files {
        statements.extend(read(path)?);
    }
    let run = run_of(chamber, &args.id).await?;
    let netting = NettingId::parse("netting_id", &run.netting_id)?;
    let heirs = heirs(chamber, &run).await?;
    let mut accounts = accounts(chamber, None).await?;
    let of_absorbed = accounts.iter().filter_map(|account| {
        Some(BankAccount { bailleur: *heirs.get(&account.bailleur)?, ..account.clone() })
    });
    let of_absorbed: Vec<BankAccount> = of_absorbed.collect();
    accounts.extend(of_absorbed);
    let expected = payments(&run, &heirs)?.into_iter().map(|(payment, state)| Expected {
        order: message_id(&netting, payment.from),
        payment: payment.id,
        from: payment.from,
        to: payment.to,
        amount: payment.amount,
        state,
    });
    let expected: Vec<Expected> = expected.collect();
    let found = reconcile(&expected, &holders(&accounts), &statements)?;
    let mut booked = 0;
    for (payment, paid_on, amount) in found.confirmations() {
        let request = v1::ConfirmPaymentRequest {
            netting_id: args.id.clone(),
            payment_id: payment.to_string(),
            paid_on: Some(wire_date(paid_on)),
            amount_cents: amount.get(),
            officer_id: args.officer.clone(),
            validate_only: args.validate_only,
        };
        chamber.netting().confirm_payment(request).await?;
        booked += usize::from(!args.validate_only);
    }
    for (payment, returned_on) in found.returns() {
        let request = v1::ReturnPaymentRequest {
            netting_id: args.id.clone(),
            payment_id: payment.to_string(),
            returned_on: Some(wire_date(returned_on)),
            officer_id: args.officer.clone(),
            validate_only: args.validate_only,
        };
        chamber.netting().return_payment(request).await?;
        booked += usize::from(!args.validate_only);
    }
    Ok(told(&found, booked, &Names::read(chamber).await?))
}

fn read(path: &Path) -> Result<Vec<Statement>, Failure> {
    let cannot = |error: &std::io::Error| Failure::of_file(path, error);
    let file = std::fs::File::open(path).map_err(|error| cannot(&error))?;
    let mut bytes = Vec::new();
    file.take(READ_LIMIT).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    read_statements(&bytes).map_err(|refusal| {
        let field = format!("{}, {}", path.display(), refusal.field);
        Refusal { field, ..refusal }.into()
    })
}

fn told(found: &Reconciliation, booked: usize, names: &Names) -> Report {
    let mut table = look::table(&["Paiement", "De", "À", ">Montant", "Relevé"]);
    for (expected, outcome) in &found.payments {
        table.add_row([
            cell(&expected.payment),
            cell(names.of(&expected.from.to_string())),
            cell(names.of(&expected.to.to_string())),
            cell(euros(expected.amount.get())),
            cell(state(outcome)),
        ]);
    }
    let others = match found.unknown {
        0 => String::new(),
        unknown => format!("\n{} sans rapport avec cet arrêté.", counted(unknown, "ligne")),
    };
    let done = match booked {
        0 => "Rien d’écrit au journal.".to_owned(),
        booked => format!("{} au journal.", counted(booked, "constat")),
    };
    let payments = found.payments.iter().map(|(expected, outcome)| {
        json!({
            "payment": expected.payment.as_str(),
            "outcome": code(outcome),
            "detail": state(outcome),
        })
    });
    let json = json!({
        "payments": payments.collect::<Vec<_>>(),
        "lines": found.lines.len(),
        "unknown_lines": found.unknown,
        "booked": booked,
    });
    Report::new(format!("{table}\n{done}{others}"), json)
}

/// The state of a payment, as an officer reads it.
fn state(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Confirms { paid_on } => format!("payé le {}", french::short_date(*paid_on)),
        Outcome::AlreadyConfirmed => "déjà constaté".to_owned(),
        Outcome::Incomplete { seen, ordered } => format!("incomplet : {seen} virement(s) sur {ordered}"),
        Outcome::Differs(Difference::Amount { ordered, booked }) => {
            format!("écart : {} au lieu de {}", euros(booked.get()), euros(ordered.get()))
        }
        Outcome::Differs(Difference::Account) => "écart : sur le compte d’un autre bailleur".to_owned(),
        Outcome::Differs(Difference::Party) => "écart : l’autre compte n’est pas le bon".to_owned(),
        Outcome::AlreadyReturned => "retour déjà constaté".to_owned(),
        Outcome::Returned { reason, returned_on } => {
            let why = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            format!("retourné par la banque le {}{why}", french::short_date(*returned_on))
        }
        Outcome::Missing => "absent du relevé".to_owned(),
        Outcome::NotCovered => "aucun relevé de ses comptes".to_owned(),
        Outcome::Lapsed { seen: true } => "caduc, mais payé : à régler avec les parties".to_owned(),
        Outcome::Lapsed { seen: false } => "caduc".to_owned(),
    }
}

/// The same for a program.
fn code(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Confirms { .. } => "confirms",
        Outcome::AlreadyConfirmed => "already_confirmed",
        Outcome::Incomplete { .. } => "incomplete",
        Outcome::Differs(_) => "differs",
        Outcome::Returned { .. } => "returned",
        Outcome::AlreadyReturned => "already_returned",
        Outcome::Missing => "missing",
        Outcome::NotCovered => "not_covered",
        Outcome::Lapsed { seen: true } => "paid_though_lapsed",
        Outcome::Lapsed { seen: false } => "lapsed",
    }
}

async fn run_of(chamber: &Client, netting: &str) -> Result<v1::NettingRun, Failure> {
    let request = v1::GetNettingRequest { netting_id: netting.to_owned() };
    Ok(chamber.netting().get_netting(request).await?.into_inner().run.unwrap_or_default())
}

/// Who stands today for the parties of a run that were absorbed since.
async fn heirs(chamber: &Client, run: &v1::NettingRun) -> Result<BTreeMap<Siren, Siren>, Failure> {
    let parties = run.payments.iter().flat_map(|payment| [&payment.from_siren, &payment.to_siren]);
    let parties: BTreeSet<&String> = parties.collect();
    let mut heirs = BTreeMap::new();
    for party in parties {
        let mut standing = party.clone();
        loop {
            let request = v1::GetBailleurRequest { siren: standing.clone() };
            let absorbed_by = chamber.registry().get_bailleur(request).await?.into_inner().absorbed_by_siren;
            if absorbed_by.is_empty() {
                break;
            }
            standing = absorbed_by;
        }
        if standing != *party {
            heirs.insert(Siren::parse("siren", party)?, Siren::parse("siren", &standing)?);
        }
    }
    Ok(heirs)
}

/// The payments of a run, between the bailleurs that stand today.
fn payments(
    run: &v1::NettingRun,
    heirs: &BTreeMap<Siren, Siren>,
) -> Result<Vec<(Payment, Expectation)>, Failure> {
    let standing = |siren: Siren| heirs.get(&siren).copied().unwrap_or(siren);
    let read = |wire: &v1::Payment| {
        let payment = Payment {
            id: PaymentId::parse("payment_id", &wire.payment_id)?,
            from: standing(Siren::parse("from_siren", &wire.from_siren)?),
            to: standing(Siren::parse("to_siren", &wire.to_siren)?),
            amount: Amount::of_payment("amount_cents", wire.amount_cents)?,
        };
        let state = match wire.status() {
            v1::PaymentStatus::Confirmed => Expectation::Confirmed,
            v1::PaymentStatus::Lapsed | v1::PaymentStatus::Replaced => Expectation::Lapsed,
            v1::PaymentStatus::Returned => Expectation::Returned,
            v1::PaymentStatus::Awaited | v1::PaymentStatus::Unspecified => Expectation::Awaited,
        };
        Ok((payment, state))
    };
    run.payments.iter().map(read).collect()
}

/// Every account recorded, or the one in use on a day for each bailleur.
async fn accounts(chamber: &Client, in_use_on: Option<Date>) -> Result<Vec<BankAccount>, Failure> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListBankAccountsRequest {
            page_size: 1000,
            page_token,
            bailleur_siren: String::new(),
            in_use_on: in_use_on.map(wire_date),
        };
        let page = chamber.registry().list_bank_accounts(request).await?.into_inner();
        for account in page.bank_accounts {
            found.push(bank_account(Some(account))?);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Exit;
    use chambre_domain::Cents;

    #[test]
    fn every_outcome_has_its_sentence_and_its_own_code() {
        let [ordered, booked] = [Cents::new(100), Cents::new(99)];
        let outcomes = [
            (Outcome::Confirms { paid_on: Date::constant(2026, 2, 3) }, "payé le 03/02/2026"),
            (Outcome::AlreadyConfirmed, "déjà constaté"),
            (Outcome::Incomplete { seen: 1, ordered: 2 }, "incomplet : 1 virement(s) sur 2"),
            (
                Outcome::Differs(Difference::Amount { ordered, booked }),
                "écart : 0,99\u{a0}€ au lieu de 1,00\u{a0}€",
            ),
            (
                Outcome::Returned { reason: "AC04".to_owned(), returned_on: Date::constant(2026, 2, 5) },
                "retourné par la banque le 05/02/2026 (AC04)",
            ),
            (Outcome::AlreadyReturned, "retour déjà constaté"),
            (Outcome::Missing, "absent du relevé"),
            (Outcome::NotCovered, "aucun relevé de ses comptes"),
            (Outcome::Lapsed { seen: false }, "caduc"),
            (Outcome::Lapsed { seen: true }, "caduc, mais payé : à régler avec les parties"),
        ];
        for (outcome, sentence) in &outcomes {
            assert_eq!(state(outcome), *sentence);
        }
        let codes: std::collections::BTreeSet<_> =
            outcomes.iter().map(|(outcome, _)| code(outcome)).collect();
        assert_eq!(codes.len(), outcomes.len());
    }

    #[test]
    fn a_refused_statement_names_its_file_and_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("releve.xml");
        std::fs::write(&path, "<Document>").unwrap();
        let failure = read(&path).unwrap_err();
        assert_eq!(failure.exit(), Exit::Usage);
        assert!(failure.json().to_string().contains("releve.xml"), "{}", failure.json());
        assert_eq!(read(&folder.path().join("absent.xml")).unwrap_err().exit(), Exit::Usage);
    }

    #[test]
    fn the_state_of_each_payment_comes_from_the_wire() {
        let payment = |n: i32, status: v1::PaymentStatus| v1::Payment {
            payment_id: format!("N-1-000{n}"),
            from_siren: Siren::fictitious(1).to_string(),
            to_siren: Siren::fictitious(2).to_string(),
            amount_cents: 100,
            status: status.into(),
            ..Default::default()
        };
        let (awaited, confirmed, lapsed) =
            (v1::PaymentStatus::Awaited, v1::PaymentStatus::Confirmed, v1::PaymentStatus::Lapsed);
        let run = v1::NettingRun {
            payments: vec![payment(1, awaited), payment(2, confirmed), payment(3, lapsed)],
            ..v1::NettingRun::default()
        };
        let heirs = BTreeMap::from([(Siren::fictitious(2), Siren::fictitious(3))]);
        let read = payments(&run, &heirs).unwrap();
        let states: Vec<_> = read.iter().map(|(_, state)| *state).collect();
        assert_eq!(states, [Expectation::Awaited, Expectation::Confirmed, Expectation::Lapsed]);
        let ends = (Siren::fictitious(1), Siren::fictitious(3));
        assert!(read.iter().all(|(payment, _)| (payment.from, payment.to) == ends), "the heir is paid");
    }
}
