//! The journal for beancount, accepted by `bean-check` (versions 2 and 3).
//!
//! One file: beancount sorts by date, so the accounts may be opened after the entries that use them, once they
//! are known. Each account then has a balance assertion, without tolerance, on the day after the last entry.

use super::manifest::Manifest;
use super::running::{Layout, Names, Put};
use crate::wording::{name, noun, one_line, quantity};
use chambre_domain::{Account, Date, Entry, Transfer, Unit};
use std::collections::BTreeMap;
use std::io::{self, Write};

const HEAD: &str = "\
;; Registre extra-comptable de la chambre de compensation. Montant > 0 : débit ; < 0 : crédit.
;; Date : enregistrement par la chambre ; « survenu » : le fait ; « numero » : celui du registre.
option \"title\" \"Chambre de compensation\"
option \"operating_currency\" \"EUR\"
option \"name_assets\" \"Actifs\"
option \"name_liabilities\" \"Passifs\"
option \"name_equity\" \"Capitaux\"
option \"name_income\" \"Produits\"
option \"name_expenses\" \"Charges\"
";

pub(crate) struct Beancount {
    names: Names,
    /// First day and balance of each account: debits less credits.
    accounts: BTreeMap<Account, (Date, i128)>,
    last_day: Option<Date>,
}

impl Beancount {
    pub(crate) const fn new(names: Names) -> Self {
        Self { names, accounts: BTreeMap::new(), last_day: None }
    }

    fn posting(
        &mut self,
        (account, signed): (Account, i128),
        (day, unit): (Date, Unit),
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        self.accounts.entry(account).or_insert((day, 0)).1 += signed;
        writeln!(out, "  {}  {} {}", path(account), amount(unit, signed), unit.code())
    }

    fn ends(&self, put: Put<'_>) -> io::Result<()> {
        let after = self.last_day.and_then(|day| day.tomorrow().ok());
        for (account, (first, balance)) in &self.accounts {
            let (path, unit) = (path(*account), account.compte.unit());
            let territory = &account.territory.territory().name;
            let bailleur = account.bailleur.map(|siren| format!(", {}", name(&self.names, siren)));
            let caption = format!("{}, {territory}{}", account.compte.label(), bailleur.unwrap_or_default());
            let mut text = format!("\n{first} open {path} {}\n  nom: {}\n", unit.code(), quoted(&caption));
            if let Some(after) = after {
                let none = amount(unit, 0);
                text +=
                    &format!("{after} balance {path}  {} ~ {none} {}\n", amount(unit, *balance), unit.code());
            }
            put(text.as_bytes())?;
        }
        Ok(())
    }
}

/// `Passifs:467100:200057867:000000018`: a root by class of compte, then compte, territory, bailleur.
fn path(account: Account) -> String {
    let root = match account.compte.number() / 100_000 {
        4 => "Passifs",
        6 => "Charges",
        7 => "Produits",
        _ => "Capitaux",
    };
    format!("{root}:{account}")
}

fn amount(unit: Unit, signed: i128) -> String {
    let sign = if signed < 0 { "-" } else { "" };
    // Its size is that of a sum of amounts: far from the edge where the least number has no opposite.
    format!("{sign}{}", quantity(unit, signed.abs(), '.'))
}

/// A text between quotes, on one line.
fn quoted(text: &str) -> String {
    format!("\"{}\"", one_line(text).replace('\\', "\\\\").replace('"', "\\\""))
}

impl Layout for Beancount {
    fn file_name(&self) -> String {
        "journal.beancount".to_owned()
    }

    fn head(&self) -> String {
        HEAD.to_owned()
    }

    fn entry(&mut self, entry: &Entry, transfers: &[Transfer], out: &mut Vec<u8>) -> io::Result<u64> {
        let booked = entry.booked_at.day_in_paris();
        let narration = noun(&entry.event).unwrap_or_default();
        writeln!(out, "\n{booked} * {} {}", quoted(entry.event.french()), quoted(&narration))?;
        writeln!(out, "  numero: {}", entry.seq)?;
        writeln!(out, "  evenement: {}", quoted(entry.event_id.as_str()))?;
        writeln!(out, "  nature: \"{}\"", entry.event.kind())?;
        writeln!(out, "  survenu: {}", entry.occurred_on)?;
        writeln!(out, "  sceau: \"{}\"", entry.seal)?;
        self.last_day = Some(booked);
        let mut rows = 0;
        for transfer in transfers {
            let size = i128::from(transfer.amount().get());
            for side in [(transfer.debit(), size), (transfer.credit(), -size)] {
                self.posting(side, (booked, transfer.unit()), out)?;
                rows += 1;
            }
        }
        Ok(rows)
    }

    fn end(&mut self, _manifest: &Manifest, put: Put<'_>) -> io::Result<()> {
        self.ends(put)
    }

    fn companion(&self, _manifest: &Manifest) -> Option<(String, String)> {
        None
    }
}
