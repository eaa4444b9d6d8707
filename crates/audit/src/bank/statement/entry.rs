//! One entry of a statement, and the transfers that it books.

use super::super::xml::Node;
use super::missing;
use chambre_domain::{Cents, Date, Reason, Refusal, calendar};

/// Whether the account gains or loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// CRDT: money comes in.
    Credit,
    /// DBIT: money goes out.
    Debit,
}

impl Direction {
    /// A size as the account counts it: above zero when money comes in.
    #[must_use]
    pub fn sign(self, size: Cents) -> Cents {
        match self {
            Self::Credit => size,
            // A size is read from digits, so it is not the one number without an opposite.
            Self::Debit => size.checked_neg().unwrap_or(size),
        }
    }
}

/// One booked entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands in its file: `Stmt[1]/Ntry[3]`.
    pub place: String,
    /// Its size, zero or more.
    pub amount: Cents,
    /// Which way.
    pub direction: Direction,
    /// Day on the account; some banks leave it out.
    pub booked_on: Option<Date>,
    /// The transfers behind it: one when the bank gives no detail.
    pub lines: Vec<Line>,
    /// Whether the transfers add up to the entry, and are as many as the bank says.
    pub adds_up: bool,
}

/// One transfer behind an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it stands in its file: `Stmt[1]/Ntry[3]/TxDtls[1]`.
    pub place: String,
    /// Its end-to-end reference; none when the payer gave none.
    pub end_to_end: Option<String>,
    /// References of the order file that it comes from (`MsgId`, `PmtInfId`).
    pub order: Vec<String>,
    /// Its size in euros; none when the bank does not say it, or says it in another currency.
    pub amount: Option<Cents>,
    /// Which way.
    pub direction: Direction,
    /// Account of the payer, as the bank writes it.
    pub debtor_iban: Option<String>,
    /// Account of the payee, as the bank writes it.
    pub creditor_iban: Option<String>,
    /// Set when it is a return or a reversal: the reason code of the bank, empty when it gives none.
    pub returned: Option<String>,
}

pub(super) fn entry(place: String, node: &Node) -> Result<Entry, Refusal> {
    check_status(&place, node)?;
    let (size, way) = (amount(&place, node)?, direction(&place, node)?);
    let booked_on = node.at(&["BookgDt"]).map(|date| booking_date(&format!("{place}/BookgDt"), date));
    let reversal = is_reversal(&place, node)?;
    let mut lines = Vec::new();
    let mut announced = true;
    for group in node.all("NtryDtls") {
        let batch = group.at(&["Btch"]);
        let details: Vec<&Node> = group.all("TxDtls").collect();
        if let Some(count) = batch.and_then(|batch| batch.text_at(&["NbOfTxs"]))
            && !details.is_empty()
        {
            announced &= count.parse() == Ok(details.len());
        }
        if details.is_empty()
            && let Some(batch) = batch
        {
            lines.push(undetailed(&place, way, order_references(batch), reversal));
        }
        for detail in details {
            let place = format!("{place}/TxDtls[{}]", lines.len() + 1);
            lines.push(line(place, detail, batch, way, reversal)?);
        }
    }
    if lines.is_empty() {
        lines.push(undetailed(&place, way, Vec::new(), reversal));
    }
    if let [only] = lines.as_mut_slice()
        && only.amount.is_none()
        && node.all("NtryDtls").all(|group| group.all("TxDtls").all(|detail| stated(detail).is_none()))
    {
        // The whole entry is this transfer.
        only.amount = Some(size);
    }
    let sums: Option<i128> =
        lines.iter().map(|line| Some(i128::from(line.direction.sign(line.amount?).get()))).sum();
    let adds_up = announced && sum_is(sums, way.sign(size));
    Ok(Entry { place, amount: size, direction: way, booked_on: booked_on.transpose()?, lines, adds_up })
}

fn sum_is(sums: Option<i128>, entry: Cents) -> bool {
    sums == Some(i128::from(entry.get()))
}

fn undetailed(place: &str, direction: Direction, order: Vec<String>, reversal: bool) -> Line {
    Line {
        place: place.to_owned(),
        end_to_end: None,
        order,
        amount: None,
        direction,
        debtor_iban: None,
        creditor_iban: None,
        returned: reversal.then(String::new),
    }
}

fn line(
    place: String,
    node: &Node,
    batch: Option<&Node>,
    entry_direction: Direction,
    reversal: bool,
) -> Result<Line, Refusal> {
    let text = |path: &[&str]| node.text_at(path).map(str::to_owned);
    let way = match node.at(&["CdtDbtInd"]) {
        Some(_) => direction(&place, node)?,
        None => entry_direction,
    };
    let euros = stated(node).filter(|amount| amount.currency.as_deref() == Some("EUR"));
    let amount = euros.map(|amount| cents(&format!("{place}/Amt"), amount.text())).transpose()?;
    let mut order = batch.map(order_references).unwrap_or_default();
    order.extend(node.at(&["Refs"]).map(order_references).unwrap_or_default());
    let reason = || text(&["RtrInf", "Rsn", "Cd"]).or_else(|| text(&["RtrInf", "Rsn", "Prtry"]));
    let returned = reversal || node.at(&["RtrInf"]).is_some() || is_return_code(node);
    Ok(Line {
        end_to_end: text(&["Refs", "EndToEndId"]).filter(|reference| reference != "NOTPROVIDED"),
        order,
        amount,
        direction: way,
        debtor_iban: text(&["RltdPties", "DbtrAcct", "Id", "IBAN"]),
        creditor_iban: text(&["RltdPties", "CdtrAcct", "Id", "IBAN"]),
        returned: returned.then(|| reason().unwrap_or_default()),
        place,
    })
}

/// The amount that a transfer states: from version 001.04 on its own, before inside `AmtDtls`.
fn stated(node: &Node) -> Option<&Node> {
    node.at(&["Amt"]).or_else(|| node.at(&["AmtDtls", "TxAmt", "Amt"]))
}

fn order_references(node: &Node) -> Vec<String> {
    ["MsgId", "PmtInfId"].iter().filter_map(|name| node.text_at(&[name])).map(str::to_owned).collect()
}

/// `RRTN` is the sub-family of returned credit transfers in the code list of ISO 20022.
fn is_return_code(node: &Node) -> bool {
    node.text_at(&["BkTxCd", "Domn", "Fmly", "SubFmlyCd"]) == Some("RRTN")
}

fn is_reversal(place: &str, node: &Node) -> Result<bool, Refusal> {
    match node.text_at(&["RvslInd"]) {
        None | Some("false" | "0") => Ok(is_return_code(node)),
        Some("true" | "1") => Ok(true),
        Some(other) => Err(Refusal::new(Reason::StatementValue, format!("{place}/RvslInd"), other)),
    }
}

/// Version 001.02 writes `<Sts>BOOK</Sts>`, later ones `<Sts><Cd>BOOK</Cd></Sts>`.
fn check_status(place: &str, node: &Node) -> Result<(), Refusal> {
    let place = format!("{place}/Sts");
    let status = node.text_at(&["Sts", "Cd"]).or_else(|| node.text_at(&["Sts"]));
    match status.ok_or_else(|| Refusal::new(Reason::StatementField, &place, ""))? {
        "BOOK" => Ok(()),
        pending @ ("PDNG" | "FUTR" | "INFO") => Err(Refusal::new(Reason::StatementPending, place, pending)),
        other => Err(Refusal::new(Reason::StatementValue, place, other)),
    }
}

pub(super) fn direction(place: &str, node: &Node) -> Result<Direction, Refusal> {
    match node.text_at(&["CdtDbtInd"]) {
        Some("CRDT") => Ok(Direction::Credit),
        Some("DBIT") => Ok(Direction::Debit),
        None => Err(missing(place, "CdtDbtInd")),
        Some(other) => Err(Refusal::new(Reason::StatementValue, format!("{place}/CdtDbtInd"), other)),
    }
}

/// The amount of an entry or of a balance: in euros.
pub(super) fn amount(place: &str, node: &Node) -> Result<Cents, Refusal> {
    let amount = node.at(&["Amt"]).ok_or_else(|| missing(place, "Amt"))?;
    match amount.currency.as_deref() {
        Some("EUR") => cents(&format!("{place}/Amt"), amount.text()),
        other => {
            let currency = other.unwrap_or_default();
            Err(Refusal::new(Reason::StatementCurrency, format!("{place}/Amt/@Ccy"), currency))
        }
    }
}

/// Digits, and perhaps a point and one or two digits: no sign, nothing finer than a cent.
pub(super) fn cents(place: &str, text: &str) -> Result<Cents, Refusal> {
    let refuse = |reason| Refusal::new(reason, place, text);
    let (euros, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(euros) || !digits(part) {
        return Err(refuse(Reason::StatementValue));
    }
    if part.len() > 2 {
        return Err(refuse(Reason::AmountSubCent));
    }
    format!("{euros}{part:0<2}").parse().map(Cents::new).map_err(|_| refuse(Reason::AmountTooLarge))
}

/// `2026-03-01`, perhaps with a zone, or an instant of that day.
fn booking_date(place: &str, node: &Node) -> Result<Date, Refusal> {
    let text = node.text_at(&["Dt"]).or_else(|| node.text_at(&["DtTm"])).unwrap_or_default();
    let bad = || Refusal::new(Reason::DateInvalid, place, text);
    let (day, rest) = text.split_at_checked(10).ok_or_else(bad)?;
    let is_zone = |zone: &str| {
        let shape = zone.bytes().enumerate().all(|(place, byte)| match place {
            0 => matches!(byte, b'+' | b'-'),
            3 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
        matches!(zone, "" | "Z") || (zone.len() == 6 && shape)
    };
    let instant = rest.starts_with('T') && sepa::IsoDateTime::parse(text).is_ok();
    // The French form that officers may type elsewhere is no date of ISO 20022.
    if day.contains('/') || !(instant || is_zone(rest)) {
        return Err(bad());
    }
    calendar::parse_date(place, day).map_err(|_| bad())
}
