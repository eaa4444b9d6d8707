//! The file shaped as the fichier des écritures comptables (LPF, art. A. 47 A-1), and its description.
//!
//! French auditors load this shape whatever the books. Ours are a memorandum ledger: euros only, two columns
//! more, and a description that says it is no taxpayer's file.

use super::manifest::Manifest;
use super::running::{Layout, Names};
use super::scope::Scope;
use crate::wording::{compact_date, label, name, one_line, piece, quantity};
use chambre_domain::french::{count, short_date};
use chambre_domain::{Account, Compte, Entry, Event, Transfer, Unit};
use std::io::{self, Write};

/// The 18 columns of the order, in its order and spelling, then ours; what each holds.
const COLUMNS: [(&str, &str); 20] = [
    ("JournalCode", "Code du journal"),
    ("JournalLib", "Intitulé du journal"),
    ("EcritureNum", "Numéro de l’écriture dans ce fichier : suite continue à partir de 1"),
    ("EcritureDate", "Date d’enregistrement par la chambre, à l’heure de Paris (AAAAMMJJ)"),
    ("CompteNum", "Numéro de compte, six chiffres"),
    ("CompteLib", "Intitulé du compte"),
    ("CompAuxNum", "SIREN du bailleur ; vide pour les comptes 709900 et 181100, qui n’en ont pas"),
    ("CompAuxLib", "Nom du bailleur ; vide pour les comptes 709900 et 181100"),
    ("PieceRef", "Identifiant de la déclaration, de l’arrêté ou du paiement"),
    ("PieceDate", "Date du fait : bail, facture, encaissement, décision (AAAAMMJJ)"),
    ("EcritureLib", "Nature du fait, et le relogement, l’arrêté ou le paiement concerné"),
    ("Debit", "Montant au débit, en euros, virgule décimale, sans séparateur de milliers"),
    ("Credit", "Montant au crédit, en euros, virgule décimale, sans séparateur de milliers"),
    ("EcritureLet", "Lettrage : toujours vide"),
    ("DateLet", "Date de lettrage : toujours vide"),
    ("ValidDate", "Date de validation : celle de l’enregistrement, qui vaut validation (AAAAMMJJ)"),
    ("Montantdevise", "Montant en devise : toujours vide"),
    ("Idevise", "Devise : toujours vide"),
    ("EpciCode", "SIREN du territoire (colonne ajoutée)"),
    ("JournalSeq", "Numéro de l’enregistrement dans le registre de la chambre (colonne ajoutée)"),
];

/// Stands for the whole chamber, which is no taxpayer: no organisation has this number.
const WHOLE_CHAMBER: &str = "000000000";

/// Journals of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Journal {
    Solidarity,
    Reversals,
    Nettings,
    Payments,
    Successions,
}

impl Journal {
    const ALL: [Self; 5] =
        [Self::Solidarity, Self::Reversals, Self::Nettings, Self::Payments, Self::Successions];

    const fn code_and_label(self) -> (&'static str, &'static str) {
        match self {
            Self::Solidarity => ("SOL", "Solidarité entre bailleurs"),
            Self::Reversals => ("ANN", "Annulations par extourne"),
            Self::Nettings => ("NET", "Arrêtés de compensation"),
            Self::Payments => ("REG", "Règlements"),
            Self::Successions => ("SUC", "Successions de bailleurs"),
        }
    }

    const fn of(event: &Event) -> Self {
        match event {
            Event::EventReversed(_) => Self::Reversals,
            Event::DisputeRaised(_)
            | Event::DisputeSettled(_)
            | Event::NettingOpened(_)
            | Event::NettingCutOff(_)
            | Event::NettingProposed(_)
            | Event::RegionalProposed(_)
            | Event::NettingPublished(_)
            | Event::NettingRejected(_)
            | Event::NettingApproved(_)
            | Event::NettingInstructed(_)
            | Event::NettingCancelled(_)
            | Event::NettingClosed(_) => Self::Nettings,
            Event::PaymentConfirmed(_) | Event::PaymentReturned(_) => Self::Payments,
            Event::BailleurSucceeded(_) => Self::Successions,
            Event::BailleurRegistered(_)
            | Event::BankAccountRegistered(_)
            | Event::OperationRegistered(_)
            | Event::ConventionPublished(_)
            | Event::RelogementRecorded(_)
            | Event::RentRevised(_)
            | Event::RentGapAccrued(_)
            | Event::WorksRecorded(_)
            | Event::VacancyRecorded(_)
            | Event::IndemnityRecorded(_)
            | Event::LeaseEnded(_)
            | Event::LandCounterpartRecorded(_) => Self::Solidarity,
        }
    }
}

pub(crate) struct Fec {
    scope: Scope,
    names: Names,
    stem: String,
    ecriture_num: u64,
}

impl Fec {
    pub(crate) fn new(scope: Scope, names: Names) -> Self {
        let territory = scope.territory.map(|territory| territory.siren());
        let siren = scope.bailleur.or(territory).map_or(WHOLE_CHAMBER.to_owned(), |siren| siren.to_string());
        let stem = format!("{siren}FEC{}", compact_date(scope.closing_date));
        Self { scope, names, stem, ecriture_num: 0 }
    }

    /// One line: the columns before the account, the account, the label, the two amounts, the end.
    fn line(&self, entry: &Entry, side: &Side<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let (journal, journal_label) = Journal::of(&entry.event).code_and_label();
        let booked = compact_date(entry.booked_at.day_in_paris());
        let Account { compte, territory, bailleur } = side.account;
        let (siren, name) = match bailleur {
            Some(siren) => (siren.to_string(), name(&self.names, siren)),
            None => (String::new(), String::new()),
        };
        write!(out, "{journal}\t{journal_label}\t{}\t{booked}\t", self.ecriture_num)?;
        write!(out, "{compte}\t{}\t{siren}\t{name}\t", compte.label())?;
        write!(out, "{}\t{}\t", one_line(piece(entry)), compact_date(entry.occurred_on))?;
        write!(out, "{}\t{}\t{}\t", one_line(&label(&entry.event)), side.debit, side.credit)?;
        writeln!(out, "\t\t{booked}\t\t\t{territory}\t{}", entry.seq)
    }
}

/// One side of a transfer, its amounts already written.
struct Side<'a> {
    account: Account,
    debit: &'a str,
    credit: &'a str,
}

impl Layout for Fec {
    fn file_name(&self) -> String {
        format!("{}.txt", self.stem)
    }

    fn head(&self) -> String {
        let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        names.join("\t") + "\n"
    }

    fn shows(&self, unit: Unit) -> bool {
        unit == Unit::Eur
    }

    fn entry(&mut self, entry: &Entry, transfers: &[Transfer], out: &mut Vec<u8>) -> io::Result<u64> {
        let mut rows = 0;
        for transfer in transfers.iter().filter(|transfer| transfer.unit() == Unit::Eur) {
            self.ecriture_num += u64::from(rows == 0);
            let amount = quantity(Unit::Eur, i128::from(transfer.amount().get()), ',');
            self.line(entry, &Side { account: transfer.debit(), debit: &amount, credit: "0,00" }, out)?;
            self.line(entry, &Side { account: transfer.credit(), debit: "0,00", credit: &amount }, out)?;
            rows += 2;
        }
        Ok(rows)
    }

    fn companion(&self, manifest: &Manifest) -> Option<(String, String)> {
        let parts = [self.nature(), self.perimeter(manifest), shape(), self.content(manifest)];
        Some((format!("{}_description.txt", self.stem), parts.join("\n")))
    }
}

const CUT: &str =
    "D’une écriture, seuls sont repris les mouvements qui touchent le périmètre, chacun équilibré.";

// The description, part by part.
impl Fec {
    fn nature(&self) -> String {
        format!(
            "Descriptif du fichier {}\n\
             \n\
             NATURE\n\
             Ce fichier est un extrait du registre extra-comptable de la chambre de compensation entre\n\
             bailleurs sociaux d’Île-de-France. Il a la forme du fichier des écritures comptables (livre des\n\
             procédures fiscales, art. A. 47 A-1) pour que les outils d’audit le lisent.\n\
             Ce n’est pas le fichier des écritures comptables d’un contribuable : il ne remplace ni ne\n\
             complète la comptabilité légale d’aucun bailleur. Aucune ligne n’est une facture. Le SIREN du\n\
             nom de fichier désigne le périmètre de l’extrait, non un déclarant.\n",
            self.file_name()
        )
    }

    fn perimeter(&self, manifest: &Manifest) -> String {
        let scope = &self.scope;
        let territory = scope.territory.map(|id| format!("{} ({id})", id.territory().name));
        let bailleur = scope.bailleur.map(|siren| format!("{} ({siren})", name(&self.names, siren)));
        let period = scope.period.map(|p| format!("du {} au {}", short_date(p.from), short_date(p.to)));
        let read = match &manifest.last_seal {
            Some(seal) => format!("nº {}, sceau {seal}", manifest.read_up_to_seq),
            None => "aucun".to_owned(),
        };
        format!(
            "PÉRIMÈTRE\n\
             Territoire : {}\n\
             Bailleur : {}\n\
             Faits survenus : {}\n\
             Date de clôture : {} (rien d’enregistré après ce jour)\n\
             Dernier enregistrement lu : {read}\n\
             {}\n\
             Il n’y a pas d’à-nouveaux : un extrait borné dans le temps ne donne que des mouvements.\n",
            territory.as_deref().unwrap_or("tous"),
            bailleur.as_deref().unwrap_or("tous"),
            period.as_deref().unwrap_or("à toute date"),
            short_date(scope.closing_date),
            CUT,
        )
    }

    fn content(&self, manifest: &Manifest) -> String {
        let euros = manifest.moved.get(Unit::Eur.code());
        let total = quantity(Unit::Eur, euros.map_or(0, |moved| moved.total.quantity), ',');
        let left_out = |unit: Unit| {
            let moved = manifest.left_out.get(unit.code());
            (count(moved.map_or(0, |m| m.transfers)), moved.map_or(0, |m| m.total.quantity))
        };
        let (placement_moves, placements) = left_out(Unit::Placement);
        let (land_moves, square_metres) = left_out(Unit::SquareMetreSdp);
        format!(
            "CONTENU\n\
             Écritures : {}\n\
             Lignes, hors en-tête : {}\n\
             Total des débits : {total}\n\
             Total des crédits : {total}\n\
             \n\
             HORS DE CE FICHIER\n\
             Les relogements comptés (comptes 801100 et 802100) et les droits à construire en m² de surface de\n\
             plancher (801200 et 802200) ne sont pas des euros. Les écritures du périmètre en portent, et les\n\
             exports hledger et CSV les montrent :\n\
             Relogements : {placements} (mouvements : {placement_moves})\n\
             Droits à construire : {square_metres} m² (mouvements : {land_moves})\n",
            manifest.ecritures, manifest.rows,
        )
    }
}

fn shape() -> String {
    let mut text = "FORME\n\
         Jeu de caractères : UTF-8 sans marque d’ordre des octets\n\
         Séparateur de champs : tabulation ; fin de ligne : LF ; première ligne : noms des colonnes\n\
         Montants : virgule décimale, deux décimales, jamais négatifs ; dates : AAAAMMJJ\n\
         Ordre : celui de l’enregistrement, qui est celui de la validation\n\
         \n\
         COLONNES\n"
        .to_owned();
    for (position, (name, meaning)) in COLUMNS.iter().enumerate() {
        text += &format!("{:>2}. {name} : {meaning}\n", position + 1);
    }
    text += "\nJOURNAUX\n";
    for (code, label) in Journal::ALL.map(Journal::code_and_label) {
        text += &format!("{code} : {label}\n");
    }
    text += "\nCOMPTES\n";
    for compte in Compte::ALL.iter().filter(|compte| compte.unit() == Unit::Eur) {
        text += &format!("{compte} : {}\n", compte.label());
    }
    text
}
