//! One row of the tables: a transfer, with all that is said of it.

use super::running::Names;
use crate::wording::{name, noun};
use chambre_domain::{Account, Compte, Date, Entry, Siren, Transfer, Unit};

/// Column names, for machines and in French.
pub(crate) const COLUMNS: [(&str, &str); 18] = [
    ("seq", "Numéro"),
    ("event_id", "Événement"),
    ("kind", "Nature"),
    ("occurred_on", "Survenu le"),
    ("booked_on", "Enregistré le"),
    ("territory_siren", "SIREN du territoire"),
    ("territory_name", "Territoire"),
    ("relogement_id", "Relogement"),
    ("reference", "Référence"),
    ("debit_compte", "Compte débité"),
    ("debit_bailleur_siren", "SIREN du bailleur débité"),
    ("debit_bailleur_name", "Bailleur débité"),
    ("credit_compte", "Compte crédité"),
    ("credit_bailleur_siren", "SIREN du bailleur crédité"),
    ("credit_bailleur_name", "Bailleur crédité"),
    ("unit", "Unité"),
    ("amount", "Montant"),
    ("seal", "Sceau"),
];

pub(crate) struct Row<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) booked_on: Date,
    pub(crate) territory_siren: String,
    pub(crate) territory_name: &'static str,
    pub(crate) relogement: Option<&'a str>,
    /// What else the event is about, when it is not about a relogement.
    pub(crate) reference: Option<String>,
    pub(crate) debit: Side,
    pub(crate) credit: Side,
    pub(crate) unit: Unit,
    pub(crate) amount: i64,
}

/// One side of a transfer; without bailleur for effort shared out.
pub(crate) struct Side {
    pub(crate) compte: Compte,
    pub(crate) bailleur: Option<(Siren, String)>,
}

impl<'a> Row<'a> {
    pub(crate) fn new(entry: &'a Entry, transfer: &Transfer, names: &Names) -> Self {
        let territory = transfer.debit().territory;
        let relogement = entry.event.relogement().map(|id| id.as_str());
        Self {
            entry,
            booked_on: entry.booked_at.day_in_paris(),
            territory_siren: territory.to_string(),
            territory_name: territory.territory().name.as_str(),
            relogement,
            reference: if relogement.is_none() { noun(&entry.event) } else { None },
            debit: Side::new(transfer.debit(), names),
            credit: Side::new(transfer.credit(), names),
            unit: transfer.unit(),
            amount: transfer.amount().get(),
        }
    }
}

impl Side {
    fn new(account: Account, names: &Names) -> Self {
        let bailleur = account.bailleur.map(|siren| (siren, name(names, siren)));
        Self { compte: account.compte, bailleur }
    }
}
