//! Reads the journal back through the door, adds it up again, and compares with what the chamber says.

use crate::failure::Failure;
use anyhow::Context as _;
use chambre_api::{Client, v1};
use chambre_domain::{Compte, Event};
use std::collections::BTreeMap;

/// An account of the wire, to compare: compte, territory, bailleur.
type Key = (i32, String, String);

/// What the journal holds.
#[derive(Debug, Default)]
pub struct Books {
    /// Entries by kind, in French.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Of each netting: how many relogements it shared, and the sum of their efforts without their sign.
    pub gross: BTreeMap<String, (usize, i64)>,
    /// Entries.
    pub entries: u64,
    /// Transfers.
    pub transfers: u64,
    /// Claims minus debts of each territory, in cents: what is owed after everything.
    pub owed: BTreeMap<String, i64>,
    balances: BTreeMap<Key, (i64, i64)>,
}

/// Reads the whole journal, and checks it against the balances of the chamber.
///
/// # Errors
/// A journal with a hole, a payload that cannot be read, a balance or a sum of positions that is wrong.
pub async fn read(client: &Client) -> anyhow::Result<Books> {
    let mut books = Books::default();
    let mut page_token = String::new();
    loop {
        let request = v1::ListEntriesRequest { page_size: 1000, page_token, ..Default::default() };
        let page = client.ledger().list_entries(request).await.context("lecture du journal")?.into_inner();
        for entry in &page.entries {
            books.add(entry)?;
        }
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    books.compare(client).await?;
    Ok(books)
}

impl Books {
    fn add(&mut self, entry: &v1::Entry) -> anyhow::Result<()> {
        self.entries += 1;
        if u64::try_from(entry.seq) != Ok(self.entries) {
            return Err(fault(format!("écriture {} au rang {}", entry.seq, self.entries)));
        }
        let event = Event::from_payload(entry.payload_json.as_bytes())
            .with_context(|| format!("écriture {}", entry.seq))?;
        *self.kinds.entry(event.french()).or_default() += 1;
        if let Event::NettingProposed(proposal) = &event {
            let gross = proposal.shared.iter().map(|share| share.amount.get().abs()).sum();
            self.gross.insert(proposal.id.to_string(), (proposal.shared.len(), gross));
        }
        self.transfers += entry.transfers.len() as u64;
        for transfer in &entry.transfers {
            if let (Some(debit), Some(credit)) = (&transfer.debit, &transfer.credit) {
                self.balances.entry(key(debit)).or_default().0 += transfer.amount;
                self.balances.entry(key(credit)).or_default().1 += transfer.amount;
            }
        }
        Ok(())
    }

    /// Two roads to each balance: the sums of the entries, and GetPositions.
    async fn compare(&mut self, client: &Client) -> anyhow::Result<()> {
        let answer = client.ledger().get_positions(v1::GetPositionsRequest::default()).await;
        let answer = answer.context("lecture des positions")?.into_inner();
        if u64::try_from(answer.as_of_seq) != Ok(self.entries) {
            return Err(fault(format!("positions à l’écriture {}, pas {}", answer.as_of_seq, self.entries)));
        }
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        let mut left = std::mem::take(&mut self.balances);
        for position in answer.positions {
            *sums.entry(position.territory_siren.clone()).or_default() += position.position_cents;
            *self.owed.entry(position.territory_siren.clone()).or_default() += position.position_cents.max(0);
            for balance in &position.balances {
                let account = balance.account.as_ref().context("solde sans compte")?;
                let summed = left.remove(&key(account)).unwrap_or_default();
                if summed != (balance.debit, balance.credit) {
                    return Err(fault(format!(
                        "le solde de {account:?} n’est pas la somme de ses mouvements"
                    )));
                }
                if account.compte == wire_number(Compte::PositionDuBailleur)
                    && balance.credit - balance.debit != position.position_cents
                {
                    return Err(fault(format!("la position de {account:?} n’est pas son solde")));
                }
            }
        }
        if let Some(account) = left.iter().find(|(_, sums)| **sums != (0, 0)) {
            return Err(fault(format!("le compte {account:?} manque dans les positions")));
        }
        match sums.iter().find(|(_, sum)| **sum != 0) {
            Some((territory, sum)) => {
                Err(fault(format!("les positions du territoire {territory} font {sum} centimes, pas zéro")))
            }
            None => Ok(()),
        }
    }
}

fn key(account: &v1::Account) -> Key {
    (account.compte, account.territory_siren.clone(), account.bailleur_siren.clone())
}

fn wire_number(compte: Compte) -> i32 {
    i32::try_from(compte.number()).unwrap_or(0)
}

fn fault(what: String) -> anyhow::Error {
    Failure::infrastructure(format!("incohérence : {what}")).into()
}
