//! The destruction of what the matching keeps of households that it is done with.
//!
//! A household is due a year after the last thing that was written of it, once its need is off the list or it is
//! placed, and no proposal of it is live. Its declarations are destroyed; in its proposals a drawn name takes the
//! place of its pseudonym, so that the counts of formal offers, of delays and of contingents stay.

use super::book::Book;
use super::fact::Fact;
use super::office::replay;
use chambre_domain::{Date, HouseholdId, calendar};
use chambre_ledger::matching_store::Record;
use chambre_ledger::{LedgerError, MatchingStore};
use data_encoding::HEXLOWER;
use std::collections::HashMap;
use std::path::Path;

/// What is due, and what stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Households destroyed, or that would be.
    pub due: usize,
    /// Households kept.
    pub kept: usize,
}

/// Destroys what is due on a day, or only tells it; nothing without a store. Blocking.
///
/// # Errors
/// A service that runs, unless it is only told; a store that cannot be read or written.
pub fn forget(folder: &Path, on: Date, dry_run: bool) -> Result<Forgotten, LedgerError> {
    let Some(store) = MatchingStore::read_only(folder)? else { return Ok(Forgotten::default()) };
    let mut records = Vec::new();
    store.records(|seq, record| {
        records.push((seq, record));
        Ok::<_, LedgerError>(())
    })?;
    drop(store);
    let mut book = Book::default();
    let mut facts = Vec::with_capacity(records.len());
    for (seq, record) in records {
        let fact: Fact = serde_json::from_str(&record.payload).map_err(|error| damaged(&error))?;
        let day = record.booked_at.day_in_paris();
        replay(&mut book, record.clone()).map_err(|error| damaged(&error))?;
        facts.push((seq, day, fact, record));
    }
    let last = last_days(&book, &facts);
    let names = due(&book, &last, on)?;
    let told = Forgotten { due: names.len(), kept: last.len() - names.len() };
    if dry_run || names.is_empty() {
        return Ok(told);
    }
    let mut placements = Vec::new();
    for proposal in book.desk().proposals().filter(|one| names.contains_key(one.terms().household.as_str())) {
        placements.extend(proposal.placement().map(|placement| placement.placement.to_string()));
    }
    let mut again = Book::default();
    let mut payloads = Vec::new();
    for (seq, _, fact, record) in facts {
        let record = match without(fact, &names) {
            None => record,
            Some(fact) => {
                let payload = serde_json::to_string(&fact).map_err(|error| damaged(&error))?;
                payloads.push((seq, payload.clone()));
                Record { payload, ..record }
            }
        };
        // Nothing is destroyed unless what is left can be read again.
        replay(&mut again, record).map_err(|error| damaged(&error))?;
    }
    MatchingStore::rewrite(folder, &payloads, &placements)?;
    Ok(told)
}

fn damaged(error: &impl std::fmt::Display) -> LedgerError {
    LedgerError::Folder(std::io::Error::other(format!("the matching cannot be replayed: {error}")))
}

/// The last day on which something was written of each household that is or was on the list.
fn last_days(book: &Book, facts: &[(u64, Date, Fact, Record)]) -> HashMap<String, Date> {
    let mut last = HashMap::new();
    let mut note = |household: &HouseholdId, day: Date| {
        if book.project(household).is_some() {
            last.insert(household.as_str().to_owned(), day);
        }
    };
    for (_, day, fact, _) in facts {
        match fact {
            Fact::NeedsDeclared { needs } => {
                needs.iter().for_each(|listed| note(&listed.need.declared().household, *day));
            }
            Fact::TransfersDeclared { transfers } => {
                transfers.iter().for_each(|one| note(&one.listed.need.declared().household, *day));
            }
            Fact::ChainProposed { proposals, .. } => {
                proposals.iter().for_each(|(_, terms)| note(&terms.household, *day));
            }
            Fact::NeedWithdrawn { household } => note(household, *day),
            Fact::Proposed { terms, .. } => note(&terms.household, *day),
            Fact::Stepped { proposal, .. } => {
                if let Some(found) = book.desk().proposal(proposal) {
                    note(&found.terms().household, *day);
                }
            }
            Fact::PolicyPublished { .. }
            | Fact::ContingentsDeclared { .. }
            | Fact::OffersDeclared { .. }
            | Fact::OfferWithdrawn { .. }
            | Fact::RoundOpened { .. }
            | Fact::TurnAnswered { .. }
            | Fact::RoundClosed { .. }
            | Fact::Forgotten => {}
        }
    }
    last
}

/// The households that are due, each with the name drawn in its place.
fn due(
    book: &Book,
    last: &HashMap<String, Date>,
    on: Date,
) -> Result<HashMap<String, HouseholdId>, LedgerError> {
    let mut names = HashMap::new();
    for household in book.done_with() {
        if last.get(household.as_str()).is_some_and(|day| calendar::plus_months(*day, 12) <= on) {
            names.insert(household.as_str().to_owned(), drawn()?);
        }
    }
    Ok(names)
}

fn drawn() -> Result<HouseholdId, LedgerError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| damaged(&error))?;
    Ok(HouseholdId::parse("household", &format!("efface-{}", HEXLOWER.encode(&bytes)))?)
}

/// The fact without the households that are due; nothing when it says nothing of them.
fn without(fact: Fact, names: &HashMap<String, HouseholdId>) -> Option<Fact> {
    let name = |household: &HouseholdId| names.get(household.as_str());
    match fact {
        Fact::NeedsDeclared { mut needs } => {
            let before = needs.len();
            needs.retain(|listed| name(&listed.need.declared().household).is_none());
            (needs.len() < before).then_some(Fact::NeedsDeclared { needs })
        }
        Fact::TransfersDeclared { mut transfers } => {
            let before = transfers.len();
            transfers.retain(|one| name(&one.listed.need.declared().household).is_none());
            (transfers.len() < before).then_some(Fact::TransfersDeclared { transfers })
        }
        Fact::ChainProposed { mut chain, stamp, mut proposals } => {
            let mut changed = false;
            for (_, terms) in &mut proposals {
                let Some(drawn) = name(&terms.household) else { continue };
                chain.rename(&terms.household, drawn);
                terms.household = drawn.clone();
                changed = true;
            }
            changed.then_some(Fact::ChainProposed { chain, stamp, proposals })
        }
        Fact::NeedWithdrawn { household } => name(&household).map(|_| Fact::Forgotten),
        Fact::Proposed { project, direction, stamp, mut terms } => {
            terms.household = name(&terms.household)?.clone();
            Some(Fact::Proposed { project, direction, stamp, terms })
        }
        _ => None,
    }
}
