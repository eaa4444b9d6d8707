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
mod tests;
