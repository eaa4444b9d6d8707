//! What is typed.

mod moves;

pub use moves::{ChainArgs, DeclineArgs, RotationArgs, TransfersArgs};

use super::words::{Decision, Decline, Mode, Poster, Refusal, StepName, Why, Withdrawal};
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

/// What is taken off its list.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["household", "offer"])))]
pub struct WithdrawArgs {
    /// Ménage qui n’est plus à reloger : son pseudonyme
    #[arg(long, value_name = "MÉNAGE")]
    pub household: Option<String>,
    /// Offre qui n’est plus ouverte
    #[arg(long, value_name = "OFFRE")]
    pub offer: Option<String>,
    #[command(flatten)]
    pub author: AuthorOptions,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// The rules of a territory: shown, or changed from a day on.
#[derive(Debug, clap::Args)]
pub struct PolicyArgs {
    /// Territoire : SIREN ou nom
    #[arg(value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: TerritoryId,
    /// Publie une nouvelle version, en vigueur à partir de ce jour ; ce qui n’est pas dit ne change pas
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub from: Option<Date>,
    /// Plafond du taux d’effort, en pour cent : 30 ou 33,3
    #[arg(long, value_name = "POUR CENT", value_parser = hundredths, requires = "from")]
    pub effort_cap: Option<i32>,
    /// Plancher du reste pour vivre, en euros par jour et par unité de consommation
    #[arg(long, value_name = "EUROS", value_parser = euros, requires = "from")]
    pub rest_to_live: Option<Cents>,
    /// Jours pour se positionner sur la bourse
    #[arg(long, value_name = "JOURS", requires = "from")]
    pub window_days: Option<i32>,
    /// Jours du tour de chaque MOUS, en priorité tournante
    #[arg(long, value_name = "JOURS", requires = "from")]
    pub turn_days: Option<i32>,
    /// Ordre des MOUS en priorité tournante, la première à parler d’abord : M1,M2,M3 ; « aucune » arrête la rotation
    #[arg(long, value_name = "MOUS,…", value_parser = teams, requires = "from")]
    pub rotation: Option<Teams>,
    /// Jours pour que le ménage réponde (dix au moins)
    #[arg(long, value_name = "JOURS", requires = "from")]
    pub answer_days: Option<i32>,
    /// Jours au-delà desquels un logement gardé est signalé
    #[arg(long, value_name = "JOURS", requires = "from")]
    pub hold_days: Option<i32>,
    /// Qui peut déposer sur la bourse
    #[arg(long, value_enum, requires = "from")]
    pub poster: Option<Poster>,
    /// Règle qui admet un couple, avec un avertissement, quand une donnée manque (à répéter) : H02_FINANCING
    #[arg(long, value_name = "CODE", requires = "from")]
    pub admit_unknown: Vec<String>,
    #[command(flatten)]
    pub author: AuthorOptions,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Where.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Territoire : SIREN ou nom
    #[arg(value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: TerritoryId,
    /// Impose un couple, et dit ce qu’il coûte à l’ensemble (à répéter)
    #[arg(long, value_name = "MÉNAGE:OFFRE", value_parser = pair)]
    pub pin: Vec<(String, String)>,
    /// Écarte un couple, et dit ce qu’il coûte à l’ensemble (à répéter)
    #[arg(long, value_name = "MÉNAGE:OFFRE", value_parser = pair)]
    pub ban: Vec<(String, String)>,
    /// Cherche aussi des chaînes : tant de mutations qui se suivent au plus, de 1 à 5 (0 : aucune)
    #[arg(long, value_name = "NOMBRE", default_value_t = 0, conflicts_with_all = ["pin", "ban"],
          value_parser = clap::value_parser!(u8).range(0..=5))]
    pub transfers: u8,
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
    /// Les mutations déclarées, plutôt que les propositions
    #[arg(long, conflicts_with = "live")]
    pub transfers: bool,
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
    /// Dessine les états dans ce fichier .svg : offres sans réaction, délais, réalisé sur engagé, besoins
    #[arg(long, value_name = "FICHIER")]
    pub picture: Option<PathBuf>,
    /// Remplace les fichiers du même nom
    #[arg(long)]
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

/// A share in hundredths of a percent: `33,3` is 3 330 basis points. Read as an amount is: two decimals at most.
fn hundredths(text: &str) -> Result<i32, String> {
    let share = Cents::parse_euros("part", text.trim_end_matches(['%', ' ', '\u{a0}']));
    let share = share.ok().and_then(|share| i32::try_from(share.get()).ok());
    share.ok_or_else(|| "ce n’est pas un pourcentage ; écrivez 30 ou 33,3".to_owned())
}

/// Teams in an order, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Teams(pub Vec<String>);

fn teams(text: &str) -> Result<Teams, String> {
    if text.trim() == "aucune" {
        return Ok(Teams(Vec::new()));
    }
    let teams: Vec<String> = text.split(',').map(|team| team.trim().to_owned()).collect();
    if teams.iter().any(String::is_empty) {
        Err("écrivez M1,M2,M3, ou aucune".to_owned())
    } else {
        Ok(Teams(teams))
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (household, offer) = text.rsplit_once(':').ok_or("écrivez MÉNAGE:OFFRE")?;
    Ok((household.to_owned(), offer.to_owned()))
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
    fn a_share_is_typed_in_percent() {
        assert_eq!(hundredths("30"), Ok(3_000));
        assert_eq!(hundredths("33,3 %"), Ok(3_330));
        assert!(hundredths("un tiers").is_err() && hundredths("33,333").is_err());
    }

    #[test]
    fn an_order_of_teams_is_typed_with_commas() {
        assert_eq!(teams("M2, M1").unwrap().0, ["M2", "M1"]);
        assert_eq!(teams("aucune"), Ok(Teams(Vec::new())));
        assert!(teams("").is_err() && teams("M1,,M2").is_err());
    }

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
