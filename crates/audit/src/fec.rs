//! The file shaped as the fichier des écritures comptables (LPF, art. A.47 A-1), and its description.
//!
//! It is an extract of a memorandum ledger, nobody's own FEC: the description says so.

use crate::export::{Names, Scope, Sink, Writer};
use chambre_domain::{Account, Cents, Compte, Date, Entry, Event, Transfer, Unit, french};
use std::fmt::Write as _;
use std::io;

/// The 18 columns of the text, in order, then two of ours that tools tolerate.
pub const COLUMNS: [&str; 20] = [
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
    "EpciCode",
    "JournalSeq",
];

/// Journals of the file: code and name.
pub const JOURNALS: [(&str, &str); 5] = [
    ("SOL", "Efforts de solidarité"),
    ("ANN", "Extournes"),
    ("NET", "Arrêtés de compensation"),
    ("REG", "Règlements"),
    ("SUC", "Successions de bailleurs"),
];

/// In the name of a file that is neither of one territory nor of one bailleur.
const WHOLE_CHAMBER: &str = "000000000";

pub(crate) struct Fec {
    stem: String,
    ecritures: u64,
    lines: u64,
    total: i128,
}

impl Fec {
    pub(crate) fn new(scope: Scope) -> Self {
        let siren = match (scope.bailleur, scope.territory) {
            (Some(bailleur), _) => bailleur.to_string(),
            (None, Some(territory)) => territory.to_string(),
            (None, None) => WHOLE_CHAMBER.to_owned(),
        };
        Self { stem: format!("{siren}FEC{}", compact(scope.closing_date)), ecritures: 0, lines: 0, total: 0 }
    }

    fn file(&self) -> String {
        format!("{}.txt", self.stem)
    }
}

impl Writer for Fec {
    fn begin(&mut self, sink: &mut dyn Sink) -> io::Result<()> {
        sink.write(&self.file(), format!("{}\r\n", COLUMNS.join("\t")).as_bytes())
    }

    fn entry(
        &mut self,
        entry: &Entry,
        transfers: &[&Transfer],
        names: &Names,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        let euros: Vec<_> = transfers.iter().filter(|transfer| transfer.unit() == Unit::Eur).collect();
        if euros.is_empty() {
            return Ok(());
        }
        self.ecritures += 1;
        let mut lines = String::new();
        for transfer in euros {
            let amount = transfer.amount().cents();
            self.total += i128::from(amount.get());
            for (account, debit, credit) in
                [(transfer.debit(), amount, Cents::ZERO), (transfer.credit(), Cents::ZERO, amount)]
            {
                self.lines += 1;
                line(&mut lines, entry, self.ecritures, account, (debit, credit), names);
            }
        }
        sink.write(&self.file(), lines.as_bytes())
    }

    fn end(&mut self, _: &Names, sink: &mut dyn Sink) -> io::Result<()> {
        sink.write(&format!("{}_description.txt", self.stem), self.description().as_bytes())
    }
}

fn line(
    lines: &mut String,
    entry: &Entry,
    number: u64,
    account: Account,
    (debit, credit): (Cents, Cents),
    names: &Names,
) {
    let (code, journal) = journal(&entry.event);
    let booked = compact(entry.booked_at.day_in_paris());
    let (auxiliary, auxiliary_name) =
        account.bailleur.map_or((String::new(), String::new()), |siren| (siren.to_string(), names(siren)));
    let cells: [&str; 20] = [
        code,
        journal,
        &number.to_string(),
        &booked,
        &account.compte.to_string(),
        account.compte.label(),
        &auxiliary,
        &auxiliary_name,
        entry.event_id.as_str(),
        &compact(entry.occurred_on),
        &label(entry),
        &french::decimal_comma(debit),
        &french::decimal_comma(credit),
        "",
        "",
        &booked,
        "",
        "",
        &account.territory.to_string(),
        &entry.seq.to_string(),
    ];
    lines.push_str(&cells.join("\t"));
    lines.push_str("\r\n");
}

/// What an écriture is, in French, with the relogement it is about.
pub(crate) fn label(entry: &Entry) -> String {
    entry.event.relogement().map_or_else(
        || entry.event.french().to_owned(),
        |relogement| format!("{} {relogement}", entry.event.french()),
    )
}

fn journal(event: &Event) -> (&'static str, &'static str) {
    let [sol, ann, net, reg, suc] = JOURNALS;
    match event {
        Event::EventReversed(_) => ann,
        Event::NettingApproved(_) => net,
        Event::PaymentConfirmed(_) => reg,
        Event::BailleurSucceeded(_) => suc,
        _ => sol,
    }
}

/// `AAAAMMJJ`.
fn compact(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

impl Fec {
    fn description(&self) -> String {
        let mut text = String::from(
            "Description du fichier\r\n\r\n\
             Ce fichier est un EXTRAIT DU REGISTRE EXTRA-COMPTABLE de la chambre de compensation des relogements.\r\n\
             Ce n’est pas le fichier des écritures comptables (FEC) d’un contribuable : il en reprend seulement la forme\r\n\
             (article A.47 A-1 du livre des procédures fiscales) pour que les outils comptables le lisent.\r\n\r\n\
             Jeu de caractères : UTF-8, sans marque. Séparateur : tabulation. Fin de ligne : CR LF.\r\n\
             Dates : AAAAMMJJ. Montants : virgule décimale, deux décimales, sans séparateur de milliers.\r\n\
             Les mouvements en relogements (801100, 802100) et en m² (801200, 802200) ne sont pas en euros : ils n’y\r\n\
             figurent pas. Ils sont dans les exports CSV et hledger.\r\n\r\nColonnes\r\n",
        );
        let meanings = [
            "Code du journal",
            "Libellé du journal",
            "Numéro de l’écriture, continu dans le fichier",
            "Date d’enregistrement par la chambre (jour de Paris)",
            "Numéro de compte",
            "Libellé du compte",
            "SIREN du bailleur (vide pour 709900)",
            "Nom du bailleur",
            "Identifiant de la déclaration ou de la décision",
            "Date du fait : bail, facture, encaissement",
            "Nature du fait et relogement",
            "Débit en euros",
            "Crédit en euros",
            "Non servi",
            "Non servi",
            "Date de validation : celle de l’enregistrement",
            "Non servi",
            "Non servi",
            "SIREN du territoire de compensation",
            "Numéro dans le journal scellé de la chambre",
        ];
        for (column, meaning) in COLUMNS.iter().zip(meanings) {
            let _ = write!(text, "  {column} : {meaning}\r\n");
        }
        text.push_str("\r\nJournaux\r\n");
        for (code, name) in JOURNALS {
            let _ = write!(text, "  {code} : {name}\r\n");
        }
        text.push_str("\r\nComptes\r\n");
        for compte in Compte::ALL.iter().filter(|compte| compte.unit() == Unit::Eur) {
            let _ = write!(text, "  {compte} : {}\r\n", compte.label());
        }
        let total = i64::try_from(self.total)
            .map_or_else(|_| self.total.to_string(), |t| french::decimal_comma(Cents::new(t)));
        let _ = write!(
            text,
            "\r\nÉcritures : {}\r\nLignes : {}\r\nTotal des débits, égal au total des crédits : {total} EUR\r\n",
            self.ecritures, self.lines
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Format;
    use crate::export::tests::{OCCURRED, export, works};
    use chambre_domain::Siren;

    #[test]
    fn an_ecriture_is_two_lines_of_twenty_columns() {
        let files = export(Format::Fec, Scope::whole(Date::constant(2025, 12, 31)), &[works(7, 1)]);
        let text = files.text("000000000FEC20251231.txt");
        let siren = Siren::fictitious(1);
        let expected = [
            COLUMNS.join("\t"),
            format!(
                "SOL\tEfforts de solidarité\t1\t20250401\t615900\tTravaux d’adaptation supportés\t{siren}\tBailleur {siren}\te-7\t20250331\tTravaux d’adaptation R-1\t1200,00\t0,00\t\t\t20250401\t\t\t200057867\t7"
            ),
            format!(
                "SOL\tEfforts de solidarité\t1\t20250401\t467900\tEffort mesuré, à répartir\t{siren}\tBailleur {siren}\te-7\t20250331\tTravaux d’adaptation R-1\t0,00\t1200,00\t\t\t20250401\t\t\t200057867\t7"
            ),
        ];
        assert_eq!(text.split("\r\n").filter(|line| !line.is_empty()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn numbering_is_continuous_in_each_file_and_the_name_carries_its_siren() {
        let territory = chambre_domain::TerritoryId::parse("t", "200057867").unwrap();
        let scope = Scope { territory: Some(territory), ..Scope::whole(OCCURRED) };
        let text = export(Format::Fec, scope, &[works(7, 1), works(9, 2)]).text("200057867FEC20250331.txt");
        let numbers: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split('\t').nth(2)).collect();
        assert_eq!(numbers, ["1", "1", "2", "2"]);
    }

    #[test]
    fn the_description_says_what_the_file_is_not() {
        let files = export(Format::Fec, Scope::whole(OCCURRED), &[works(7, 1)]);
        let text = files.text("000000000FEC20250331_description.txt");
        assert!(
            text.contains("EXTRAIT DU REGISTRE EXTRA-COMPTABLE") && text.contains("Ce n’est pas le fichier")
        );
        assert!(text.contains("Total des débits, égal au total des crédits : 1200,00 EUR"));
        assert!(COLUMNS.iter().all(|column| text.contains(&format!("  {column} : "))));
    }
}
