//! What statements say of the payments of a run: what may be confirmed, and what an officer must look at.
//!
//! A payment is recognised by its end-to-end reference, on the account of either side, then by its amount and its
//! parties. It is confirmed once: when all its transfers are booked on one side or the other, and the journal
//! does not hold it already. Pure: the caller books what [`Reconciliation::confirmations`] and
//! [`Reconciliation::returns`] give.

use super::outcome::{Difference, Outcome, Reconciliation, SeenLine, Verdict};
use super::reference::{Transfer, message_id, transfers};
use super::statement::{Direction, Entry, Kind, Line, Statement};
use chambre_domain::netting_run::{NettingRun, PaymentState};
use chambre_domain::{Amount, BankAccount, Date, Iban, PaymentId, Reason, Refusal, Siren};
use std::collections::{BTreeMap, BTreeSet};

/// A payment of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The payment.
    pub payment: PaymentId,
    /// Who pays.
    pub from: Siren,
    /// Who receives.
    pub to: Siren,
    /// How much.
    pub amount: Amount,
    /// Where the journal stands.
    pub state: Expectation,
    /// Reference of the order file of its debtor.
    pub order: String,
}

/// Where the journal stands with a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// Not seen at the bank yet.
    Awaited,
    /// Confirmed already.
    Confirmed,
    /// Confirmed, then returned by the bank: its amount is carried over.
    Returned,
    /// A later run, or a regional plan, took its amount over: it must not be paid any more.
    Lapsed,
}

impl Expected {
    /// The payments of a run; none before it is proposed.
    #[must_use]
    pub fn of_run(run: &NettingRun) -> Vec<Self> {
        let Some(proposal) = run.proposal() else { return Vec::new() };
        let states = run.payments.iter().map(|state| match state {
            PaymentState::Awaited => Expectation::Awaited,
            PaymentState::Confirmed { .. } => Expectation::Confirmed,
            PaymentState::Returned { .. } => Expectation::Returned,
            PaymentState::Lapsed | PaymentState::Replaced => Expectation::Lapsed,
        });
        let payments = proposal.plan.payments.iter().zip(states);
        let expected = payments.map(|(payment, state)| Self {
            payment: payment.id.clone(),
            from: payment.from,
            to: payment.to,
            amount: payment.amount,
            state,
            order: message_id(&proposal.id, payment.from),
        });
        expected.collect()
    }
}

/// Whose each account is or was: a payment ordered before a change of bank may be booked on the old account.
pub type Holders = BTreeMap<Iban, BTreeSet<Siren>>;

/// Whose each registered account is, replaced ones included.
#[must_use]
pub fn holders<'a>(accounts: impl IntoIterator<Item = &'a BankAccount>) -> Holders {
    let mut holders = Holders::new();
    for account in accounts {
        holders.entry(account.iban.clone()).or_default().insert(account.bailleur);
    }
    holders
}

/// Compares the payments of the journal with statements of either side.
///
/// # Errors
/// Nothing is concluded from any of the statements when one is refused: [`Reason::StatementAccount`] for an account
/// of no bailleur; for a line of ours [`Reason::StatementField`] without its reference or its day,
/// [`Reason::StatementDuplicate`] when its reference comes twice in a statement, [`Reason::StatementBalance`] when
/// the transfers behind its entry do not add up, [`Reason::StatementCurrency`] without an amount in euros,
/// [`Reason::StatementDirection`]. [`Reason::OrderDuplicate`] for payments that cannot be told apart.
pub fn reconcile(
    expected: &[Expected],
    holders: &Holders,
    statements: &[Statement],
) -> Result<Reconciliation, Refusal> {
    let mut desk = Desk::new(expected, holders)?;
    for statement in statements {
        desk.statement(statement)?;
    }
    Ok(desk.conclude())
}

/// A payment with what was seen of it.
struct File<'a> {
    expected: &'a Expected,
    transfers: Vec<Transfer>,
    booked: Vec<Option<Date>>,
    differs: Option<Difference>,
    returned: Option<(String, Date)>,
    seen: bool,
}

struct Desk<'a> {
    files: Vec<File<'a>>,
    by_reference: BTreeMap<String, (usize, usize)>,
    orders: BTreeSet<&'a str>,
    holders: &'a Holders,
    covered: BTreeSet<Siren>,
    read: BTreeSet<(Iban, String, bool)>,
    lines: Vec<SeenLine>,
    unknown: usize,
}

impl<'a> Desk<'a> {
    fn new(expected: &'a [Expected], holders: &'a Holders) -> Result<Self, Refusal> {
        let (mut files, mut by_reference) = (Vec::with_capacity(expected.len()), BTreeMap::new());
        for (number, payment) in expected.iter().enumerate() {
            let transfers = transfers(&payment.payment, payment.amount)?;
            for (part, transfer) in transfers.iter().enumerate() {
                if by_reference.insert(transfer.end_to_end.clone(), (number, part)).is_some() {
                    return Err(Refusal::new(Reason::OrderDuplicate, "payment.id", &payment.payment));
                }
            }
            let booked = vec![None; transfers.len()];
            files.push(File {
                expected: payment,
                transfers,
                booked,
                differs: None,
                returned: None,
                seen: false,
            });
        }
        Ok(Self {
            files,
            by_reference,
            orders: expected.iter().map(|payment| payment.order.as_str()).collect(),
            holders,
            covered: BTreeSet::new(),
            read: BTreeSet::new(),
            lines: Vec::new(),
            unknown: 0,
        })
    }

    fn statement(&mut self, statement: &Statement) -> Result<(), Refusal> {
        let holders = self.holders.get(&statement.account).ok_or_else(|| {
            let place = format!("{}/Acct/Id/IBAN", statement.place);
            Refusal::new(Reason::StatementAccount, place, &statement.account)
        })?;
        self.covered.extend(holders);
        let is_statement = statement.kind == Kind::Statement;
        let again = !self.read.insert((statement.account.clone(), statement.id.clone(), is_statement));
        let mut seen = BTreeSet::new();
        for entry in &statement.entries {
            for line in &entry.lines {
                let found = line.end_to_end.as_ref().and_then(|reference| self.by_reference.get(reference));
                let (Some(&(number, part)), Some(reference)) = (found, &line.end_to_end) else {
                    self.unclaimed(line)?;
                    continue;
                };
                if !seen.insert((reference, line.direction)) {
                    let place = format!("{}/EndToEndId", line.place);
                    return Err(Refusal::new(Reason::StatementDuplicate, place, reference));
                }
                let verdict = self.judge(number, part, entry, line, holders)?;
                let verdict = if again { Verdict::Duplicate } else { verdict };
                self.note(number, part, entry.booked_on, &verdict);
                self.lines.push(SeenLine {
                    statement: statement.id.clone(),
                    place: line.place.clone(),
                    end_to_end: reference.clone(),
                    payment: self.files[number].expected.payment.clone(),
                    verdict,
                });
            }
        }
        Ok(())
    }

    /// A line without one of our references is somebody else's, unless it comes from one of our files.
    fn unclaimed(&mut self, line: &Line) -> Result<(), Refusal> {
        if line.end_to_end.is_none()
            && let Some(order) = line.order.iter().find(|order| self.orders.contains(order.as_str()))
        {
            let place = format!("{}/EndToEndId", line.place);
            return Err(Refusal::new(Reason::StatementField, place, "").with("order", order));
        }
        self.unknown += 1;
        Ok(())
    }

    fn judge(
        &self,
        number: usize,
        part: usize,
        entry: &Entry,
        line: &Line,
        holders: &BTreeSet<Siren>,
    ) -> Result<Verdict, Refusal> {
        let file = &self.files[number];
        let (expected, ordered) = (file.expected, file.transfers[part].amount.cents());
        let at = |path: &str| format!("{}/{path}", line.place);
        if !entry.adds_up {
            return Err(Refusal::new(Reason::StatementBalance, &entry.place, entry.amount));
        }
        let booked = line.amount.ok_or_else(|| Refusal::new(Reason::StatementCurrency, at("Amt"), ""))?;
        if entry.booked_on.is_none() {
            return Err(Refusal::new(Reason::StatementField, format!("{}/BookgDt", entry.place), ""));
        }
        let due = if holders.contains(&expected.from) {
            Direction::Debit
        } else if holders.contains(&expected.to) {
            Direction::Credit
        } else {
            return Ok(Verdict::Differs(Difference::Account));
        };
        if let Some(reason) = &line.returned {
            let known = expected.state == Expectation::Returned;
            return Ok(if known { Verdict::AlreadyConfirmed } else { Verdict::Returned(reason.clone()) });
        }
        if line.direction != due {
            let code = if line.direction == Direction::Credit { "CRDT" } else { "DBIT" };
            return Err(Refusal::new(Reason::StatementDirection, at("CdtDbtInd"), code)
                .with("payment", &expected.payment));
        }
        if booked != ordered {
            return Ok(Verdict::Differs(Difference::Amount { ordered, booked }));
        }
        let (other, iban) = match due {
            Direction::Debit => (expected.to, &line.creditor_iban),
            Direction::Credit => (expected.from, &line.debtor_iban),
        };
        if iban.as_ref().is_some_and(|iban| !self.is_account_of(iban, other)) {
            return Ok(Verdict::Differs(Difference::Party));
        }
        Ok(match expected.state {
            Expectation::Confirmed | Expectation::Returned => Verdict::AlreadyConfirmed,
            Expectation::Lapsed => Verdict::Lapsed,
            Expectation::Awaited if file.booked[part].is_some() => Verdict::Duplicate,
            Expectation::Awaited => Verdict::Matches,
        })
    }

    fn is_account_of(&self, iban: &str, bailleur: Siren) -> bool {
        Iban::parse("iban", iban)
            .is_ok_and(|iban| self.holders.get(&iban).is_some_and(|holders| holders.contains(&bailleur)))
    }

    fn note(&mut self, number: usize, part: usize, booked_on: Option<Date>, verdict: &Verdict) {
        let file = &mut self.files[number];
        file.seen = true;
        match verdict {
            Verdict::Matches => file.booked[part] = booked_on,
            Verdict::Differs(difference) => {
                file.differs.get_or_insert_with(|| difference.clone());
            }
            Verdict::Returned(reason) => {
                file.returned = file.returned.take().or(booked_on.map(|day| (reason.clone(), day)));
            }
            Verdict::Duplicate | Verdict::AlreadyConfirmed | Verdict::Lapsed => {}
        }
    }

    fn conclude(self) -> Reconciliation {
        let covered = self.covered;
        let payments = self.files.into_iter().map(|file| (file.expected.clone(), file.outcome(&covered)));
        Reconciliation { payments: payments.collect(), lines: self.lines, unknown: self.unknown }
    }
}

impl File<'_> {
    /// What asks for an officer comes first: a payment that came back is not paid, whatever else was seen.
    fn outcome(self, covered: &BTreeSet<Siren>) -> Outcome {
        if let Some((reason, returned_on)) = self.returned {
            return Outcome::Returned { reason, returned_on };
        }
        if let Some(difference) = self.differs {
            return Outcome::Differs(difference);
        }
        match self.expected.state {
            Expectation::Confirmed => return Outcome::AlreadyConfirmed,
            Expectation::Returned => return Outcome::AlreadyReturned,
            Expectation::Lapsed => return Outcome::Lapsed { seen: self.seen },
            Expectation::Awaited => {}
        }
        let days: Vec<Date> = self.booked.iter().flatten().copied().collect();
        let ordered = self.booked.len();
        match days.iter().max() {
            Some(&paid_on) if days.len() == ordered => Outcome::Confirms { paid_on },
            Some(_) => Outcome::Incomplete { seen: days.len(), ordered },
            None if covered.contains(&self.expected.from) || covered.contains(&self.expected.to) => {
                Outcome::Missing
            }
            None => Outcome::NotCovered,
        }
    }
}
