//! What comes out of the chamber says what the chamber says: exports against GetPositions.

#![allow(clippy::unwrap_used)]

use chambre_api::v1::{self, event::Body};
use scenarios::{Chamber, causal, event, indemnity, relogement, reversal, vacancy, works};
use std::collections::BTreeMap;
use std::process::Command;

/// A chamber that has lived: efforts, an indemnity, a reversal, a run approved and half paid.
async fn chamber() -> Chamber {
    let chamber = Chamber::open().await;
    chamber.register(&[1, 2, 3]).await;
    chamber.register_operations(&[1, 3]).await;
    chamber.publish(causal()).await;
    let declared = [
        event("1", Body::Relogement(relogement("R-1", 1, 2, 27_000))),
        event("2", Body::Works(works("R-1", 115_055))),
        event("3", Body::Vacancy(vacancy("R-1", 48_630))),
        event("4", Body::Indemnity(indemnity("R-1", 90_000))),
        event("5", Body::Relogement(relogement("R-2", 3, 1, 10_500))),
        event("6", Body::Relogement(relogement("R-3", 3, 3, 10_500))),
        event("7", Body::Works(works("R-2", 40_000))),
        event("8", Body::Reversal(reversal("7"))),
    ];
    chamber.record_all(declared.to_vec()).await;
    chamber.propose("N-1", (2025, 6, 30)).await;
    let payments = chamber.approve("N-1").await.payments;
    chamber.confirm("N-1", &payments[0]).await;
    chamber
}

async fn export(chamber: &Chamber, format: v1::ExportFormat) -> BTreeMap<String, Vec<u8>> {
    let request = v1::ExportJournalRequest { format: format.into(), ..v1::ExportJournalRequest::default() };
    let mut stream = chamber.client.audit().export_journal(request).await.unwrap().into_inner();
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    while let Some(chunk) = stream.message().await.unwrap() {
        files.entry(chunk.file_name).or_default().extend(chunk.data);
    }
    files
}

/// Debits less credits of each account, as GetPositions tells them.
async fn balances(chamber: &Chamber) -> BTreeMap<String, i64> {
    let positions = chamber.positions().await;
    let accounts = positions.into_iter().flat_map(|position| position.balances).map(|balance| {
        let account = balance.account.unwrap();
        let parts = [account.compte.to_string(), account.territory_siren, account.bailleur_siren];
        (parts.join(":").trim_end_matches(':').to_owned(), balance.debit - balance.credit)
    });
    accounts.filter(|(_, balance)| *balance != 0).collect()
}

#[tokio::test]
async fn the_balances_that_hledger_computes_are_those_of_get_positions() {
    if Command::new("hledger").arg("--version").output().is_err() {
        eprintln!("skipped: hledger is not installed");
        return;
    }
    let chamber = chamber().await;
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in export(&chamber, v1::ExportFormat::Hledger).await {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let journal = folder.path().join("journal.hledger");
    let hledger = |arguments: &[&str]| {
        let output = Command::new("hledger").args(arguments).arg("-f").arg(&journal).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    hledger(&["check", "--strict", "ordereddates"]);
    let told = hledger(&["balance", "--flat", "--no-total", "--output-format", "csv"]);
    let row = |line: &str| {
        let (account, amount) = line.trim_matches('"').split_once("\",\"").unwrap();
        let number = amount.split(' ').next().unwrap();
        // Cents for euros, units for the rest.
        (account.to_owned(), number.replace('.', "").parse::<i64>().unwrap())
    };
    let computed: BTreeMap<String, i64> = told.lines().skip(1).map(row).collect();
    let known = balances(&chamber).await;
    assert!(known.len() > 10, "{known:?}");
    assert_eq!(computed, known);
}

#[tokio::test]
async fn the_fec_export_balances_numbers_and_says_what_it_is() {
    let chamber = chamber().await;
    let files = export(&chamber, v1::ExportFormat::Fec).await;
    let file = |ending: &str| {
        let (_, bytes) = files.iter().find(|(name, _)| name.ends_with(ending)).unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    };
    let table = file("FEC20250701.txt");
    let mut sums: BTreeMap<u64, i64> = BTreeMap::new();
    let mut accounts: BTreeMap<String, i64> = BTreeMap::new();
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), 20, "{line}");
        let cents = |cell: &str| cell.replace(',', "").parse::<i64>().unwrap();
        let moved = cents(cells[11]) - cents(cells[12]);
        *sums.entry(cells[2].parse().unwrap()).or_default() += moved;
        let account = [cells[4], cells[18], cells[6]].join(":");
        *accounts.entry(account.trim_end_matches(':').to_owned()).or_default() += moved;
    }
    let numbers: Vec<u64> = sums.keys().copied().collect();
    assert_eq!(numbers, (1..=u64::try_from(numbers.len()).unwrap()).collect::<Vec<_>>());
    assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
    let euros = |account: &String| account.starts_with(['4', '6', '7']);
    accounts.retain(|_, balance| *balance != 0);
    let known: BTreeMap<_, _> =
        balances(&chamber).await.into_iter().filter(|(account, _)| euros(account)).collect();
    assert_eq!(accounts, known);
    assert!(file("_description.txt").to_lowercase().contains("extrait du registre extra-comptable"));
}
