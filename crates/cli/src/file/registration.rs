//! Bailleurs, bank accounts and operations in a file: one line, one registration.

use super::BadLines;
use super::cells::{Cells, Form};
use super::sheet::{self, Row};
use crate::failure::Failure;
use chambre_api::{convert, v1};
use chambre_domain::{
    BankAccount, Bic, EventId, Iban, OperationId, Reason, Refusal, Siren, TerritoryId, Text,
};
use std::path::Path;

/// What a line registers.
pub trait Registration: Sized {
    /// Its columns.
    const FORM: Form;
    /// Columns that the heading must have.
    const REQUIRED: &'static [&'static str];
    /// Reads a line.
    fn read(cells: &mut Cells<'_>) -> Self;
    /// What the whole line shows to be wrong.
    ///
    /// # Errors
    /// The field that is wrong.
    fn check(&self) -> Result<(), Refusal>;
}

/// Reads a file of registrations, each with its line.
///
/// # Errors
/// A file that cannot be read; lines that are wrong; a file without a line.
pub fn read<T: Registration>(path: &Path) -> Result<Vec<(u64, T)>, Failure> {
    let mut bad = BadLines::default();
    let columns: Vec<&'static str> = T::FORM.columns.iter().map(|(column, _)| *column).collect();
    let rows = sheet::read(path, &columns, T::REQUIRED, &mut bad)?;
    let found = registrations(&rows, &mut bad);
    if !bad.is_empty() {
        return Err(Failure::Lines(bad));
    }
    if found.is_empty() {
        return Err(Failure::usage(format!("{} ne contient aucune ligne.", path.display())));
    }
    Ok(found)
}

fn registrations<T: Registration>(rows: &[Row], bad: &mut BadLines) -> Vec<(u64, T)> {
    let read = |row: &Row| {
        let mut cells = Cells::new(row, bad);
        let noun = T::read(&mut cells);
        if cells.sound()
            && let Err(refusal) = noun.check()
        {
            cells.refuse_field(&T::FORM, &refusal);
        }
        cells.sound().then_some((row.line, noun))
    };
    rows.iter().filter_map(read).collect()
}

const BAILLEUR_KINDS: [(&str, v1::BailleurKind); 5] = [
    ("oph", v1::BailleurKind::Oph),
    ("esh", v1::BailleurKind::Esh),
    ("coop", v1::BailleurKind::Coop),
    ("sem", v1::BailleurKind::Sem),
    ("operateur_sans_parc", v1::BailleurKind::OperateurSansParc),
];

const OPERATION_KINDS: [(&str, v1::OperationKind); 4] = [
    ("anru", v1::OperationKind::Anru),
    ("orcod", v1::OperationKind::Orcod),
    ("propre", v1::OperationKind::Own),
    ("insalubrite", v1::OperationKind::Insalubrite),
];

impl Registration for v1::Bailleur {
    const FORM: Form =
        Form { name: "bailleurs", columns: &[("siren", "siren"), ("nom", "name"), ("type", "kind")] };
    const REQUIRED: &'static [&'static str] = &["siren", "nom", "type"];

    fn read(cells: &mut Cells<'_>) -> Self {
        Self {
            siren: cells.text("siren", Siren::parse),
            name: cells.text("nom", Text::parse),
            kind: cells.word("type", &BAILLEUR_KINDS).unwrap_or_default().into(),
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        convert::registry::bailleur(Some(self.clone())).map(|_| ())
    }
}

/// A bank account, and the identifier of its declaration.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountLine {
    /// The column `event_id`, or one made from the bailleur, the day and the end of the IBAN: the same line is
    /// the same declaration, and another account on the same day is another one.
    pub event_id: String,
    /// The account; its officer is said once for the whole file.
    pub account: v1::BankAccount,
}

impl Registration for AccountLine {
    const FORM: Form = Form {
        name: "iban",
        columns: &[
            ("event_id", "event_id"),
            ("siren", "bailleur_siren"),
            ("iban", "iban"),
            ("bic", "bic"),
            ("titulaire", "holder"),
            ("valable_du", "valid_from"),
        ],
    };
    const REQUIRED: &'static [&'static str] = &["siren", "iban", "titulaire", "valable_du"];

    fn read(cells: &mut Cells<'_>) -> Self {
        let account = v1::BankAccount {
            bailleur_siren: cells.text("siren", Siren::parse),
            iban: cells.text("iban", Iban::parse),
            bic: cells.optional_text("bic", Bic::parse),
            holder: cells.text("titulaire", BankAccount::parse_holder),
            valid_from: cells.day("valable_du"),
            officer_id: String::new(),
        };
        let given = cells.optional_text("event_id", EventId::parse);
        let event_id = if given.is_empty() { event_id(&account) } else { given };
        Self { event_id, account }
    }

    fn check(&self) -> Result<(), Refusal> {
        Ok(())
    }
}

fn event_id(account: &v1::BankAccount) -> String {
    let v1::Date { year, month, day } = account.valid_from.unwrap_or_default();
    let plain: String = account.iban.chars().filter(char::is_ascii_alphanumeric).collect();
    let end = plain.get(plain.len().saturating_sub(4)..).unwrap_or_default().to_ascii_uppercase();
    format!("iban-{}-{year:04}{month:02}{day:02}-{end}", account.bailleur_siren)
}

impl Registration for v1::Operation {
    const FORM: Form = Form {
        name: "operations",
        columns: &[
            ("operation", "operation_id"),
            ("nom", "name"),
            ("type", "kind"),
            ("territoire", "territory_siren"),
            ("bailleur_origine", "origin_siren"),
            ("relogements_prevus", "planned_relogements"),
            ("convention_anru", "anru_convention"),
            ("signataires_anru", "anru_signatories"),
        ],
    };
    const REQUIRED: &'static [&'static str] = &["operation", "nom", "type", "territoire", "bailleur_origine"];

    fn read(cells: &mut Cells<'_>) -> Self {
        let planned = cells.optional_text("relogements_prevus", |column, text| {
            text.parse::<u16>().map_err(|_| Refusal::new(Reason::AmountFormat, column, text))
        });
        let signatories = cells.optional_text("signataires_anru", |column, text| {
            words(text).try_for_each(|siren| Siren::parse(column, siren).map(|_| ()))
        });
        Self {
            operation_id: cells.text("operation", OperationId::parse),
            name: cells.text("nom", Text::parse),
            kind: cells.word("type", &OPERATION_KINDS).unwrap_or_default().into(),
            territory_siren: cells.text("territoire", TerritoryId::parse),
            origin_siren: cells.text("bailleur_origine", Siren::parse),
            planned_relogements: planned.parse().unwrap_or_default(),
            anru_convention: cells.optional_text("convention_anru", Text::parse),
            anru_signatories: words(&signatories).map(str::to_owned).collect(),
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        convert::registry::operation(Some(self.clone())).map(|_| ())
    }
}

/// SIRENs of one cell, separated by spaces, `|` or `+`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '|', '+']).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read<T> = (Vec<(u64, T)>, Vec<(u64, String, String)>);

    fn check<T: Registration>(text: &str) -> Read<T> {
        let mut bad = BadLines::default();
        let columns: Vec<_> = T::FORM.columns.iter().map(|(column, _)| *column).collect();
        let rows = sheet::rows(text.as_bytes(), &columns, T::REQUIRED, &mut bad).unwrap();
        let found = registrations(&rows, &mut bad);
        let bad = bad.first().into_iter().map(|b| (b.line, b.field.clone(), b.reason.clone())).collect();
        (found, bad)
    }

    #[test]
    fn bailleurs_are_read() {
        let (found, bad) = check::<v1::Bailleur>("siren;nom;type\n000000018;Bailleur A;OPH\n");
        assert!(bad.is_empty());
        let expected = v1::Bailleur {
            siren: "000000018".to_owned(),
            name: "Bailleur A".to_owned(),
            kind: v1::BailleurKind::Oph.into(),
        };
        assert_eq!(found, [(2, expected)]);
    }

    #[test]
    fn bank_accounts_are_read_and_the_same_line_is_the_same_declaration() {
        let text = "siren;iban;bic;titulaire;valable_du;event_id\n\
            000000018;FR14 2004 1010 0505 0001 3M02 606;;Bailleur A;01/03/2026;\n\
            000000018;fr1420041010050500013m02606;AAAAFRPP;Bailleur A;2026-03-01;mine\n";
        let (found, bad) = check::<AccountLine>(text);
        assert!(bad.is_empty(), "{bad:?}");
        assert_eq!(found[0].1.event_id, "iban-000000018-20260301-2606");
        assert_eq!(found[1].1.event_id, "mine");
        assert_eq!((found[0].1.account.bic.as_str(), found[1].1.account.bic.as_str()), ("", "AAAAFRPP"));
    }

    #[test]
    fn the_example_of_the_page_on_payments_is_read() {
        let page = include_str!("../../../../docs/paiements.md");
        let (_, example) = page.split_once("```csv\n").unwrap();
        let (found, bad) = check::<AccountLine>(example.split_once("```").unwrap().0);
        assert!(bad.is_empty(), "{bad:?}");
        assert_eq!(found[0].1.account.iban, chambre_domain::Iban::fictitious(0).paper());
    }

    #[test]
    fn every_bad_cell_of_a_bank_account_is_told() {
        let long = "é".repeat(71);
        let text = format!("siren;iban;bic;titulaire;valable_du\n1;FR15;X;{long};32/01/2026\n");
        let (found, bad) = check::<AccountLine>(&text);
        assert!(found.is_empty());
        let fields: Vec<_> = bad.iter().map(|(_, field, _)| field.as_str()).collect();
        assert_eq!(fields, ["siren", "iban", "bic", "titulaire", "valable_du"]);
    }

    #[test]
    fn operations_are_read_with_their_signatories() {
        let text = "operation,nom,type,territoire,bailleur_origine,relogements_prevus,convention_anru,signataires_anru\n\
            OP-1,Cité A,ANRU,200057867,000000018,120,C-93-1,000000018 000000026\n\
            OP-2,Copro B,orcod,200057867,000000018,,,\n";
        let (found, bad) = check::<v1::Operation>(text);
        assert!(bad.is_empty(), "{bad:?}");
        assert_eq!(found[0].1.planned_relogements, 120);
        assert_eq!(found[0].1.anru_signatories, ["000000018", "000000026"]);
        assert_eq!(found[1].1.kind(), v1::OperationKind::Orcod);
    }

    #[test]
    fn every_bad_registration_is_told() {
        let text = "operation;nom;type;territoire;bailleur_origine;relogements_prevus;signataires_anru\n\
            OP 1;;ville;200054781;000000019;-4;1\n\
            OP-2;B;anru;200057867;000000018;;000000018\n";
        let (found, bad) = check::<v1::Operation>(text);
        assert!(found.is_empty());
        let fields: Vec<_> = bad.iter().map(|(line, field, _)| (*line, field.as_str())).collect();
        assert_eq!(
            fields,
            [
                (2, "relogements_prevus"),
                (2, "signataires_anru"),
                (2, "operation"),
                (2, "nom"),
                (2, "type"),
                (2, "territoire"),
                (2, "bailleur_origine"),
                (3, "convention_anru"),
            ]
        );
    }
}
