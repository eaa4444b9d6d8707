//! Bank accounts over real gRPC: recorded, replaced, listed page by page.

#![allow(clippy::unwrap_used)]

use chambre_api::v1;
use chambre_domain::Iban;
use scenarios::{Chamber, Told, day, siren};
use tonic::Code;

fn account(bailleur: u32, iban: u32, month: i32) -> v1::BankAccount {
    v1::BankAccount {
        bailleur_siren: siren(bailleur),
        iban: Iban::fictitious(iban).paper(),
        bic: String::new(),
        holder: format!("Bailleur {bailleur}"),
        valid_from: day(2025, month, 1),
        officer_id: "officer-1".to_owned(),
    }
}

async fn record(
    chamber: &Chamber,
    event_id: &str,
    bank_account: v1::BankAccount,
) -> Result<v1::Receipt, tonic::Status> {
    let request = v1::RegisterBankAccountRequest {
        event_id: event_id.to_owned(),
        bank_account: Some(bank_account),
        validate_only: false,
    };
    let answer = chamber.client.registry().register_bank_account(request).await?;
    Ok(answer.into_inner().receipt.unwrap())
}

/// IBANs of every page, two accounts to a page.
async fn listed(chamber: &Chamber, bailleur_siren: &str, in_use_on: Option<v1::Date>) -> Vec<String> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListBankAccountsRequest {
            page_size: 2,
            page_token,
            bailleur_siren: bailleur_siren.to_owned(),
            in_use_on,
        };
        let page = chamber.client.registry().list_bank_accounts(request).await.unwrap().into_inner();
        found.extend(page.bank_accounts.into_iter().map(|account| account.iban));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

fn ibans(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|n| Iban::fictitious(*n).as_str().to_owned()).collect()
}

/// Bailleur 1 on account 1, from March on account 11, from June on account 111; bailleurs 2 and 3 on theirs.
async fn chamber() -> Chamber {
    let chamber = Chamber::open().await;
    chamber.register(&[1, 2, 3]).await;
    for (bailleur, iban, month) in [(1, 1, 1), (2, 2, 1), (1, 11, 3), (3, 3, 1), (1, 111, 6)] {
        record(&chamber, &format!("b-{iban}"), account(bailleur, iban, month)).await.unwrap();
    }
    chamber
}

#[tokio::test]
async fn every_account_is_listed_once_in_the_order_of_the_bailleurs() {
    let chamber = chamber().await;
    assert_eq!(listed(&chamber, "", None).await, ibans(&[1, 11, 111, 2, 3]));
    assert_eq!(listed(&chamber, &siren(1), None).await, ibans(&[1, 11, 111]));
    assert_eq!(listed(&chamber, "", day(2025, 4, 30)).await, ibans(&[11, 2, 3]));
    assert_eq!(listed(&chamber, "", day(2024, 12, 31)).await, ibans(&[]));
}

#[tokio::test]
async fn the_same_declaration_twice_is_recorded_once() {
    let chamber = chamber().await;
    assert!(record(&chamber, "b-2", account(2, 2, 1)).await.unwrap().replayed);
    let told = Told::by(&record(&chamber, "b-2", account(2, 22, 1)).await.unwrap_err());
    assert_eq!((told.code, told.reason.as_str()), (Code::AlreadyExists, "EVENT_ID_REUSED"));
    assert_eq!(listed(&chamber, &siren(2), None).await, ibans(&[2]));
}

#[tokio::test]
async fn a_wrong_account_is_refused_by_name_and_its_iban_is_not_repeated() {
    let chamber = chamber().await;
    let mut mistyped = account(2, 22, 2);
    mistyped.iban.replace_range(26..27, "9");
    let shown = mistyped.iban.replace(' ', "");
    let cases = [
        (mistyped, Code::InvalidArgument, "IBAN_CHECK_DIGITS", "bank_account.iban"),
        (account(2, 111, 2), Code::FailedPrecondition, "BANK_ACCOUNT_TAKEN", "bank_account.iban"),
        (account(9, 9, 1), Code::NotFound, "BAILLEUR_UNKNOWN", "bank_account.bailleur_siren"),
        (account(1, 12, 5), Code::InvalidArgument, "DATES_OUT_OF_ORDER", "bank_account.valid_from"),
    ];
    for (wrong, code, reason, field) in cases {
        let status = record(&chamber, "new", wrong).await.unwrap_err();
        let told = Told::by(&status);
        assert_eq!((told.code, told.reason.as_str(), told.field.as_str()), (code, reason, field));
        assert!(!status.message().contains(&shown), "{}", status.message());
    }
}

#[tokio::test]
async fn a_check_of_an_account_writes_nothing() {
    let chamber = chamber().await;
    let request = v1::RegisterBankAccountRequest {
        event_id: "new".to_owned(),
        bank_account: Some(account(2, 22, 2)),
        validate_only: true,
    };
    let receipt = chamber.client.registry().register_bank_account(request).await.unwrap();
    assert_eq!(receipt.into_inner().receipt.unwrap().seq, 0);
    assert_eq!(listed(&chamber, &siren(2), None).await, ibans(&[2]));
}
