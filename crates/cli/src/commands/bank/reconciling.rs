//! Statements compared with the payments of a run, and what they confirm booked.

use super::{accounts, heirs, payments, run_of};
use crate::chamber::{Names, ServerOptions};
use crate::failure::Failure;
use crate::look::{self, cell, counted, euros};
use crate::report::Report;
use chambre_api::convert::words::wire_date;
use chambre_api::{Client, v1};
use chambre_audit::bank::outcome::Difference;
use chambre_audit::bank::reconciliation::holders;
use chambre_audit::bank::reference::message_id;
use chambre_audit::bank::{Expected, Outcome, Reconciliation, Statement, read_statements, reconcile};
use chambre_domain::{BankAccount, NettingId, Refusal, french};
use serde_json::json;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Exit;
    use chambre_domain::{Cents, Date};

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
}
