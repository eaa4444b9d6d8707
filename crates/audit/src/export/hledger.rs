//! The journal for hledger, accepted by `hledger check --strict`.
//!
//! Strict mode wants accounts and commodities declared before use, but they are known at the end only: they
//! go to a second file, which the first includes. Both are plain ASCII, because hledger refuses any other
//! character wherever no UTF-8 locale is set.

use super::manifest::Manifest;
use super::running::{Layout, Names};
use crate::wording::{ascii, name, noun, quantity};
use chambre_domain::{Account, Entry, Transfer, Unit};
use std::collections::BTreeSet;
use std::io::{self, Write};

const JOURNAL: &str = "journal.hledger";
const ACCOUNTS: &str = "accounts.hledger";
const UNITS: [Unit; 3] = [Unit::Eur, Unit::Placement, Unit::SquareMetreSdp];
const TAGS: [&str; 3] = ["evenement", "nature", "sceau"];

pub(crate) struct Hledger {
    names: Names,
    accounts: BTreeSet<Account>,
    payees: BTreeSet<String>,
}

impl Hledger {
    pub(crate) const fn new(names: Names) -> Self {
        Self { names, accounts: BTreeSet::new(), payees: BTreeSet::new() }
    }

    fn posting(
        &mut self,
        account: Account,
        sign: &str,
        transfer: &Transfer,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        self.accounts.insert(account);
        let amount = quantity(transfer.unit(), i128::from(transfer.amount().get()), '.');
        writeln!(out, "    {account}  {sign}{amount} {}", commodity(transfer.unit()))
    }

    /// `Position du bailleur, Plaine Commune, Bailleur A`. No colon: it would make a tag of the word before.
    fn caption(&self, account: &Account) -> String {
        let name = account.bailleur.map(|siren| format!(", {}", name(&self.names, siren)));
        let (label, territory) = (account.compte.label(), &account.territory.territory().name);
        ascii(&format!("{label}, {territory}{}", name.unwrap_or_default())).replace(':', " ")
    }
}

impl Layout for Hledger {
    fn file_name(&self) -> String {
        JOURNAL.to_owned()
    }

    fn head(&self) -> String {
        format!(
            "; Registre extra-comptable de la chambre de compensation. Montant > 0 : debit ; < 0 : credit.\n\
             ; Date : enregistrement par la chambre ; seconde date : le fait ; (numero) : celui du registre.\n\
             include {ACCOUNTS}\n"
        )
    }

    fn entry(&mut self, entry: &Entry, transfers: &[Transfer], out: &mut Vec<u8>) -> io::Result<u64> {
        let (booked, payee) = (entry.booked_at.day_in_paris(), ascii(entry.event.french()));
        let noun = noun(&entry.event).map(|noun| format!(" | {}", ascii(&noun))).unwrap_or_default();
        let [event_tag, kind_tag, seal_tag] = TAGS;
        writeln!(out, "\n{booked}={} ({}) {payee}{noun}", entry.occurred_on, entry.seq)?;
        writeln!(out, "    ; {event_tag}: {}", ascii(entry.event_id.as_str()))?;
        writeln!(out, "    ; {kind_tag}: {}", entry.event.kind())?;
        writeln!(out, "    ; {seal_tag}: {}", entry.seal)?;
        self.payees.insert(payee);
        let mut rows = 0;
        for transfer in transfers {
            self.posting(transfer.debit(), "", transfer, out)?;
            self.posting(transfer.credit(), "-", transfer, out)?;
            rows += 2;
        }
        Ok(rows)
    }

    fn companion(&self, _manifest: &Manifest) -> Option<(String, String)> {
        let mut text = format!("; Unites, rubriques et comptes de {JOURNAL}.\n");
        for unit in UNITS {
            let sample = if unit == Unit::Eur { "1000.00" } else { "1000." };
            text += &format!("commodity {0}\n    format {sample} {0}\n", commodity(unit));
        }
        for tag in TAGS {
            text += &format!("tag {tag}\n");
        }
        for payee in &self.payees {
            text += &format!("payee {payee}\n");
        }
        for account in &self.accounts {
            text += &format!("account {account}  ; {}\n", self.caption(account));
        }
        Some((ACCOUNTS.to_owned(), text))
    }
}

/// Symbols with a digit stand between quotes in hledger.
const fn commodity(unit: Unit) -> &'static str {
    match unit {
        Unit::SquareMetreSdp => "\"M2SDP\"",
        Unit::Eur | Unit::Placement => unit.code(),
    }
}
