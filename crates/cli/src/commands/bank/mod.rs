//! Payments at the banks: the orders of a run, and what statements say of them.
//!
//! | file | what it holds |
//! |---|---|
//! | `orders` | `chambre export pain001`: one file for each debtor, to sign at its own bank |
//! | `reconciling` | `chambre netting reconcile`: reads statements and books what they confirm |
//!
//! The chamber never holds the money.

mod orders;
mod reconciling;

use crate::failure::Failure;
use chambre_api::convert::registry::bank_account;
use chambre_api::convert::words::wire_date;
use chambre_api::{Client, v1};
use chambre_audit::bank::Expectation;
use chambre_domain::netting::Payment;
use chambre_domain::{Amount, BankAccount, Date, PaymentId, Siren};
pub(super) use orders::orders;
pub use reconciling::{ReconcileArgs, reconciled};
use std::collections::{BTreeMap, BTreeSet};

async fn run_of(chamber: &Client, netting: &str) -> Result<v1::NettingRun, Failure> {
    let request = v1::GetNettingRequest { netting_id: netting.to_owned() };
    Ok(chamber.netting().get_netting(request).await?.into_inner().run.unwrap_or_default())
}

/// Who stands today for the parties of a run that were absorbed since.
async fn heirs(chamber: &Client, run: &v1::NettingRun) -> Result<BTreeMap<Siren, Siren>, Failure> {
    let parties = run.payments.iter().flat_map(|payment| [&payment.from_siren, &payment.to_siren]);
    let parties: BTreeSet<&String> = parties.collect();
    let mut heirs = BTreeMap::new();
    for party in parties {
        let mut standing = party.clone();
        loop {
            let request = v1::GetBailleurRequest { siren: standing.clone() };
            let absorbed_by = chamber.registry().get_bailleur(request).await?.into_inner().absorbed_by_siren;
            if absorbed_by.is_empty() {
                break;
            }
            standing = absorbed_by;
        }
        if standing != *party {
            heirs.insert(Siren::parse("siren", party)?, Siren::parse("siren", &standing)?);
        }
    }
    Ok(heirs)
}

/// The payments of a run, between the bailleurs that stand today.
fn payments(
    run: &v1::NettingRun,
    heirs: &BTreeMap<Siren, Siren>,
) -> Result<Vec<(Payment, Expectation)>, Failure> {
    let standing = |siren: Siren| heirs.get(&siren).copied().unwrap_or(siren);
    let read = |wire: &v1::Payment| {
        let payment = Payment {
            id: PaymentId::parse("payment_id", &wire.payment_id)?,
            from: standing(Siren::parse("from_siren", &wire.from_siren)?),
            to: standing(Siren::parse("to_siren", &wire.to_siren)?),
            amount: Amount::of_payment("amount_cents", wire.amount_cents)?,
        };
        let state = match wire.status() {
            v1::PaymentStatus::Confirmed => Expectation::Confirmed,
            v1::PaymentStatus::Lapsed | v1::PaymentStatus::Replaced => Expectation::Lapsed,
            v1::PaymentStatus::Returned => Expectation::Returned,
            v1::PaymentStatus::Awaited | v1::PaymentStatus::Unspecified => Expectation::Awaited,
        };
        Ok((payment, state))
    };
    run.payments.iter().map(read).collect()
}

/// Every account recorded, or the one in use on a day for each bailleur.
async fn accounts(chamber: &Client, in_use_on: Option<Date>) -> Result<Vec<BankAccount>, Failure> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListBankAccountsRequest {
            page_size: 1000,
            page_token,
            bailleur_siren: String::new(),
            in_use_on: in_use_on.map(wire_date),
        };
        let page = chamber.registry().list_bank_accounts(request).await?.into_inner();
        for account in page.bank_accounts {
            found.push(bank_account(Some(account))?);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_each_payment_comes_from_the_wire() {
        let payment = |n: i32, status: v1::PaymentStatus| v1::Payment {
            payment_id: format!("N-1-000{n}"),
            from_siren: Siren::fictitious(1).to_string(),
            to_siren: Siren::fictitious(2).to_string(),
            amount_cents: 100,
            status: status.into(),
            ..Default::default()
        };
        let (awaited, confirmed, lapsed) =
            (v1::PaymentStatus::Awaited, v1::PaymentStatus::Confirmed, v1::PaymentStatus::Lapsed);
        let run = v1::NettingRun {
            payments: vec![payment(1, awaited), payment(2, confirmed), payment(3, lapsed)],
            ..v1::NettingRun::default()
        };
        let heirs = BTreeMap::from([(Siren::fictitious(2), Siren::fictitious(3))]);
        let read = payments(&run, &heirs).unwrap();
        let states: Vec<_> = read.iter().map(|(_, state)| *state).collect();
        assert_eq!(states, [Expectation::Awaited, Expectation::Confirmed, Expectation::Lapsed]);
        let ends = (Siren::fictitious(1), Siren::fictitious(3));
        assert!(read.iter().all(|(payment, _)| (payment.from, payment.to) == ends), "the heir is paid");
    }
}
