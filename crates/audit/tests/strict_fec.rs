//! A checker of FEC files, stricter than the administration's, written apart from the exporter.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use chambre_audit::{Format, Scope};
use chambre_domain::Date;
use common::{FEC_WHOLE, host, journal, origin, plaine_commune, run, text, whole};
use std::collections::BTreeMap;

const ORDER: &str = "JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib \
    PieceRef PieceDate EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise";
const MAY_BE_BLANK: [usize; 6] = [6, 7, 13, 14, 16, 17];

/// What is wrong with a FEC, or how many écritures it has.
fn faults(fec: &[u8]) -> Result<usize, String> {
    let text = std::str::from_utf8(fec).map_err(|_| "not UTF-8")?;
    if text.starts_with('\u{feff}') || text.contains('\r') || !text.ends_with('\n') {
        return Err("byte-order mark or line ends".to_owned());
    }
    let mut lines = text.trim_end_matches('\n').split('\n');
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    if header.len() < 18 || header[..18] != ORDER.split_whitespace().collect::<Vec<_>>() {
        return Err("columns".to_owned());
    }
    let (mut balances, mut last_valid, mut last_num) = (BTreeMap::<u64, i128>::new(), 0, 0);
    let mut heads = BTreeMap::new();
    for (number, line) in lines.enumerate() {
        let fault = |what: &str| format!("line {}: {what}", number + 2);
        let cells: Vec<&str> = line.split('\t').collect();
        if cells.len() != header.len() {
            return Err(fault("number of columns"));
        }
        if (0..18).any(|at| !MAY_BE_BLANK.contains(&at) && cells[at].trim().is_empty()) {
            return Err(fault("a mandatory column is blank"));
        }
        let num: u64 = cells[2].parse().map_err(|_| fault("EcritureNum"))?;
        if num != last_num && num != last_num + 1 {
            return Err(fault("numbering"));
        }
        last_num = num;
        for at in [3, 9, 15] {
            real_date(cells[at]).ok_or_else(|| fault("date"))?;
        }
        let valid: u32 = cells[15].parse().map_err(|_| fault("ValidDate"))?;
        if valid < last_valid {
            return Err(fault("ValidDate goes back"));
        }
        last_valid = valid;
        if cells[4].len() != 6 || !cells[4].bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(fault("CompteNum"));
        }
        if cells[6].is_empty() != cells[7].is_empty() {
            return Err(fault("CompAux"));
        }
        let debit = cents(cells[11]).ok_or_else(|| fault("Debit"))?;
        let credit = cents(cells[12]).ok_or_else(|| fault("Credit"))?;
        if (debit == 0) == (credit == 0) {
            return Err(fault("a line is a debit or a credit"));
        }
        *balances.entry(num).or_default() += debit - credit;
        let head = [0, 1, 3, 8, 9, 10, 15].map(|at| cells[at]);
        if *heads.entry(num).or_insert(head) != head {
            return Err(fault("lines of one écriture differ in their head"));
        }
    }
    match balances.iter().find(|(_, balance)| **balance != 0) {
        Some((num, _)) => Err(format!("écriture {num} does not balance")),
        None => Ok(balances.len()),
    }
}

fn real_date(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let part = |range: std::ops::Range<usize>| text[range].parse().ok();
    if !digits {
        return None;
    }
    Date::new(text[..4].parse().ok()?, part(4..6)?, part(6..8)?).ok()
}

fn cents(text: &str) -> Option<i128> {
    let (euros, cents) = text.split_once(',')?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (digits(euros) && digits(cents) && cents.len() == 2).then(|| format!("{euros}{cents}").parse().unwrap())
}

fn whole_fec() -> String {
    text(Format::Fec, whole(), &format!("{FEC_WHOLE}.txt"))
}

#[test]
fn the_whole_journal_passes() {
    assert_eq!(faults(whole_fec().as_bytes()), Ok(8));
}

#[test]
fn every_extract_passes_with_its_own_numbering() {
    // The relogement of the origin is a placement, no euro: it has no line in its own file.
    for (scope, ecritures) in [
        (Scope { bailleur: Some(origin()), ..whole() }, 2),
        (Scope { bailleur: Some(host()), territory: Some(plaine_commune()), ..whole() }, 8),
        (Scope::whole(Date::constant(2025, 4, 8)), 4),
        (Scope::whole(Date::constant(2024, 12, 31)), 0),
    ] {
        let (files, manifest) = run(Format::Fec, scope, &journal()).unwrap();
        assert_eq!(faults(files.text(&manifest.files[0].name).as_bytes()), Ok(ecritures), "{scope:?}");
    }
}

#[test]
fn journals_pieces_and_labels_are_those_of_the_trade() {
    let fec = whole_fec();
    let mut heads: Vec<String> = fec
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .map(|cells| [cells[2], cells[0], cells[8], cells[10]].join(" | "))
        .collect();
    heads.dedup();
    assert_eq!(
        heads,
        [
            "1 | SOL | e-2 | Relogement R-1",
            "2 | SOL | -2 | Travaux d’adaptation R-1",
            "3 | ANN | e-4 | Extourne -2",
            "4 | SOL | e-5 | Travaux d’adaptation R-1",
            "5 | SOL | e-7 | Indemnité ANRU R-1",
            "6 | NET | N-2025-1 | Arrêté approuvé N-2025-1",
            "7 | REG | N-2025-1-0001 | Paiement confirmé N-2025-1-0001",
            "8 | SUC | e-10 | Succession de bailleurs 000000026 vers 000000034",
        ]
    );
}

#[test]
fn a_line_is_booked_on_its_day_in_paris_and_names_the_day_of_the_fact() {
    let mut entries = journal();
    // 2025-06-30T22:30Z is already July in Paris.
    entries[6].booked_at = chambre_domain::BookedAt::from_millis(1_751_322_600_000);
    let (files, manifest) = run(Format::Fec, whole(), &entries).unwrap();
    let text = files.text(&manifest.files[0].name);
    let line = text.lines().find(|line| line.contains("Indemnité ANRU R-1")).unwrap();
    let cells: Vec<&str> = line.split('\t').collect();
    assert_eq!([cells[3], cells[9], cells[15]], ["20250701", "20250630", "20250701"]);
}

#[test]
fn the_description_gives_the_totals_of_the_file() {
    let description = text(Format::Fec, whole(), &format!("{FEC_WHOLE}_description.txt"));
    let fec = whole_fec();
    let total: i128 = fec.lines().skip(1).map(|line| cents(line.split('\t').nth(11).unwrap()).unwrap()).sum();
    let total = format!("{},{:02}", total / 100, total % 100);
    for line in [
        format!("Total des débits : {total}\n"),
        format!("Total des crédits : {total}\n"),
        format!("Lignes, hors en-tête : {}\n", fec.lines().count() - 1),
        "Écritures : 8\n".to_owned(),
    ] {
        assert!(description.contains(&line), "{line} not in {description}");
    }
}

#[test]
fn the_checker_sees_damage() {
    let fec = whole_fec();
    for (what, from, to) in [
        ("columns", "Debit\tCredit", "Credit\tDebit"),
        ("number of columns", "R-1\t3840,12", "R-1\t\t3840,12"),
        ("mandatory", "Relogement R-1", ""),
        ("Debit", "R-1\t3840,12", "R-1\t3840.12"),
        ("Debit", "R-1\t3840,12", "R-1\t3 840,12"),
        ("balance", "R-1\t3840,12", "R-1\t3840,13"),
        ("date", "\t20250301\t", "\t20250231\t"),
        ("ValidDate goes back", "\t20251202\t\t", "\t20250101\t\t"),
        ("CompteNum", "\t704900\t", "\t70A900\t"),
    ] {
        let fault = faults(fec.replacen(from, to, 1).as_bytes()).expect_err(what);
        assert!(fault.contains(what), "{what}: {fault}");
    }
    let holed: String =
        fec.lines().filter(|line| !line.contains("Extourne")).map(|line| format!("{line}\n")).collect();
    assert_eq!(faults(holed.as_bytes()), Err("line 6: numbering".to_owned()));
}
