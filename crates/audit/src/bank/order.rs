//! Payment orders: one pain.001.001.09 file for each debtor, to sign at its own bank.
//!
//! Built with the crate `sepa`, which holds the rules of the European Payments Council that the schema does not
//! state. Names are converted by the table EPC217-08 (é becomes e, & becomes +); references never are.

use super::reference::{Transfer, message_id, transfers};
use chambre_domain::french::short_date;
use chambre_domain::netting::Payment;
use chambre_domain::{
    Amount, BankAccount, BookedAt, Cents, Date, NettingId, PaymentId, Period, Reason, Refusal, Siren,
    TerritoryId,
};
use sepa::charset::{Transliteration, transliterate};
use sepa::validate::{BuildError, CharsetPolicy, MAX_REMITTANCE_LEN};
use sepa::{CreditTransferEntry, CreditTransferGroup, IsoDate, IsoDateTime, Pain001Builder};
use std::collections::{BTreeMap, BTreeSet};

/// What debtors are asked to pay.
#[derive(Debug, Clone, Copy)]
pub struct Instruction<'a> {
    /// The run.
    pub netting: &'a NettingId,
    /// What it settles, said in each remittance.
    pub subject: Subject,
    /// The payments still awaited: what is confirmed or lapsed is not ordered again.
    pub payments: &'a [Payment],
    /// When the files are made.
    pub created_at: BookedAt,
    /// Day on which the banks are asked to execute: the day of creation, in Paris, or later.
    pub execute_on: Date,
}

/// What payments settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The run of a territory.
    Run {
        /// The territory.
        territory: TerritoryId,
        /// Its period.
        period: Period,
    },
    /// A regional plan.
    Region,
}

/// The file of one debtor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentFile {
    /// Its name: `pain001_N-2025-1_000000018.xml`.
    pub name: String,
    /// Who signs it.
    pub debtor: Siren,
    /// Reference of the message, at most 35 characters.
    pub message_id: String,
    /// The XML.
    pub xml: String,
    /// What it orders, in its order.
    pub transfers: Vec<(PaymentId, Transfer)>,
    /// Sum of its transfers.
    pub total: Cents,
}

/// Writes one file for each debtor, in the order of their SIREN; none when nothing is to be paid.
///
/// `accounts` holds the account in use on the execution day, for each bailleur that has one.
///
/// # Errors
/// [`Reason::BankAccountUnknown`], naming every bailleur without account (as many as a refusal shows);
/// [`Reason::BankAccountSame`], [`Reason::NameUnwritable`], [`Reason::OrderDuplicate`];
/// [`Reason::DatesOutOfOrder`] for an execution before the day of creation; [`Reason::AmountTooLarge`];
/// [`Reason::OrderFile`], with the rule, for anything else that a bank would refuse.
pub fn payment_files(
    instruction: &Instruction<'_>,
    accounts: &BTreeMap<Siren, BankAccount>,
) -> Result<Vec<PaymentFile>, Refusal> {
    let created_on = instruction.created_at.day_in_paris();
    if instruction.execute_on < created_on {
        return Err(Refusal::new(Reason::DatesOutOfOrder, "execute_on", instruction.execute_on)
            .with("created_on", created_on));
    }
    check_accounts(instruction, accounts)?;
    let mut by_debtor: BTreeMap<Siren, Vec<&Payment>> = BTreeMap::new();
    let mut references = BTreeSet::new();
    for payment in instruction.payments {
        if !references.insert(&payment.id) {
            return Err(Refusal::new(Reason::OrderDuplicate, "payment.id", &payment.id));
        }
        by_debtor.entry(payment.from).or_default().push(payment);
    }
    by_debtor.into_iter().map(|(debtor, payments)| file(instruction, debtor, &payments, accounts)).collect()
}

fn check_accounts(
    instruction: &Instruction<'_>,
    accounts: &BTreeMap<Siren, BankAccount>,
) -> Result<(), Refusal> {
    let parties: BTreeSet<Siren> =
        instruction.payments.iter().flat_map(|payment| [payment.from, payment.to]).collect();
    let missing: Vec<String> =
        parties.iter().filter(|siren| !accounts.contains_key(siren)).map(ToString::to_string).collect();
    if missing.is_empty() {
        return Ok(());
    }
    // All at once: an officer asks every bailleur on the same day.
    Err(Refusal::new(Reason::BankAccountUnknown, "bailleur_siren", missing.join(" "))
        .with("on", instruction.execute_on)
        .with("count", missing.len()))
}

fn file(
    instruction: &Instruction<'_>,
    debtor: Siren,
    payments: &[&Payment],
    accounts: &BTreeMap<Siren, BankAccount>,
) -> Result<PaymentFile, Refusal> {
    let account = account_of(accounts, debtor)?;
    let message_id = message_id(instruction.netting, debtor);
    let holder = name(account)?;
    let iban = iban(account)?;
    let mut group = CreditTransferGroup::new(&holder, &iban, iso_date(instruction.execute_on)?)
        .payment_info_id(&message_id)
        // One entry of the statement for each payment: a single entry for all could not be reconciled.
        .batch_booking(false);
    if let Some(bic) = &account.bic {
        group = group.debtor_bic(sepa::validate_bic(bic.as_str()).map_err(|error| broken(debtor, &error))?);
    }
    let mut ordered = Vec::with_capacity(payments.len());
    let mut total: i64 = 0;
    let motive = remittance(instruction);
    for payment in payments {
        let creditor = account_of(accounts, payment.to)?;
        if creditor.iban == account.iban {
            return Err(Refusal::new(Reason::BankAccountSame, "payment.id", &payment.id)
                .with("from", payment.from)
                .with("to", payment.to));
        }
        for transfer in transfers(&payment.id, payment.amount)? {
            total = add(total, transfer.amount)?;
            group = group.add_entry(entry(creditor, &transfer, &motive)?);
            ordered.push((payment.id.clone(), transfer));
        }
    }
    let xml = Pain001Builder::new(&holder, &message_id)
        .created_at(iso_instant(instruction.created_at)?)
        .charset(CharsetPolicy::Strict)
        .add_group(group)
        .build()
        .map_err(|error: BuildError| broken(debtor, &error))?;
    let name = format!("pain001_{}_{debtor}.xml", instruction.netting.as_str().replace(':', "-"));
    Ok(PaymentFile { name, debtor, message_id, xml, transfers: ordered, total: Cents::new(total) })
}

fn entry(creditor: &BankAccount, transfer: &Transfer, motive: &str) -> Result<CreditTransferEntry, Refusal> {
    let mut entry = CreditTransferEntry::new(
        name(creditor)?,
        iban(creditor)?,
        transfer.amount.get(),
        &transfer.end_to_end,
    )
    .with_description(motive);
    if let Some(bic) = &creditor.bic {
        let bic = sepa::validate_bic(bic.as_str()).map_err(|error| broken(creditor.bailleur, &error))?;
        entry = entry.with_bic(bic);
    }
    Ok(entry)
}

/// `Compensation relogements Plaine Commune du 01/01/2025 au 31/12/2025`, or
/// `Compensation relogements plan regional R-2026`, in the characters of the scheme.
fn remittance(instruction: &Instruction<'_>) -> String {
    let Subject::Run { territory, period: Period { from, to } } = instruction.subject else {
        return latin(&format!("Compensation relogements plan régional {}", instruction.netting));
    };
    let period = format!(" du {} au {}", short_date(from), short_date(to));
    let territory = latin(&format!("Compensation relogements {}", territory.territory().name));
    let room = MAX_REMITTANCE_LEN.saturating_sub(period.len());
    let territory: String = territory.chars().take(room).collect();
    format!("{}{period}", territory.trim_end())
}

/// The name of the holder in the characters of the scheme.
fn name(account: &BankAccount) -> Result<String, Refusal> {
    let name = latin(account.holder.as_str());
    let fits = name.chars().count() <= BankAccount::HOLDER_LIMIT;
    if fits && name.chars().any(|c| c.is_ascii_alphanumeric()) {
        return Ok(name);
    }
    Err(Refusal::new(Reason::NameUnwritable, "holder", &account.holder).with("bailleur", account.bailleur))
}

/// EPC217-08, and for the marks of French typography that it does not list, their typewriter form.
fn latin(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '’' | '‘' => '\'',
            '‐' | '‑' | '–' | '—' => '-',
            '\u{a0}' | '\u{202f}' => ' ',
            other => other,
        })
        .collect();
    transliterate(&plain, Transliteration::Epc).trim().to_owned()
}

fn account_of(accounts: &BTreeMap<Siren, BankAccount>, siren: Siren) -> Result<&BankAccount, Refusal> {
    accounts.get(&siren).ok_or_else(|| Refusal::new(Reason::BankAccountUnknown, "bailleur_siren", siren))
}

/// Reads the IBAN a second time, by another road: the structure that the country gives its accounts.
fn iban(account: &BankAccount) -> Result<sepa::Iban, Refusal> {
    sepa::validate_iban(account.iban.as_str()).map_err(|_| {
        Refusal::new(Reason::IbanCharacters, "iban", &account.iban).with("bailleur", account.bailleur)
    })
}

fn add(total: i64, amount: Amount) -> Result<i64, Refusal> {
    total
        .checked_add(amount.get())
        .ok_or_else(|| Refusal::new(Reason::NettingOverflow, "payment.amount", amount.cents()))
}

fn iso_date(day: Date) -> Result<IsoDate, Refusal> {
    let parts = (u16::try_from(day.year()), u8::try_from(day.month()), u8::try_from(day.day()));
    let built = match parts {
        (Ok(year), Ok(month), Ok(day)) => IsoDate::new(year, month, day).ok(),
        _ => None,
    };
    built.ok_or_else(|| Refusal::new(Reason::DateInvalid, "execute_on", day))
}

/// The instant in UTC, to the second.
fn iso_instant(at: BookedAt) -> Result<IsoDateTime, Refusal> {
    let seconds = at.millis().div_euclid(1000);
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let part = |number: i64| u8::try_from(number).unwrap_or_default();
    let built = IsoDate::from_epoch_days(day).ok().and_then(|date| {
        IsoDateTime::new(date, part(second / 3600), part(second / 60 % 60), part(second % 60)).ok()
    });
    built.map(IsoDateTime::in_utc).ok_or_else(|| Refusal::new(Reason::DateInvalid, "created_at", at.millis()))
}

/// A rule of the scheme that no check above covers.
fn broken(debtor: Siren, rule: &dyn std::error::Error) -> Refusal {
    Refusal::new(Reason::OrderFile, "debtor_siren", debtor).with("rule", rule)
}
