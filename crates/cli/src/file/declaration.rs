//! Declarations in a file: one line, one declaration of any kind. The columns are documented in docs/import.md.

use super::cells::{Cells, Form};
use super::sheet::{self, Row};
use super::{BadLine, BadLines};
use crate::failure::Failure;
use chambre_api::convert;
use chambre_api::v1::{self, event::Body};
use chambre_domain::{EventId, HouseholdId, OperationId, Refusal, RelogementId, Siren, VoucherRef};
use std::collections::HashMap;
use std::path::Path;

/// Most declarations in one import.
pub const MOST_DECLARATIONS: usize = 50_000;

/// Columns of an import file.
pub const COLUMNS: [&str; 22] = [
    "event_id",
    "type",
    "relogement",
    "operation",
    "menage",
    "bailleur_accueil",
    "date",
    "date_fin",
    "commune",
    "typologie",
    "loyer_reference",
    "loyer_pratique",
    "charges_reference",
    "charges_pratiquees",
    "contingent",
    "hors_flux",
    "motif_ru",
    "montant",
    "statut",
    "piece",
    "extourne",
    "motif",
];

/// One line of an import, ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// Its line in the file.
    pub line: u64,
    /// Its form.
    pub form: &'static Form,
    /// What is sent.
    pub event: v1::Event,
}

type Read = fn(&mut Cells<'_>) -> Body;

/// Each type of declaration: its columns with the field that each feeds, and how they are read.
const FORMS: [(Form, Read); 7] = [
    (Form { name: "relogement", columns: RELOGEMENT }, relogement),
    (
        Form {
            name: "travaux",
            columns: &[
                ("event_id", "event_id"),
                ("type", "body"),
                ("relogement", "relogement_id"),
                ("montant", "amount_cents"),
                ("date", "invoiced_on"),
                ("piece", "voucher"),
            ],
        },
        works,
    ),
    (
        Form {
            name: "vacance",
            columns: &[
                ("event_id", "event_id"),
                ("type", "body"),
                ("relogement", "relogement_id"),
                ("date", "from"),
                ("date_fin", "to"),
                ("montant", "amount_cents"),
            ],
        },
        vacancy,
    ),
    (
        Form {
            name: "indemnite",
            columns: &[
                ("event_id", "event_id"),
                ("type", "body"),
                ("relogement", "relogement_id"),
                ("statut", "status"),
                ("montant", "amount_cents"),
                ("date", "occurred_on"),
            ],
        },
        indemnity,
    ),
    (
        Form {
            name: "revision",
            columns: &[
                ("event_id", "event_id"),
                ("type", "body"),
                ("relogement", "relogement_id"),
                ("date", "from"),
                ("loyer_reference", "reference_rent_cents"),
                ("loyer_pratique", "practised_rent_cents"),
            ],
        },
        rent_revision,
    ),
    (
        Form {
            name: "fin_de_bail",
            columns: &[
                ("event_id", "event_id"),
                ("type", "body"),
                ("relogement", "relogement_id"),
                ("date", "ended_on"),
            ],
        },
        lease_end,
    ),
    (
        Form {
            name: "extourne",
            columns: &[
                ("event_id", "event_id"),
                ("type", "body"),
                ("extourne", "reverses_event_id"),
                ("motif", "reason"),
            ],
        },
        reversal,
    ),
];

const RELOGEMENT: &[(&str, &str)] = &[
    ("event_id", "event_id"),
    ("type", "body"),
    ("relogement", "relogement_id"),
    ("operation", "operation_id"),
    ("menage", "household"),
    ("bailleur_accueil", "host_siren"),
    ("date", "lease_date"),
    ("commune", "commune_insee"),
    ("typologie", "typology"),
    ("loyer_reference", "reference_rent_cents"),
    ("loyer_pratique", "practised_rent_cents"),
    ("charges_reference", "reference_charges_cents"),
    ("charges_pratiquees", "practised_charges_cents"),
    ("contingent", "contingent"),
    ("hors_flux", "out_of_flow"),
    ("motif_ru", "sne_motive_ru"),
];

static KINDS: [(Form, Read); 7] = FORMS;

const TYPOLOGIES: [(&str, v1::Typology); 9] = [
    ("t1", v1::Typology::T1),
    ("t1bis", v1::Typology::T1),
    ("t1_bis", v1::Typology::T1),
    ("t2", v1::Typology::T2),
    ("t3", v1::Typology::T3),
    ("t4", v1::Typology::T4),
    ("t5", v1::Typology::T5),
    ("t6", v1::Typology::T6),
    ("t7", v1::Typology::T6),
];

const CONTINGENTS: [(&str, v1::Contingent); 6] = [
    ("etat_fonctionnaires", v1::Contingent::StateCivilServants),
    ("etat_prioritaires", v1::Contingent::StatePriority),
    ("action_logement", v1::Contingent::ActionLogement),
    ("collectivites", v1::Contingent::LocalAuthorities),
    ("autres", v1::Contingent::Other),
    ("non_reserve", v1::Contingent::NotReserved),
];

const STEPS: [(&str, v1::IndemnityStatus); 5] = [
    ("attendue", v1::IndemnityStatus::Expected),
    ("demandee", v1::IndemnityStatus::Requested),
    ("notifiee", v1::IndemnityStatus::Notified),
    ("recue", v1::IndemnityStatus::Received),
    ("reprise", v1::IndemnityStatus::Reclaimed),
];

const REASONS: [(&str, v1::ReversalReason); 3] = [
    ("erreur", v1::ReversalReason::Error),
    ("doublon", v1::ReversalReason::Duplicate),
    ("annulation", v1::ReversalReason::Cancelled),
];

/// Yes or no.
pub const YES_NO: [(&str, bool); 2] = [("oui", true), ("non", false)];

/// Reads an import file. What is wrong by itself, whatever the books hold, is told for every line.
///
/// # Errors
/// A file that cannot be read; lines that are wrong; a file without a declaration, or with too many.
pub fn read(path: &Path) -> Result<Vec<Declaration>, Failure> {
    let mut bad = BadLines::default();
    let rows = sheet::read(path, &COLUMNS, &["event_id", "type"], &mut bad)?;
    let declarations = declarations(&rows, &mut bad);
    if !bad.is_empty() {
        return Err(Failure::Lines(bad));
    }
    match declarations.len() {
        0 => Err(Failure::usage(format!("{} ne contient aucune déclaration.", path.display()))),
        1..=MOST_DECLARATIONS => Ok(declarations),
        count => Err(Failure::usage(format!(
            "{} contient {count} déclarations, au plus {MOST_DECLARATIONS} par import. Découpez le fichier.",
            path.display()
        ))),
    }
}

/// The declarations of these lines; what is wrong goes to `bad`.
pub fn declarations(rows: &[Row], bad: &mut BadLines) -> Vec<Declaration> {
    let mut seen: HashMap<&str, u64> = HashMap::with_capacity(rows.len());
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(first) = row.cells.get("event_id").and_then(|id| seen.insert(id, row.line)) {
            let french =
                format!("cet identifiant figure déjà à la ligne {first}. Un identifiant par déclaration.");
            let (field, reason) = ("event_id".to_owned(), "EVENT_ID_TWICE".to_owned());
            bad.push(BadLine { line: row.line, field, reason, french });
        }
        found.extend(declaration(row, bad));
    }
    found
}

fn declaration(row: &Row, bad: &mut BadLines) -> Option<Declaration> {
    let mut cells = Cells::new(row, bad);
    let event_id = cells.text("event_id", EventId::parse);
    let names: Vec<(&str, &'static (Form, Read))> = KINDS.iter().map(|kind| (kind.0.name, kind)).collect();
    let (form, read) = cells.word("type", &names)?;
    cells.only(form);
    let event = v1::Event { event_id, body: Some(read(&mut cells)) };
    if cells.sound()
        && let Err(refusal) = convert::ledger::event(event.clone())
    {
        cells.refuse_field(form, &refusal);
    }
    cells.sound().then_some(Declaration { line: row.line, form, event })
}

fn relogement(cells: &mut Cells<'_>) -> Body {
    Body::Relogement(v1::Relogement {
        relogement_id: cells.text("relogement", RelogementId::parse),
        operation_id: cells.text("operation", OperationId::parse),
        household: cells.text("menage", HouseholdId::parse),
        host_siren: cells.text("bailleur_accueil", Siren::parse),
        lease_date: cells.day("date"),
        commune_insee: cells.text("commune", any),
        typology: cells.word("typologie", &TYPOLOGIES).unwrap_or_default().into(),
        reference_rent_cents: cells.euros("loyer_reference"),
        practised_rent_cents: cells.euros("loyer_pratique"),
        reference_charges_cents: cells.optional_euros("charges_reference"),
        practised_charges_cents: cells.optional_euros("charges_pratiquees"),
        contingent: cells.optional_word("contingent", &CONTINGENTS).unwrap_or_default().into(),
        out_of_flow: cells.optional_word("hors_flux", &YES_NO).unwrap_or_default(),
        sne_motive_ru: cells.optional_word("motif_ru", &YES_NO).unwrap_or_default(),
    })
}

fn works(cells: &mut Cells<'_>) -> Body {
    Body::Works(v1::Works {
        relogement_id: cells.text("relogement", RelogementId::parse),
        amount_cents: cells.euros("montant"),
        invoiced_on: cells.day("date"),
        voucher: cells.text("piece", VoucherRef::parse),
    })
}

fn vacancy(cells: &mut Cells<'_>) -> Body {
    Body::Vacancy(v1::Vacancy {
        relogement_id: cells.text("relogement", RelogementId::parse),
        from: cells.day("date"),
        to: cells.day("date_fin"),
        amount_cents: cells.euros("montant"),
    })
}

fn indemnity(cells: &mut Cells<'_>) -> Body {
    Body::Indemnity(v1::Indemnity {
        relogement_id: cells.text("relogement", RelogementId::parse),
        status: cells.word("statut", &STEPS).unwrap_or_default().into(),
        amount_cents: cells.euros("montant"),
        occurred_on: cells.day("date"),
    })
}

fn rent_revision(cells: &mut Cells<'_>) -> Body {
    Body::RentRevision(v1::RentRevision {
        relogement_id: cells.text("relogement", RelogementId::parse),
        from: cells.day("date"),
        reference_rent_cents: cells.euros("loyer_reference"),
        practised_rent_cents: cells.euros("loyer_pratique"),
    })
}

fn lease_end(cells: &mut Cells<'_>) -> Body {
    Body::LeaseEnd(v1::LeaseEnd {
        relogement_id: cells.text("relogement", RelogementId::parse),
        ended_on: cells.day("date"),
    })
}

fn reversal(cells: &mut Cells<'_>) -> Body {
    Body::Reversal(v1::Reversal {
        reverses_event_id: cells.text("extourne", EventId::parse),
        reason: cells.word("motif", &REASONS).unwrap_or_default().into(),
    })
}

/// Checked with the date, once the whole line is read.
fn any(_: &str, _: &str) -> Result<(), Refusal> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "event_id;type;relogement;operation;menage;bailleur_accueil;date;date_fin;commune;\
        typologie;loyer_reference;loyer_pratique;charges_reference;charges_pratiquees;contingent;hors_flux;\
        motif_ru;montant;statut;piece;extourne;motif\n";
    const RELOGEMENT: &str = "e1;relogement;R-1;OP-1;h-7f3a;000000018;15/03/2025;;93066;T3;840,00;519,99;90;85,5;collectivités;oui;non;;;;;";

    fn read_text(text: &str) -> (Vec<Declaration>, BadLines) {
        let mut bad = BadLines::default();
        let rows = sheet::rows(text.as_bytes(), &COLUMNS, &["event_id", "type"], &mut bad).unwrap();
        (declarations(&rows, &mut bad), bad)
    }

    fn body(line: &str) -> Body {
        let (mut found, bad) = read_text(&format!("{HEADING}{line}\n"));
        assert!(bad.is_empty(), "{bad}");
        found.remove(0).event.body.unwrap()
    }

    fn faults(line: &str) -> Vec<(String, String)> {
        let (found, bad) = read_text(&format!("{HEADING}{line}\n"));
        assert!(found.is_empty(), "{line}");
        bad.first().into_iter().map(|bad| (bad.field.clone(), bad.reason.clone())).collect()
    }

    fn check(line: &str, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(f, r)| ((*f).to_owned(), (*r).to_owned())).collect();
        assert_eq!(faults(line), expected, "{line}");
    }

    fn day(year: i32, month: i32, day: i32) -> Option<v1::Date> {
        Some(v1::Date { year, month, day })
    }

    #[test]
    fn a_relogement_is_read_with_all_its_columns() {
        let Body::Relogement(relogement) = body(RELOGEMENT) else { panic!("another kind") };
        assert_eq!(relogement.lease_date, day(2025, 3, 15));
        assert_eq!((relogement.reference_rent_cents, relogement.practised_rent_cents), (84_000, 51_999));
        assert_eq!(
            (relogement.reference_charges_cents, relogement.practised_charges_cents),
            (Some(9_000), Some(8_550))
        );
        assert_eq!(relogement.typology(), v1::Typology::T3);
        assert_eq!(relogement.contingent(), v1::Contingent::LocalAuthorities);
        assert!(relogement.out_of_flow && !relogement.sne_motive_ru);
    }

    #[test]
    fn every_other_kind_is_read() {
        let id = || "R-1".to_owned();
        let kinds = [
            (
                "e;Travaux;R-1;;;;2025-04-02;;;;;;;;;;;1 200,00;;F-12;;",
                Body::Works(v1::Works {
                    relogement_id: id(),
                    amount_cents: 120_000,
                    invoiced_on: day(2025, 4, 2),
                    voucher: "F-12".to_owned(),
                }),
            ),
            (
                "e;vacance;R-1;;;;01/02/2025;14/02/2025;;;;;;;;;;300.5;;;;",
                Body::Vacancy(v1::Vacancy {
                    relogement_id: id(),
                    from: day(2025, 2, 1),
                    to: day(2025, 2, 14),
                    amount_cents: 30_050,
                }),
            ),
            (
                "e;indemnité;R-1;;;;2025-09-30;;;;;;;;;;;4000;reçue;;;",
                Body::Indemnity(v1::Indemnity {
                    relogement_id: id(),
                    status: v1::IndemnityStatus::Received.into(),
                    amount_cents: 400_000,
                    occurred_on: day(2025, 9, 30),
                }),
            ),
            (
                "e;révision;R-1;;;;2026-01-01;;;;848,40;525;;;;;;;;;;",
                Body::RentRevision(v1::RentRevision {
                    relogement_id: id(),
                    from: day(2026, 1, 1),
                    reference_rent_cents: 84_840,
                    practised_rent_cents: 52_500,
                }),
            ),
            (
                "e;fin de bail;R-1;;;;2026-06-30;;;;;;;;;;;;;;;",
                Body::LeaseEnd(v1::LeaseEnd { relogement_id: id(), ended_on: day(2026, 6, 30) }),
            ),
            (
                "e;extourne;;;;;;;;;;;;;;;;;;;e0;doublon",
                Body::Reversal(v1::Reversal {
                    reverses_event_id: "e0".to_owned(),
                    reason: v1::ReversalReason::Duplicate.into(),
                }),
            ),
        ];
        for (line, expected) in kinds {
            assert_eq!(body(line), expected, "{line}");
        }
    }

    #[test]
    fn every_fault_of_a_line_is_told_under_its_column() {
        check(
            "e;travaux;;;;;2025-02-30;;;;;;;;;;;12,345;;;;",
            &[
                ("relogement", "FIELD_MISSING"),
                ("montant", "AMOUNT_SUB_CENT"),
                ("date", "DATE_INVALID"),
                ("piece", "FIELD_MISSING"),
            ],
        );
        check(";travaux;R-1;;;;2025-02-03;;;;;;;;;;;12;;F;;", &[("event_id", "FIELD_MISSING")]);
        check("e;loyer;;;;;;;;;;;;;;;;;;;;", &[("type", "VALUE_UNKNOWN")]);
        check("e;fin_de_bail;R-1;;;;2026-06-30;;;;;;;;;;;5;;;;", &[("montant", "COLUMN_FOREIGN")]);
        check(
            "e;extourne;;;;;;;;;;;;;;;;;;;e 0;faute",
            &[("extourne", "ID_CHARACTERS"), ("motif", "VALUE_UNKNOWN")],
        );
    }

    #[test]
    fn what_only_the_whole_line_shows_is_told_under_its_column_too() {
        check("e;travaux;R-1;;;;2025-02-03;;;;;;;;;;;-12;;F;;", &[("montant", "AMOUNT_NOT_POSITIVE")]);
        check("e;vacance;R-1;;;;2025-02-03;2025-02-01;;;;;;;;;;9;;;;", &[("date_fin", "DATES_OUT_OF_ORDER")]);
        check("e;revision;R-1;;;;2026-01-02;;;;9;8;;;;;;;;;;", &[("date", "DATE_INVALID")]);
        check(&RELOGEMENT.replace("85,5", ""), &[("charges_pratiquees", "CHARGES_INCOMPLETE")]);
        check(&RELOGEMENT.replace("93066", "93000"), &[("commune", "COMMUNE_UNKNOWN")]);
        check(&RELOGEMENT.replace("840,00", "9999"), &[("loyer_reference", "RENT_SENTINEL")]);
        check(&RELOGEMENT.replace("000000018", "000000019"), &[("bailleur_accueil", "SIREN_CHECK_DIGIT")]);
    }

    #[test]
    fn a_household_is_never_repeated() {
        let (_, bad) = read_text(&format!("{HEADING}{}\n", RELOGEMENT.replace("h-7f3a", "1850578006084")));
        assert_eq!(bad.first()[0].reason, "HOUSEHOLD_NIR");
        assert!(!bad.to_string().contains("1850578"));
    }

    #[test]
    fn the_same_identifier_twice_is_told_with_its_first_line() {
        let end = "e;fin_de_bail;R-1;;;;2026-06-30;;;;;;;;;;;;;;;\n";
        let (_, bad) = read_text(&format!("{HEADING}{end}{end}"));
        assert_eq!((bad.count, bad.first()[0].line), (1, 3));
        assert!(bad.to_string().contains("ligne 2"));
    }

    #[test]
    fn a_refused_field_of_the_server_is_told_by_its_column() {
        let form = |name| &KINDS.iter().find(|(form, _)| form.name == name).unwrap().0;
        assert_eq!(form("travaux").column_of("events[3].works.amount_cents"), Some("montant"));
        assert_eq!(form("relogement").column_of("relogement.host_siren"), Some("bailleur_accueil"));
        assert_eq!(form("vacance").column_of("relogement_id"), Some("relogement"));
        assert_eq!(form("vacance").column_of("nothing"), None);
    }

    #[test]
    fn every_column_of_a_form_is_a_column_of_the_file() {
        for (form, _) in &KINDS {
            assert!(form.columns.iter().all(|(column, _)| COLUMNS.contains(column)), "{}", form.name);
        }
    }
}
