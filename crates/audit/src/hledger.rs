//! The plain-text journal, as `hledger check --strict` accepts it.
//!
//! Debits are positive: a position to receive (a credit balance of 467100) shows as a negative amount.

use crate::export::{Names, Sink, Writer};
use crate::fec::label;
use chambre_domain::{Account, Entry, Siren, TerritoryId, Transfer, Unit};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;

/// The transactions.
const JOURNAL: &str = "journal.hledger";
/// The declarations that they rest on.
const ACCOUNTS: &str = "accounts.hledger";

#[derive(Default)]
pub(crate) struct Hledger {
    accounts: BTreeSet<Account>,
}

impl Writer for Hledger {
    fn begin(&mut self, sink: &mut dyn Sink) -> io::Result<()> {
        let head = "; Extrait du registre extra-comptable de la chambre de compensation des relogements.\n\
                    ; Débit positif, crédit négatif.\n\ninclude accounts.hledger\n";
        sink.write(JOURNAL, head.as_bytes())
    }

    fn entry(
        &mut self,
        entry: &Entry,
        transfers: &[&Transfer],
        _: &Names,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        let booked = entry.booked_at.day_in_paris();
        let mut text = format!(
            "\n{booked}={} ({}) {} | {}\n",
            entry.occurred_on,
            entry.seq,
            label(entry),
            entry.event_id
        );
        for transfer in transfers {
            for (account, sign) in [(transfer.debit(), ""), (transfer.credit(), "-")] {
                self.accounts.insert(account);
                let amount = match transfer.unit() {
                    Unit::Eur => transfer.amount().cents().to_string(),
                    Unit::Placement | Unit::SquareMetreSdp => transfer.amount().get().to_string(),
                };
                let _ = writeln!(text, "    {account}  {sign}{amount} {}", commodity(transfer.unit()));
            }
        }
        sink.write(JOURNAL, text.as_bytes())
    }

    fn end(&mut self, names: &Names, sink: &mut dyn Sink) -> io::Result<()> {
        let mut text = String::new();
        for (unit, format) in
            [(Unit::Eur, "1000.00"), (Unit::Placement, "1000."), (Unit::SquareMetreSdp, "1000.")]
        {
            let _ = writeln!(text, "commodity {0}\n    format {format} {0}", commodity(unit));
        }
        for account in &self.accounts {
            let owner = account.bailleur.map_or_else(|| "territoire".to_owned(), |siren: Siren| names(siren));
            let territory = territory_name(account.territory);
            let _ = writeln!(text, "account {account}  ; {}, {owner}, {territory}", account.compte.label());
        }
        sink.write(ACCOUNTS, text.as_bytes())
    }
}

fn territory_name(territory: TerritoryId) -> &'static str {
    &territory.territory().name
}

/// hledger wants quotes around a symbol that holds a digit.
fn commodity(unit: Unit) -> String {
    let code = unit.code();
    if code.bytes().any(|byte| byte.is_ascii_digit()) { format!("\"{code}\"") } else { code.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::{OCCURRED, export, works};
    use crate::export::{Format, Scope};

    #[test]
    fn a_transaction_has_both_dates_and_exact_amounts() {
        let files = export(Format::Hledger, Scope::whole(OCCURRED), &[works(7, 1)]);
        let siren = Siren::fictitious(1);
        let expected = format!(
            "\n2025-04-01=2025-03-31 (7) Travaux d’adaptation R-1 | e-7\n    \
             615900:200057867:{siren}  1200.00 EUR\n    467900:200057867:{siren}  -1200.00 EUR\n"
        );
        assert!(files.text(JOURNAL).ends_with(&expected), "{}", files.text(JOURNAL));
    }

    #[test]
    fn hledger_itself_accepts_it() {
        if std::process::Command::new("hledger").arg("--version").output().is_err() {
            eprintln!("skipped: hledger is not installed");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in
            export(Format::Hledger, Scope::whole(OCCURRED), &[works(7, 1), works(8, 2)]).iter()
        {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let journal = folder.path().join(JOURNAL);
        let check = std::process::Command::new("hledger")
            .env("LC_ALL", "C.UTF-8")
            .args(["check", "--strict", "ordereddates", "-f"])
            .arg(&journal)
            .output()
            .unwrap();
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    }
}
