//! hledger itself reads the export, where it is installed.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use chambre_audit::{Format, Scope};
use common::{journal, origin, run, whole};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of this test run, with the export in it.
fn exported(scope: Scope, name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    for (file, bytes) in run(Format::Hledger, scope, &journal()).unwrap().0.iter() {
        std::fs::write(folder.join(file), bytes).unwrap();
    }
    folder.join("journal.hledger")
}

/// What hledger prints, without any locale; nothing where it is not installed.
fn hledger(journal: &Path, arguments: &[&str]) -> Option<String> {
    let command = Command::new("hledger").arg("-f").arg(journal).args(arguments).env("LC_ALL", "C").output();
    let output = match command {
        Ok(output) => output,
        Err(error) => {
            println!("skipped: hledger cannot be run here ({error})");
            return None;
        }
    };
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn strict_checks_pass() {
    for (scope, name) in [
        (whole(), "whole"),
        (Scope { bailleur: Some(origin()), ..whole() }, "bailleur"),
        (Scope::whole(chambre_domain::Date::constant(2024, 1, 1)), "empty"),
    ] {
        let journal = exported(scope, name);
        hledger(&journal, &["check", "--strict"]);
        hledger(&journal, &["check", "ordereddates", "payees"]);
    }
}

#[test]
fn balances_are_those_of_the_books() {
    let journal = exported(whole(), "balances");
    let Some(balances) = hledger(&journal, &["balance", "467100", "802100", "--flat", "-O", "csv"]) else {
        return;
    };
    for line in [
        "\"467100:200057867:000000018\",\"756.09 EUR\"",
        "\"467100:200057867:000000034\",\"-756.09 EUR\"",
        "\"802100:200057867:000000026\",\"-1 RELOGEMENT\"",
    ] {
        assert!(balances.contains(line), "{line} not in {balances}");
    }
    assert!(!balances.contains("467100:200057867:000000026"), "the absorbed bailleur is at rest: {balances}");
}

#[test]
fn the_second_date_is_the_day_of_the_fact() {
    let journal = exported(whole(), "dates");
    let Some(print) = hledger(&journal, &["print", "code:^2$"]) else { return };
    assert!(print.starts_with("2025-03-10=2025-03-01 (2) Relogement | R-1\n"), "{print}");
}
