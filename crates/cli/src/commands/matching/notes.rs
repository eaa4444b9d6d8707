//! What the reader of an answer must know: what was absent, what was not read.

use crate::file::folder::{ANRU_OPERATIONS, CONTINGENTS, Folder, POLICY};
use crate::look::counted;
use chambre_domain::Date;
use serde::Serialize;
use std::collections::BTreeSet;

/// One thing to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Stable code.
    pub code: &'static str,
    /// The sentence.
    pub french: String,
}

fn note(code: &'static str, french: impl Into<String>) -> Note {
    Note { code, french: french.into() }
}

/// What a folder leaves unsaid.
pub fn of(folder: &Folder, on: Date) -> Vec<Note> {
    let mut notes = Vec::new();
    if !folder.own_policy {
        notes.push(note(
            "POLICY_STANDARD",
            format!("{POLICY} est absent : la politique est celle des valeurs par défaut."),
        ));
    }
    let contingents = folder.offers.iter().filter_map(|offer| offer.declared().contingent.as_ref());
    let named: BTreeSet<_> = contingents.clone().collect();
    match &folder.contingents {
        None if named.is_empty() => notes.push(note(
            "CONTINGENTS_ABSENT",
            format!("{CONTINGENTS} est absent ; aucun logement n’est réservé."),
        )),
        None => notes.push(note(
            "CONTINGENTS_ABSENT",
            format!(
                "{CONTINGENTS} est absent : la règle H08 ne peut être vérifiée pour {} à un contingent.",
                counted(contingents.count(), "logement réservé")
            ),
        )),
        Some(known) => {
            let unknown: Vec<_> =
                named.into_iter().filter(|id| !known.contains_key(*id)).map(|id| id.as_str()).collect();
            if !unknown.is_empty() {
                notes.push(note(
                    "CONTINGENT_UNKNOWN",
                    format!(
                        "{CONTINGENTS} ne connaît pas : {}. La règle H08 ne peut y être vérifiée.",
                        unknown.join(", ")
                    ),
                ));
            }
        }
    }
    let elsewhere =
        folder.contingents.iter().flatten().filter(|(_, (known, _))| !known.commitment.covers(on));
    let elsewhere: Vec<_> = elsewhere.map(|(id, _)| id.as_str()).collect();
    if !elsewhere.is_empty() {
        notes.push(note(
            "CONTINGENT_PERIOD",
            format!(
                "Ce jour n’est pas dans la période d’engagement de : {}. Leurs places sont comptées telles que déclarées.",
                elsewhere.join(", ")
            ),
        ));
    }
    if folder.anru_operations.is_none() {
        notes.push(note(
            "ANRU_OPERATIONS_ABSENT",
            format!(
                "{ANRU_OPERATIONS} est absent : aucune opération n’est tenue pour financée par l’ANRU, aucune \
                 indemnité n’est attendue."
            ),
        ));
    }
    let double = folder.needs.iter().filter(|need| need.declared().double_proposition).count();
    if double > 0 {
        notes.push(note(
            "DOUBLE_PROPOSITIONS",
            format!(
                "Ménages retenus pour une double proposition : {double}. Chacun reçoit ici un logement au plus."
            ),
        ));
    }
    notes.push(note(
        "NOTHING_UNDER_WAY",
        "Un dossier ne dit rien des propositions en cours, des couples gelés ni de la bourse : H13, H14 et H15 \
         n’écartent personne.",
    ));
    if !folder.unread.is_empty() {
        notes.push(note(
            "FILE_NOT_READ",
            format!("Fichiers du dossier non lus : {}.", folder.unread.join(", ")),
        ));
    }
    notes
}
