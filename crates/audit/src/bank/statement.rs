//! What a bank says of an account: camt.053 (statement of a day) and camt.054 (notification), read strictly.
//!
//! | message | versions | balances |
//! |---|---|---|
//! | camt.053 | 001.02, 001.08 | opening booked + entries = closing booked, or the file is refused |
//! | camt.054 | 001.02, 001.08 | none |
//!
//! A file is read whole or refused whole, with the place that is wrong. Entries of other matters are read as far
//! as the sums need; what they pay for is not kept.

mod entry;

use super::xml::{self, Node, Piece};
use chambre_domain::{Cents, Iban, Reason, Refusal};
use std::collections::BTreeSet;

pub use entry::{Direction, Entry, Line};
use entry::{amount, direction, entry};

/// Which message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// camt.053: a statement, with its balances.
    Statement,
    /// camt.054: a notification of entries, without balance.
    Notification,
}

/// The messages that are read: namespace, kind, body, name of a statement.
const SCHEMAS: [(&str, Kind, &str, &str); 4] = [
    ("urn:iso:std:iso:20022:tech:xsd:camt.053.001.02", Kind::Statement, "BkToCstmrStmt", "Stmt"),
    ("urn:iso:std:iso:20022:tech:xsd:camt.053.001.08", Kind::Statement, "BkToCstmrStmt", "Stmt"),
    ("urn:iso:std:iso:20022:tech:xsd:camt.054.001.02", Kind::Notification, "BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    ("urn:iso:std:iso:20022:tech:xsd:camt.054.001.08", Kind::Notification, "BkToCstmrDbtCdtNtfctn", "Ntfctn"),
];

/// One statement of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Which message it came in.
    pub kind: Kind,
    /// Where it stands in its file: `Stmt[1]`.
    pub place: String,
    /// Its identifier at the bank.
    pub id: String,
    /// The account.
    pub account: Iban,
    /// Booked balance before its entries; none in a notification.
    pub opening: Option<Cents>,
    /// Booked balance after its entries; none in a notification.
    pub closing: Option<Cents>,
    /// What was booked, in the order of the bank.
    pub entries: Vec<Entry>,
}

/// Reads the statements of a file.
///
/// # Errors
/// The place, and why: [`Reason::StatementTooLarge`], [`Reason::StatementXml`], [`Reason::StatementEntity`],
/// [`Reason::StatementSchema`], [`Reason::StatementField`], [`Reason::StatementValue`],
/// [`Reason::StatementCurrency`], [`Reason::StatementBalance`], [`Reason::StatementPending`],
/// [`Reason::StatementDuplicate`], [`Reason::DateInvalid`], and what [`Iban::parse`] refuses.
pub fn read_statements(bytes: &[u8]) -> Result<Vec<Statement>, Refusal> {
    let mut reading = Reading::default();
    xml::read(bytes, &mut |piece| reading.take(piece))?;
    if reading.done.is_empty() {
        return Err(missing("Document", "Stmt"));
    }
    Ok(reading.done)
}

/// What is known so far of a file.
#[derive(Debug, Default)]
struct Reading {
    schema: Option<(Kind, &'static str, &'static str)>,
    bodies: usize,
    opened: usize,
    current: Option<Draft>,
    done: Vec<Statement>,
}

impl Reading {
    fn take(&mut self, piece: Piece) -> Result<(), Refusal> {
        match piece {
            Piece::Open { depth: 1, name, namespace } => self.document(&name, namespace.as_deref()),
            Piece::Open { depth: 2, name, .. } => self.body(&name),
            Piece::Open { name, .. } => {
                self.open(&name);
                Ok(())
            }
            Piece::Whole(node) => match &mut self.current {
                Some(draft) => draft.take(&node),
                None => Ok(()),
            },
            Piece::Close { depth: 3 } => self.close(),
            Piece::Close { .. } => Ok(()),
        }
    }

    fn document(&mut self, name: &str, namespace: Option<&str>) -> Result<(), Refusal> {
        let namespace = namespace.unwrap_or_default();
        let known = SCHEMAS.iter().find(|(known, ..)| *known == namespace && name == "Document");
        // A field is never a name of the file: it may be as long as the file.
        let met = if name == "Document" { namespace } else { name };
        let (_, kind, body, item) =
            known.ok_or_else(|| Refusal::new(Reason::StatementSchema, "Document", met))?;
        self.schema = Some((*kind, body, item));
        Ok(())
    }

    fn body(&mut self, name: &str) -> Result<(), Refusal> {
        self.bodies += 1;
        match self.schema {
            Some((_, body, _)) if body == name && self.bodies == 1 => Ok(()),
            _ => Err(Refusal::new(Reason::StatementSchema, "Document", name)),
        }
    }

    /// The header of the message, or a statement.
    fn open(&mut self, name: &str) {
        if let Some((kind, _, item)) = self.schema
            && item == name
        {
            self.opened += 1;
            self.current = Some(Draft::new(kind, format!("{item}[{}]", self.opened)));
        }
    }

    fn close(&mut self) -> Result<(), Refusal> {
        let Some(draft) = self.current.take() else { return Ok(()) };
        let statement = draft.finish()?;
        if self.done.iter().any(|done| done.id == statement.id && done.account == statement.account) {
            let place = format!("{}/Id", statement.place);
            return Err(Refusal::new(Reason::StatementDuplicate, place, statement.id));
        }
        self.done.push(statement);
        Ok(())
    }
}

/// A statement under way.
#[derive(Debug)]
struct Draft {
    kind: Kind,
    place: String,
    id: Option<String>,
    account: Option<Iban>,
    balances: Vec<(String, Cents)>,
    summary: Vec<Total>,
    entries: Vec<Entry>,
    references: BTreeSet<String>,
}

/// A total that the bank announces.
#[derive(Debug)]
struct Total {
    name: &'static str,
    of: Option<Direction>,
    count: Option<u64>,
    sum: Option<Cents>,
}

impl Draft {
    fn new(kind: Kind, place: String) -> Self {
        let (balances, summary, entries) = (Vec::new(), Vec::new(), Vec::new());
        Self { kind, place, id: None, account: None, balances, summary, entries, references: BTreeSet::new() }
    }

    fn take(&mut self, node: &Node) -> Result<(), Refusal> {
        let at = |path: &str| format!("{}/{path}", self.place);
        match node.name.as_str() {
            "Id" if self.id.is_some() => Err(Refusal::new(Reason::StatementField, at("Id"), node.text())),
            "Id" => {
                self.id = Some(node.text().to_owned()).filter(|id| !id.is_empty());
                Ok(())
            }
            "Acct" if self.account.is_some() => {
                Err(Refusal::new(Reason::StatementField, at("Acct"), "twice"))
            }
            "Acct" => {
                self.account = Some(account(&at("Acct"), node)?);
                Ok(())
            }
            "Bal" => self.balance(node),
            "TxsSummry" => self.summary(node),
            "Ntry" => self.entry(node),
            _ => Ok(()),
        }
    }

    fn balance(&mut self, node: &Node) -> Result<(), Refusal> {
        let place = format!("{}/Bal[{}]", self.place, self.balances.len() + 1);
        let code = node.text_at(&["Tp", "CdOrPrtry", "Cd"]).unwrap_or_default();
        let size = amount(&place, node)?;
        let signed = direction(&place, node)?.sign(size);
        // Other balances (available, forward, by value date) may come several times, one for each date.
        let once = matches!(code, "OPBD" | "CLBD" | "PRCD");
        if once && self.balances.iter().any(|(known, _)| known == code) {
            return Err(Refusal::new(Reason::StatementField, place, code));
        }
        self.balances.push((code.to_owned(), signed));
        Ok(())
    }

    fn summary(&mut self, node: &Node) -> Result<(), Refusal> {
        let totals = [
            ("TtlNtries", None),
            ("TtlCdtNtries", Some(Direction::Credit)),
            ("TtlDbtNtries", Some(Direction::Debit)),
        ];
        for (name, of) in totals {
            let Some(total) = node.at(&[name]) else { continue };
            let place = format!("{}/TxsSummry/{name}", self.place);
            let count = total.text_at(&["NbOfNtries"]).map(|text| {
                let bad = |_| Refusal::new(Reason::StatementValue, format!("{place}/NbOfNtries"), text);
                text.parse::<u64>().map_err(bad)
            });
            let sum = total.text_at(&["Sum"]).map(|text| entry::cents(&format!("{place}/Sum"), text));
            self.summary.push(Total { name, of, count: count.transpose()?, sum: sum.transpose()? });
        }
        Ok(())
    }

    fn entry(&mut self, node: &Node) -> Result<(), Refusal> {
        let place = format!("{}/Ntry[{}]", self.place, self.entries.len() + 1);
        if let Some(reference) = node.text_at(&["NtryRef"])
            && !self.references.insert(reference.to_owned())
        {
            return Err(Refusal::new(Reason::StatementDuplicate, format!("{place}/NtryRef"), reference));
        }
        self.entries.push(entry(place, node)?);
        Ok(())
    }

    fn finish(self) -> Result<Statement, Refusal> {
        let id = self.id.clone().ok_or_else(|| missing(&self.place, "Id"))?;
        let account = self.account.clone().ok_or_else(|| missing(&self.place, "Acct/Id/IBAN"))?;
        self.check_summary()?;
        let known = |code: &str| self.balances.iter().find(|(known, _)| known == code).map(|(_, sum)| *sum);
        // Some banks give the closing balance of the day before in place of the opening one: the same amount.
        let (opening, closing) = (known("OPBD").or_else(|| known("PRCD")), known("CLBD"));
        if self.kind == Kind::Statement {
            let opening = opening.ok_or_else(|| missing(&self.place, "Bal[OPBD]"))?;
            let closing = closing.ok_or_else(|| missing(&self.place, "Bal[CLBD]"))?;
            let moved = self.sum(|entry| Some(entry.direction.sign(entry.amount)));
            if i128::from(opening.get()) + moved != i128::from(closing.get()) {
                return Err(self
                    .unbalanced("Bal[CLBD]", closing)
                    .with("opening", opening)
                    .with("moved_cents", moved));
            }
        }
        let Self { kind, place, entries, .. } = self;
        Ok(Statement { kind, place, id, account, opening, closing, entries })
    }

    fn check_summary(&self) -> Result<(), Refusal> {
        for Total { name, of, count, sum } in &self.summary {
            let concerned = |entry: &Entry| of.is_none_or(|of| entry.direction == of);
            let counted = self.entries.iter().filter(|entry| concerned(entry)).count();
            let summed = self.sum(|entry| concerned(entry).then_some(entry.amount));
            if let Some(count) = count
                && u64::try_from(counted).ok() != Some(*count)
            {
                let path = format!("TxsSummry/{name}/NbOfNtries");
                return Err(self.unbalanced(&path, count).with("entries", counted));
            }
            if let Some(sum) = sum
                && summed != i128::from(sum.get())
            {
                return Err(self
                    .unbalanced(&format!("TxsSummry/{name}/Sum"), sum)
                    .with("summed_cents", summed));
            }
        }
        Ok(())
    }

    fn sum(&self, of: impl Fn(&Entry) -> Option<Cents>) -> i128 {
        self.entries.iter().filter_map(of).map(|cents| i128::from(cents.get())).sum()
    }

    fn unbalanced(&self, path: &str, value: impl std::fmt::Display) -> Refusal {
        Refusal::new(Reason::StatementBalance, format!("{}/{path}", self.place), value)
    }
}

fn account(place: &str, node: &Node) -> Result<Iban, Refusal> {
    if let Some(currency) = node.text_at(&["Ccy"])
        && currency != "EUR"
    {
        return Err(Refusal::new(Reason::StatementCurrency, format!("{place}/Ccy"), currency));
    }
    let iban = node.text_at(&["Id", "IBAN"]).ok_or_else(|| missing(place, "Id/IBAN"))?;
    Iban::parse(&format!("{place}/Id/IBAN"), iban)
}

fn missing(place: &str, path: &str) -> Refusal {
    Refusal::new(Reason::StatementField, format!("{place}/{path}"), "")
}
