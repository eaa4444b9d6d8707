//! Rules of the registry: participants, projects, conventions.

use super::living;
use crate::books::Books;
use crate::posting;
use chambre_domain::bailleur::Succession;
use chambre_domain::{
    Account, Bailleur, BankAccount, Convention, Date, Operation, Reason, Refusal, Transfers,
};

pub(super) fn bailleur(books: &Books, bailleur: &Bailleur) -> Result<Transfers, Refusal> {
    if books.parties().bailleur(bailleur.siren).is_some() {
        return Err(Refusal::new(Reason::BailleurExists, "bailleur.siren", bailleur.siren));
    }
    Ok(Transfers::new())
}

pub(super) fn succession(books: &Books, succession: &Succession) -> Result<Transfers, Refusal> {
    if succession.absorbed == succession.absorbing {
        return Err(Refusal::new(Reason::SuccessionToSelf, "absorbing_siren", succession.absorbing));
    }
    living(books, "absorbed_siren", succession.absorbed)?;
    living(books, "absorbing_siren", succession.absorbing)?;
    let mut accounts: Vec<(Account, i64)> = books
        .balances()
        .iter()
        .filter(|(account, _)| account.bailleur == Some(succession.absorbed))
        .map(|(account, balance)| (account, balance.credit_balance()))
        .collect();
    accounts.sort_unstable();
    let moved = accounts.into_iter();
    Ok(moved
        .filter_map(|(account, balance)| posting::succession(account, succession.absorbing, balance))
        .collect())
}

pub(super) fn bank_account(books: &Books, account: &BankAccount, today: Date) -> Result<Transfers, Refusal> {
    let parties = books.parties();
    living(books, "bank_account.bailleur_siren", account.bailleur)?;
    account
        .check()
        .and_then(|()| account.check_follows(parties.bank_accounts(account.bailleur)))
        .map_err(|refusal| refusal.within("bank_account"))?;
    // The account of an absorbed bailleur may pass to the one that absorbed it; any other sharing is a mistake.
    let another = parties.bailleurs_after(None).map(|bailleur| bailleur.siren).find(|siren| {
        let standing = BankAccount::standing(parties.bank_accounts(*siren), today);
        parties.current(*siren) != account.bailleur && standing.iter().any(|held| held.iban == account.iban)
    });
    match another {
        Some(other) => Err(Refusal::new(Reason::BankAccountTaken, "bank_account.iban", &account.iban)
            .with("bailleur_siren", other)),
        None => Ok(Transfers::new()),
    }
}

pub(super) fn operation(books: &Books, operation: &Operation) -> Result<Transfers, Refusal> {
    if books.parties().operation(&operation.id).is_some() {
        return Err(Refusal::new(Reason::OperationExists, "operation.operation_id", &operation.id));
    }
    living(books, "operation.origin_siren", operation.origin)?;
    Ok(Transfers::new())
}

pub(super) fn convention(books: &Books, convention: &Convention) -> Result<Transfers, Refusal> {
    convention.check().map_err(|refusal| refusal.within("convention"))?;
    let versions = books.parties().conventions(convention.territory);
    let last = versions.last();
    let expected = last.map_or(1, |last| last.version + 1);
    if convention.version != expected {
        return Err(Refusal::new(Reason::ConventionVersion, "convention.version", convention.version)
            .with("expected", expected));
    }
    if let Some(last) = last
        && convention.in_force_from <= last.in_force_from
    {
        return Err(Refusal::new(
            Reason::ConventionVersion,
            "convention.in_force_from",
            convention.in_force_from,
        )
        .with("after", last.in_force_from));
    }
    for siren in convention.bailleurs() {
        living(books, "convention.weights", siren)?;
    }
    let latest_lease = books
        .relogements_of(convention.territory)
        .filter(|file| !file.measured.reversed)
        .map(|file| file.measured.rents.lease_date)
        .max();
    match latest_lease {
        Some(lease) if lease >= convention.in_force_from => {
            Err(Refusal::new(Reason::ConventionTooLate, "convention.in_force_from", convention.in_force_from)
                .with("latest_lease", lease))
        }
        _ => Ok(Transfers::new()),
    }
}
