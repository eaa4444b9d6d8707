//! `chambre identity`: who may call the chamber, registered, revoked and listed by an administrator.

use crate::chamber::{self, Contact, ServerOptions, territory_name};
use crate::failure::Failure;
use crate::look::{self, cell, counted};
use crate::report::Report;
use chambre_api::{Client, v1};
use chambre_domain::{BookedAt, Siren, TerritoryId, french};
use chambre_server::access::identity::Role;
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};

const PAGE: i32 = 1000;

/// What is done.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Donne son rôle à un nom, à la place de celui d’avant ; vaut dès l’appel suivant
    Register(RegisterArgs),
    /// Refuse un nom, quoi qu’il prouve, jusqu’à une nouvelle inscription
    Revoke(RevokeArgs),
    /// Liste les noms de l’annuaire et du registre
    List(ListArgs),
}

/// Whose role.
#[derive(Debug, clap::Args)]
pub struct RegisterArgs {
    /// Nom : celui du certificat (CN) ou du jeton
    #[arg(value_name = "NOM")]
    name: String,
    /// Rôle : bailleur, agent (officer), coordinateur, auditeur, administrateur ou service d’appariement
    #[arg(long, value_name = "RÔLE", value_parser = PossibleValuesParser::new(Role::ALL.map(Role::name)))]
    role: String,
    /// SIREN du bailleur, pour le rôle bailleur
    #[arg(long, value_name = "SIREN", value_parser = chamber::siren)]
    siren: Option<Siren>,
    /// Territoire d’un agent ou d’un coordinateur, SIREN ou nom ; répétable
    #[arg(long = "territory", value_name = "TERRITOIRE", value_parser = chamber::territory)]
    territories: Vec<TerritoryId>,
    /// Toute la région, à la place de territoires
    #[arg(long, conflicts_with = "territories")]
    whole_region: bool,
    /// Contrôle seulement : rien n’est enregistré
    #[arg(long)]
    validate_only: bool,
    #[command(flatten)]
    server: ServerOptions,
}

/// Who is refused.
#[derive(Debug, clap::Args)]
pub struct RevokeArgs {
    /// Nom : celui du certificat (CN) ou du jeton
    #[arg(value_name = "NOM")]
    name: String,
    /// Même un nom jamais inscrit, dont les droits viennent de son seul certificat ou jeton
    #[arg(long)]
    allow_missing: bool,
    /// Contrôle seulement : rien n’est enregistré
    #[arg(long)]
    validate_only: bool,
    #[command(flatten)]
    server: ServerOptions,
}

/// Who is listed.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Aussi les noms révoqués
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    server: ServerOptions,
}

impl Command {
    /// Its options about the server.
    pub fn server(&self) -> &ServerOptions {
        match self {
            Self::Register(args) => &args.server,
            Self::Revoke(args) => &args.server,
            Self::List(args) => &args.server,
        }
    }
}

/// Does what is asked.
///
/// # Errors
/// What the chamber refuses (1, 2); the server (3).
pub async fn run(command: &Command, contact: &Contact) -> Result<Report, Failure> {
    match command {
        Command::Register(args) => register(args, &contact.open().await?).await,
        Command::Revoke(args) => revoke(args, &contact.open().await?).await,
        Command::List(args) => list(args, &contact.open().await?).await,
    }
}

async fn register(args: &RegisterArgs, chamber: &Client) -> Result<Report, Failure> {
    let role = v1::IdentityRole::from_str_name(&format!("IDENTITY_ROLE_{}", args.role.to_uppercase()));
    let identity = v1::Identity {
        name: args.name.clone(),
        role: role.unwrap_or_default().into(),
        bailleur_siren: args.siren.map(|siren| siren.to_string()).unwrap_or_default(),
        territory_sirens: args.territories.iter().map(ToString::to_string).collect(),
        whole_region: args.whole_region,
    };
    let validate_only = args.validate_only;
    let request = v1::RegisterIdentityRequest { identity: Some(identity), validate_only };
    let answer = chamber.access().register_identity(request).await?.into_inner();
    let held = answer.identity.unwrap_or_default();
    let told = held.identity.as_ref().map(rights).unwrap_or_default();
    let text = match (answer.replayed, validate_only) {
        (true, _) => format!("{} est déjà inscrit à l’identique : {told}.", args.name),
        (false, true) => format!("Inscription valable : {} serait {told}. Rien n’a été écrit.", args.name),
        (false, false) => format!("{} est inscrit : {told}. Cela vaut dès son prochain appel.", args.name),
    };
    Ok(decided(text, &held, answer.replayed, validate_only))
}

async fn revoke(args: &RevokeArgs, chamber: &Client) -> Result<Report, Failure> {
    let RevokeArgs { name, allow_missing, validate_only, .. } = args;
    let (allow_missing, validate_only) = (*allow_missing, *validate_only);
    let request = v1::RevokeIdentityRequest { name: name.clone(), allow_missing, validate_only };
    let answer = chamber.access().revoke_identity(request).await?.into_inner();
    let held = answer.identity.unwrap_or_default();
    let text = match (answer.replayed, validate_only) {
        (true, _) => format!("{name} est déjà révoqué, {}.", decision(&held)),
        (false, true) => format!("Révocation valable : {name} serait refusé. Rien n’a été écrit."),
        (false, false) => format!("{name} est révoqué : refusé dès son prochain appel, quoi qu’il prouve."),
    };
    Ok(decided(text, &held, answer.replayed, validate_only))
}

async fn list(args: &ListArgs, chamber: &Client) -> Result<Report, Failure> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListIdentitiesRequest { page_size: PAGE, page_token, show_revoked: args.all };
        let page = chamber.access().list_identities(request).await?.into_inner();
        found.extend(page.identities);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let json = json!({ "identities": found.iter().map(as_json).collect::<Vec<_>>() });
    if found.is_empty() {
        let text = "Aucune identité n’est inscrite : les droits viennent des certificats et des jetons.";
        return Ok(Report::new(text.to_owned(), json));
    }
    let mut table = look::table(&["Nom", "Droits", "État", "Décidé par"]);
    for held in &found {
        let identity = held.identity.clone().unwrap_or_default();
        let state = if held.revoked { "révoqué" } else { "en vigueur" };
        table.add_row([cell(&identity.name), cell(rights(&identity)), cell(state), cell(decision(held))]);
    }
    Ok(Report::new(format!("{table}\n{}.", counted(found.len(), "identité")), json))
}

/// `agent (officer), Plaine Commune (200057867)`.
fn rights(identity: &v1::Identity) -> String {
    let role = match identity.role() {
        v1::IdentityRole::Unspecified => return "–".to_owned(),
        v1::IdentityRole::Bailleur => "bailleur",
        v1::IdentityRole::Officer => "agent (officer)",
        v1::IdentityRole::Coordinator => "coordinateur (coordinator)",
        v1::IdentityRole::Auditor => "auditeur (auditor)",
        v1::IdentityRole::Administrator => "administrateur (administrator)",
        v1::IdentityRole::Matching => "service d’appariement (matching)",
    };
    let mut words = vec![role.to_owned()];
    words.extend(Some(identity.bailleur_siren.clone()).filter(|siren| !siren.is_empty()));
    words.extend(identity.territory_sirens.iter().map(|siren| territory_name(siren)));
    words.extend(identity.whole_region.then(|| "toute la région".to_owned()));
    words.join(", ")
}

/// `par root le 28/11/2026`, or the file that decides.
fn decision(held: &v1::RegisteredIdentity) -> String {
    match held.source() {
        v1::IdentitySource::Directory => "l’annuaire de l’exploitant".to_owned(),
        _ => format!("{} le {}", held.decided_by, french::short_date(instant(held).day_in_paris())),
    }
}

fn instant(held: &v1::RegisteredIdentity) -> BookedAt {
    let at = held.decided_at.unwrap_or_default();
    BookedAt::from_millis(at.seconds.saturating_mul(1000).saturating_add(i64::from(at.nanos / 1_000_000)))
}

fn decided(text: String, held: &v1::RegisteredIdentity, replayed: bool, validate_only: bool) -> Report {
    let json = json!({ "identity": as_json(held), "replayed": replayed, "validate_only": validate_only });
    Report::new(text, json)
}

fn as_json(held: &v1::RegisteredIdentity) -> Value {
    let identity = held.identity.clone().unwrap_or_default();
    let role = identity.role().as_str_name().trim_start_matches("IDENTITY_ROLE_").to_lowercase();
    let role = Some(role).filter(|_| identity.role() != v1::IdentityRole::Unspecified);
    let registered = held.source() == v1::IdentitySource::Register;
    json!({
        "name": identity.name,
        "role": role,
        "siren": Some(identity.bailleur_siren).filter(|siren| !siren.is_empty()),
        "territories": identity.territory_sirens,
        "whole_region": identity.whole_region,
        "source": if registered { "register" } else { "directory" },
        "revoked": held.revoked,
        "decided_by": Some(&held.decided_by).filter(|_| registered),
        "decided_at_millis": registered.then(|| instant(held).millis()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_told_in_french_with_where_they_hold() {
        let told = |role: v1::IdentityRole, change: fn(&mut v1::Identity)| {
            let mut identity = v1::Identity { role: role.into(), ..v1::Identity::default() };
            change(&mut identity);
            rights(&identity)
        };
        use v1::IdentityRole::{Bailleur, Officer, Unspecified};
        assert_eq!(told(Bailleur, |i| i.bailleur_siren = "000000018".to_owned()), "bailleur, 000000018");
        let here = |i: &mut v1::Identity| i.territory_sirens = vec!["200057867".to_owned()];
        assert_eq!(told(Officer, here), "agent (officer), Plaine Commune (200057867)");
        assert_eq!(told(Officer, |i| i.whole_region = true), "agent (officer), toute la région");
        assert_eq!(told(Unspecified, |_| {}), "–");
    }

    #[test]
    fn every_role_of_the_access_control_is_one_of_the_wire() {
        for role in Role::ALL {
            let wire =
                v1::IdentityRole::from_str_name(&format!("IDENTITY_ROLE_{}", role.name().to_uppercase()));
            assert!(wire.is_some(), "{role}");
        }
    }
}
