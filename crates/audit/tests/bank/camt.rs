//! Makes statements as banks write them, in the four messages that are read.

use chambre_domain::Iban;
use std::fmt::Write;

/// One entry with one transfer.
#[derive(Debug, Clone)]
pub struct Booking {
    pub direction: &'static str,
    pub amount: String,
    pub end_to_end: Option<String>,
    pub debtor: Option<Iban>,
    pub creditor: Option<Iban>,
    pub booked_on: &'static str,
    pub status: &'static str,
    pub returned: Option<&'static str>,
    pub currency: &'static str,
}

/// A transfer as its debtor's bank books it.
pub fn paid(end_to_end: &str, from: u32, to: u32, amount: &str) -> Booking {
    Booking {
        direction: "DBIT",
        amount: amount.to_owned(),
        end_to_end: Some(end_to_end.to_owned()),
        debtor: Some(Iban::fictitious(from)),
        creditor: Some(Iban::fictitious(to)),
        booked_on: "<Dt>2026-02-03</Dt>",
        status: "BOOK",
        returned: None,
        currency: "EUR",
    }
}

/// The same as its creditor's bank books it.
pub fn received(end_to_end: &str, from: u32, to: u32, amount: &str) -> Booking {
    Booking { direction: "CRDT", ..paid(end_to_end, from, to, amount) }
}

/// The money of a transfer comes back to its debtor.
pub fn returned(end_to_end: &str, from: u32, to: u32, amount: &str) -> Booking {
    Booking { direction: "CRDT", returned: Some("AC04"), ..paid(end_to_end, from, to, amount) }
}

/// A rent, which is none of our business.
pub fn other(direction: &'static str, amount: &str) -> Booking {
    Booking { direction, debtor: None, creditor: None, end_to_end: None, ..paid("", 0, 0, amount) }
}

/// A message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    pub number: u32,
    pub version: u32,
}

pub const MESSAGES: [Message; 4] = [
    Message { number: 53, version: 2 },
    Message { number: 53, version: 8 },
    Message { number: 54, version: 2 },
    Message { number: 54, version: 8 },
];

pub const DAILY: Message = MESSAGES[1];

impl Message {
    pub fn name(self) -> String {
        format!("camt.{:03}.001.{:02}", self.number, self.version)
    }

    fn tags(self) -> (&'static str, &'static str) {
        if self.number == 53 { ("BkToCstmrStmt", "Stmt") } else { ("BkToCstmrDbtCdtNtfctn", "Ntfctn") }
    }
}

/// A file with one statement of the account; its balances are made to agree.
pub fn file(message: Message, id: &str, account: &Iban, bookings: &[Booking]) -> String {
    let (body, item) = message.tags();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{}\">\n<{body}>\n\
         <GrpHdr><MsgId>M-{id}</MsgId><CreDtTm>2026-02-04T06:00:00</CreDtTm></GrpHdr>\n\
         <{item}>\n<Id>{id}</Id>\n<CreDtTm>2026-02-04T06:00:00</CreDtTm>\n\
         <Acct><Id><IBAN>{}</IBAN></Id><Ccy>EUR</Ccy></Acct>\n",
        message.name(),
        account.as_str()
    );
    if message.number == 53 {
        let moved: i64 = bookings.iter().map(signed).sum();
        balance(&mut xml, "OPBD", 1_000_000, "2026-02-03");
        balance(&mut xml, "CLBD", 1_000_000 + moved, "2026-02-03");
    }
    for (number, booking) in bookings.iter().enumerate() {
        entry(&mut xml, message, number + 1, booking);
    }
    writeln!(xml, "</{item}>\n</{body}>\n</Document>").unwrap();
    xml
}

fn signed(booking: &Booking) -> i64 {
    let (euros, cents) = booking.amount.split_once('.').unwrap();
    let size: i64 = format!("{euros}{}", &cents[..2]).parse().unwrap();
    if booking.direction == "DBIT" { -size } else { size }
}

fn balance(xml: &mut String, code: &str, cents: i64, day: &str) {
    let (size, way) = (cents.unsigned_abs(), if cents < 0 { "DBIT" } else { "CRDT" });
    writeln!(
        xml,
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{}.{:02}</Amt>\
         <CdtDbtInd>{way}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>",
        size / 100,
        size % 100
    )
    .unwrap();
}

fn entry(xml: &mut String, message: Message, number: usize, booking: &Booking) {
    let recent = message.version == 8;
    let Booking { direction, amount, booked_on, status, currency, .. } = booking;
    let status = if recent { format!("<Cd>{status}</Cd>") } else { (*status).to_owned() };
    let code = if booking.returned.is_some() { "RRTN" } else { "ESCT" };
    let family = if booking.direction == "DBIT" { "ICDT" } else { "RCDT" };
    writeln!(
        xml,
        "<Ntry><NtryRef>{number}</NtryRef><Amt Ccy=\"{currency}\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>\
         <Sts>{status}</Sts><BookgDt>{booked_on}</BookgDt><AcctSvcrRef>B{number}</AcctSvcrRef>\n\
         <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{code}</SubFmlyCd></Fmly></Domn></BkTxCd>\n\
         <NtryDtls><TxDtls>{}</TxDtls></NtryDtls></Ntry>",
        details(booking, recent)
    )
    .unwrap();
}

fn details(booking: &Booking, recent: bool) -> String {
    let Booking { amount, currency, direction, .. } = booking;
    let reference = booking.end_to_end.as_deref().unwrap_or("NOTPROVIDED");
    let money = if recent {
        format!("<Amt Ccy=\"{currency}\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>")
    } else {
        format!("<AmtDtls><TxAmt><Amt Ccy=\"{currency}\">{amount}</Amt></TxAmt></AmtDtls>")
    };
    let party = |role: &str, iban: &Option<Iban>| {
        let Some(iban) = iban else { return String::new() };
        let name =
            if recent { "<Pty><Nm>Bailleur &amp; Cie</Nm></Pty>" } else { "<Nm>Bailleur &amp; Cie</Nm>" };
        format!("<{role}>{name}</{role}><{role}Acct><Id><IBAN>{}</IBAN></Id></{role}Acct>", iban.as_str())
    };
    let parties = format!("{}{}", party("Dbtr", &booking.debtor), party("Cdtr", &booking.creditor));
    let parties = if parties.is_empty() { parties } else { format!("<RltdPties>{parties}</RltdPties>") };
    let back = booking.returned.map(|code| format!("<RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf>"));
    format!("<Refs><EndToEndId>{reference}</EndToEndId></Refs>{money}{parties}{}", back.unwrap_or_default())
}
