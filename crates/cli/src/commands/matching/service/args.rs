//! What is typed.

use super::words::{Decision, Decline, Mode, Refusal, StepName, Why, Withdrawal};
use crate::chamber::{self, ServerOptions};
use crate::look;
use chambre_domain::{Cents, Date, TerritoryId};
use std::path::PathBuf;

/// What is declared.
#[derive(Debug, clap::Args)]
pub struct DeclareArgs {
    /// Dossier de besoins.csv, logements.csv et contingents.csv (colonnes : docs/appariement.md)
    #[arg(value_name = "DOSSIER")]
    pub folder: PathBuf,
    /// Territoire qui met les contingents en commun : SIREN ou nom
    #[arg(long, value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: Option<TerritoryId>,
    /// Jour auquel les communes sont lues (défaut : aujourd’hui, à Paris)
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub on: Option<Date>,
    #[command(flatten)]
    pub author: AuthorOptions,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Who acts.
#[derive(Debug, clap::Args)]
pub struct AuthorOptions {
    /// Auteur (défaut : le nom de votre identité, quand les accès sont contrôlés)
    #[arg(long, value_name = "AGENT")]
    pub officer: Option<String>,
    /// Contrôle seulement : rien n’est enregistré
    #[arg(long)]
    pub validate_only: bool,
}

/// Where.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Territoire : SIREN ou nom
    #[arg(value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: TerritoryId,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Which pair.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// Pseudonyme du ménage
    #[arg(value_name = "MÉNAGE")]
    pub household: String,
    /// Identifiant de l’offre
    #[arg(value_name = "OFFRE")]
    pub offer: String,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Which pair, and how it came.
#[derive(Debug, clap::Args)]
pub struct ProposeArgs {
    /// Pseudonyme du ménage
    #[arg(value_name = "MÉNAGE")]
    pub household: String,
    /// Identifiant de l’offre
    #[arg(value_name = "OFFRE")]
    pub offer: String,
    /// Identifiant de la proposition (défaut : tiré du ménage et de l’offre)
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Comment ce couple a été rapproché
    #[arg(long, value_enum, default_value = "bourse")]
    pub mode: Mode,
    /// Motif d’un fléchage
    #[arg(long, value_name = "MOTIF", value_enum, required_if_eq("mode", "fleche"))]
    pub reason: Option<Why>,
    /// Offre formelle sous laquelle le logement sera notifié (défaut : l’identifiant de la proposition)
    #[arg(long, value_name = "ID")]
    pub formal_offer: Option<String>,
    /// Rang parmi les candidats à ce logement
    #[arg(long, value_name = "RANG", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=3))]
    pub rank: i32,
    #[command(flatten)]
    pub author: AuthorOptions,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Which step.
#[derive(Debug, clap::Args)]
pub struct AnswerArgs {
    /// Identifiant de la proposition
    #[arg(value_name = "PROPOSITION")]
    pub proposal: String,
    /// Étape
    #[arg(value_name = "ÉTAPE", value_enum)]
    pub step: StepName,
    /// Décision de la CALEOL (avec « caleol »)
    #[arg(long, value_enum, required_if_eq("step", "caleol"))]
    pub decision: Option<Decision>,
    /// Rang d’une attribution sur un logement à plusieurs candidats (avec « --decision rang »)
    #[arg(long, value_name = "RANG", value_parser = clap::value_parser!(i32).range(1..=3), required_if_eq("decision", "rang"))]
    pub rank: Option<i32>,
    /// Pourquoi l’équipe décline (avec « decliner »)
    #[arg(long, value_name = "MOTIF", value_enum, required_if_eq("step", "decliner"))]
    pub declined_for: Option<Decline>,
    /// Pourquoi le ménage refuse (avec « refuser »)
    #[arg(long, value_name = "MOTIF", value_enum, required_if_eq("step", "refuser"))]
    pub refused_for: Option<Refusal>,
    /// Pourquoi la proposition est retirée (avec « retirer »)
    #[arg(long, value_name = "MOTIF", value_enum, required_if_eq("step", "retirer"))]
    pub withdrawn_for: Option<Withdrawal>,
    /// Jour de l’étape (défaut : aujourd’hui)
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub on: Option<Date>,
    #[command(flatten)]
    pub author: AuthorOptions,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// The lease.
#[derive(Debug, clap::Args)]
pub struct CompleteArgs {
    /// Identifiant de la proposition acceptée
    #[arg(value_name = "PROPOSITION")]
    pub proposal: String,
    /// Identifiant du relogement au registre (défaut : celui de la proposition)
    #[arg(long, value_name = "ID")]
    pub placement: Option<String>,
    /// Premier jour du bail
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub lease_date: Date,
    /// Loyer mensuel du bail, hors charges, avant RLS : 512,40
    #[arg(long, value_name = "EUROS", value_parser = euros)]
    pub rent: Cents,
    /// Charges mensuelles
    #[arg(long, value_name = "EUROS", value_parser = euros)]
    pub charges: Option<Cents>,
    /// Travaux faits, une fois pour chaque facture : MONTANT:DATE:PIÈCE
    #[arg(long, value_name = "MONTANT:DATE:PIÈCE", value_parser = works)]
    pub works: Vec<DoneWorks>,
    /// Vacance organisée : DU:AU:LOYER PERDU
    #[arg(long, value_name = "DU:AU:MONTANT", value_parser = vacancy)]
    pub vacancy: Option<KeptEmpty>,
    /// La demande porte le motif « renouvellement urbain » au SNE
    #[arg(long)]
    pub sne: bool,
    #[command(flatten)]
    pub author: AuthorOptions,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Which proposals.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Territoire : SIREN ou nom (défaut : tous ceux que vous voyez)
    #[arg(value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: Option<TerritoryId>,
    /// Seulement celles qui sont en cours
    #[arg(long)]
    pub live: bool,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Which report.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Territoire : SIREN ou nom
    #[arg(value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: TerritoryId,
    /// Écrit l’état des besoins du mois dans ce fichier .csv ou .xlsx
    #[arg(long, value_name = "FICHIER")]
    pub out: Option<PathBuf>,
    /// Remplace le fichier du même nom
    #[arg(long, requires = "out")]
    pub force: bool,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Which messages.
#[derive(Debug, clap::Args)]
pub struct OutboxArgs {
    /// Territoire : SIREN ou nom (défaut : tous ceux que vous voyez)
    #[arg(value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: Option<TerritoryId>,
    /// Seulement ceux qui attendent
    #[arg(long)]
    pub waiting: bool,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Works, as typed.
#[derive(Debug, Clone)]
pub struct DoneWorks {
    pub amount: Cents,
    pub invoiced_on: Date,
    pub voucher: String,
}

/// A vacancy, as typed.
#[derive(Debug, Clone)]
pub struct KeptEmpty {
    pub from: Date,
    pub to: Date,
    pub rent_lost: Cents,
}

fn euros(text: &str) -> Result<Cents, String> {
    Cents::parse_euros("montant", text).map_err(|refusal| refusal.french())
}

fn works(text: &str) -> Result<DoneWorks, String> {
    let [amount, invoiced_on, voucher] = parts(text, "1200,00:2026-10-05:F-2026-31")?;
    let (amount, invoiced_on) = (euros(amount)?, look::typed_day(invoiced_on)?);
    Ok(DoneWorks { amount, invoiced_on, voucher: voucher.to_owned() })
}

fn vacancy(text: &str) -> Result<KeptEmpty, String> {
    let [from, to, lost] = parts(text, "2026-09-01:2026-09-30:620,00")?;
    Ok(KeptEmpty { from: look::typed_day(from)?, to: look::typed_day(to)?, rent_lost: euros(lost)? })
}

fn parts<'a>(text: &'a str, example: &str) -> Result<[&'a str; 3], String> {
    let parts: Vec<&str> = text.splitn(3, ':').collect();
    parts.try_into().map_err(|_| format!("écrivez par exemple {example}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works_and_a_vacancy_are_typed_in_three_parts() {
        let made = works("1200,50:05/10/2026:F:31").unwrap();
        assert_eq!((made.amount, made.voucher.as_str()), (Cents::new(120_050), "F:31"));
        assert_eq!(vacancy("2026-09-01:2026-09-30:620").unwrap().rent_lost, Cents::new(62_000));
        for wrong in ["", "1200", "1200:demain:F", "x:2026-01-01:F"] {
            assert!(works(wrong).is_err(), "{wrong}");
        }
    }
}
