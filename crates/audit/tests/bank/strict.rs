//! What a bank checks in a pain.001.001.09, on the text of the file: no line is shared with what writes it.

use chambre_domain::Iban;
use std::collections::BTreeSet;

/// Checks the whole file; how many transfers it holds.
pub fn check(xml: &str) -> usize {
    assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
    assert!(xml.contains("xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\""));
    assert!(xml.is_ascii());
    let (header, block) = (between(xml, "GrpHdr"), between(xml, "PmtInf"));
    let debtor = between(only(&before_transfers(block), "DbtrAcct"), "IBAN").to_owned();
    let transfers = all(block, "CdtTrfTxInf");
    assert!(!transfers.is_empty());
    let mut references = BTreeSet::new();
    let mut sum = 0_i64;
    for transfer in &transfers {
        let creditor = between(only(transfer, "CdtrAcct"), "IBAN");
        assert_ne!(creditor, debtor, "a debtor does not pay itself");
        Iban::parse("iban", creditor).unwrap();
        let amount = cents(between(transfer, "InstdAmt"));
        assert!((1..=99_999_999_999).contains(&amount), "{amount}");
        assert!(transfer.contains("<InstdAmt Ccy=\"EUR\">"));
        sum += amount;
        let reference = between(transfer, "EndToEndId");
        reference_is_right(reference);
        assert!(references.insert(reference.to_owned()), "{reference} twice");
        text_is_right(between(only(transfer, "Cdtr"), "Nm"), 70);
        text_is_right(between(transfer, "Ustrd"), 140);
    }
    Iban::parse("iban", &debtor).unwrap();
    for level in [header, block] {
        assert_eq!(between(level, "NbOfTxs"), transfers.len().to_string());
        assert_eq!(cents(between(level, "CtrlSum")), sum);
    }
    reference_is_right(between(header, "MsgId"));
    reference_is_right(between(block, "PmtInfId"));
    text_is_right(between(only(header, "InitgPty"), "Nm"), 70);
    text_is_right(between(only(&before_transfers(block), "Dbtr"), "Nm"), 70);
    assert_eq!(between(block, "PmtMtd"), "TRF");
    assert_eq!(between(only(block, "SvcLvl"), "Cd"), "SEPA");
    assert_eq!(between(block, "ChrgBr"), "SLEV");
    transfers.len()
}

fn before_transfers(block: &str) -> String {
    block.split("<CdtTrfTxInf>").next().unwrap().to_owned()
}

/// The texts between the tags of this name, in order; tags of this name are not inside one another.
fn all<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(&open) {
        rest = &rest[start + open.len()..];
        // `<Cdtr` is also the beginning of `<CdtrAcct`.
        if !rest.starts_with(['>', ' ']) {
            continue;
        }
        let inside = &rest[rest.find('>').unwrap() + 1..];
        let end = inside.find(&close).unwrap();
        found.push(&inside[..end]);
        rest = &inside[end..];
    }
    found
}

fn between<'a>(text: &'a str, name: &str) -> &'a str {
    all(text, name).first().unwrap_or_else(|| panic!("<{name}> is missing in {text}"))
}

fn only<'a>(text: &'a str, name: &str) -> &'a str {
    let found = all(text, name);
    assert_eq!(found.len(), 1, "<{name}>");
    found[0]
}

fn cents(text: &str) -> i64 {
    let (euros, cents) = text.split_once('.').unwrap();
    assert!(cents.len() == 2 && !euros.is_empty() && !text.contains(['-', '+', ' ']), "{text}");
    format!("{euros}{cents}").parse().unwrap()
}

fn written(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "/-?:().,'+ ".contains(c))
}

fn reference_is_right(reference: &str) {
    assert!((1..=35).contains(&reference.len()), "{reference}");
    assert!(written(reference), "{reference}");
    let slashes = reference.starts_with('/') || reference.ends_with('/') || reference.contains("//");
    assert!(!slashes, "{reference}");
}

fn text_is_right(text: &str, limit: usize) {
    let text = text.replace("&apos;", "'").replace("&#39;", "'");
    assert!((1..=limit).contains(&text.len()) && written(&text), "{text:?}");
    assert!(text.contains(|c: char| c.is_ascii_alphanumeric()), "{text:?}");
}
