//! The server that a command speaks to, and the names it knows.

use crate::failure::Failure;
use chambre_api::{Client, ConnectError, Credentials, v1};
use chambre_domain::territory::{Atlas, Territory};
use chambre_domain::{Siren, TerritoryId};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where a trial server listens.
pub const DEFAULT_SERVER: &str = "http://127.0.0.1:50051";

const PAGE: i32 = 1000;

/// Options of a command that speaks to the server.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ServerOptions {
    /// Adresse du serveur (défaut : CHAMBRE_SERVER, sinon http://127.0.0.1:50051)
    #[arg(long, value_name = "ADRESSE")]
    pub server: Option<String>,
    /// Certificat de l’autorité qui a signé celui du serveur (PEM), pour une adresse https
    #[arg(long, value_name = "FICHIER", env = "CHAMBRE_TLS_CA")]
    pub tls_ca: Option<PathBuf>,
    /// Votre certificat (PEM), pour vous présenter au serveur
    #[arg(long, value_name = "FICHIER", env = "CHAMBRE_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// La clé privée de votre certificat (PEM)
    #[arg(long, value_name = "FICHIER", env = "CHAMBRE_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Fichier qui contient votre jeton d’accès (JWT), lu à chaque commande
    #[arg(long, value_name = "FICHIER", env = "CHAMBRE_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
    /// Répond en JSON, pour un programme
    #[arg(long)]
    pub json: bool,
}

/// Where the server is, and who calls.
#[derive(Debug, Clone)]
pub struct Contact {
    server: String,
    options: ServerOptions,
}

impl Contact {
    /// The server named after the command, else before it, else the one of a trial.
    pub fn new(options: &ServerOptions, before: Option<&String>) -> Self {
        let server = options.server.as_ref().or(before).cloned();
        Self { server: server.unwrap_or_else(|| DEFAULT_SERVER.to_owned()), options: options.clone() }
    }

    /// Opens the connection.
    ///
    /// # Errors
    /// An address that cannot be one (2), nobody who answers there (3).
    pub async fn open(&self) -> Result<Client, Failure> {
        let server = &self.server;
        let known = server.starts_with("http://") || server.starts_with("https://");
        if !known || Client::endpoint(server).is_err() {
            return Err(Failure::usage(format!(
                "--server : « {server} » n’est pas une adresse ; écrivez par exemple {DEFAULT_SERVER}."
            )));
        }
        Client::connect_as(server, self.credentials()?).await.map_err(|error| match error {
            ConnectError::Token => {
                Failure::usage("--token-file : ce fichier ne contient pas un jeton sur une ligne.")
            }
            ConnectError::Transport(error) => {
                let cause = cause(&error);
                Failure::infrastructure(format!(
                    "le serveur {server} ne répond pas ({cause}). Démarrez-le avec « chambre serve », ou \
                     indiquez son adresse avec --server."
                ))
            }
        })
    }

    fn credentials(&self) -> Result<Credentials, Failure> {
        let ServerOptions { tls_ca, tls_cert, tls_key, token_file, .. } = &self.options;
        let encrypted = self.server.starts_with("https://");
        if encrypted && tls_ca.is_none() {
            return Err(Failure::usage("--tls-ca manque : qui a signé le certificat du serveur ?"));
        }
        if !encrypted && (tls_cert.is_some() || token_file.is_some() && !self.stays_here()) {
            return Err(Failure::usage(format!(
                "{} n’est pas chiffrée : un certificat ne s’y présente pas, un jeton y serait lisible. Écrivez \
                 https://…",
                self.server
            )));
        }
        let pair = match (tls_cert, tls_key) {
            (Some(certificate), Some(key)) => Some((read(certificate)?, read(key)?)),
            _ => None,
        };
        let token = token_file.as_deref().map(read).transpose()?;
        let token = token.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
        Ok(Credentials { authority: tls_ca.as_deref().map(read).transpose()?, certificate: pair, token })
    }

    /// Whether what is sent does not leave this machine.
    fn stays_here(&self) -> bool {
        let host = self.server.trim_start_matches("http://");
        ["127.0.0.1", "[::1]", "localhost"].iter().any(|here| {
            host.strip_prefix(here).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        })
    }
}

fn read(path: impl AsRef<Path>) -> Result<Vec<u8>, Failure> {
    std::fs::read(path.as_ref()).map_err(|error| Failure::of_file(path.as_ref(), &error))
}

/// The first cause of an error, in French when it is the usual one.
fn cause(error: &(dyn Error + 'static)) -> String {
    let first = std::iter::successors(Some(error), |error| (*error).source()).last().unwrap_or(error);
    match first.downcast_ref::<std::io::Error>().map(std::io::Error::kind) {
        Some(ErrorKind::ConnectionRefused) => "connexion refusée".to_owned(),
        Some(ErrorKind::TimedOut) => "délai dépassé".to_owned(),
        _ => first.to_string(),
    }
}

/// Names of bailleurs by SIREN, for people.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// Asks the chamber for every name.
    ///
    /// # Errors
    /// What the server answers.
    pub async fn read(chamber: &Client) -> Result<Self, Failure> {
        let mut names = BTreeMap::new();
        let mut page_token = String::new();
        loop {
            let request = v1::ListBailleursRequest { page_size: PAGE, page_token };
            let page = chamber.registry().list_bailleurs(request).await?.into_inner();
            names.extend(page.bailleurs.into_iter().map(|bailleur| (bailleur.siren, bailleur.name)));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(Self(names));
            }
        }
    }

    /// `Plaine Commune Habitat (279300273)`; the SIREN alone when it is not registered.
    pub fn of(&self, siren: &str) -> String {
        self.0.get(siren).map_or_else(|| siren.to_owned(), |name| format!("{name} ({siren})"))
    }

    /// The name alone, when it is registered.
    pub fn name(&self, siren: &str) -> Option<&str> {
        self.0.get(siren).map(String::as_str)
    }
}

#[cfg(test)]
impl FromIterator<(String, String)> for Names {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

/// `Plaine Commune (200057867)`.
pub fn territory_name(siren: &str) -> String {
    match TerritoryId::parse("territory", siren) {
        Ok(id) => format!("{} ({siren})", id.territory().name),
        Err(_) => siren.to_owned(),
    }
}

/// Reads a territory by its SIREN, its name, or a part of its name that only it has.
///
/// # Errors
/// What is not one of the 63, or fits several: for clap, in French.
pub fn territory(text: &str) -> Result<TerritoryId, String> {
    if text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return TerritoryId::parse("territoire", text).map_err(|refusal| refusal.french());
    }
    let wanted = crate::file::plain(text);
    let named: Vec<&Territory> = Atlas::ile_de_france()
        .territories()
        .iter()
        .filter(|territory| crate::file::plain(&territory.name).contains(&wanted))
        .collect();
    let exact = named.iter().find(|territory| is_named(&territory.name, &wanted));
    match (exact, named.as_slice()) {
        (Some(territory), _) => Ok(territory.id),
        (None, [territory]) if !wanted.is_empty() => Ok(territory.id),
        (None, []) => Err("aucun des 63 territoires d’Île-de-France ne porte ce nom ni ce SIREN".to_owned()),
        (None, several) => {
            let names: Vec<String> =
                several.iter().take(8).map(|t| format!("{} ({})", t.name, t.id)).collect();
            let more = if several.len() > names.len() { "…" } else { "" };
            Err(format!("plusieurs territoires portent ce nom : {}{more}", names.join(", ")))
        }
    }
}

/// Whether this is the whole name, with or without what kind of territory it is: `Paris` is the Ville de Paris.
fn is_named(name: &str, wanted: &str) -> bool {
    let name = crate::file::plain(name);
    let kinds = ["ville_de_", "ca_", "cc_", "cu_"];
    name == wanted || kinds.iter().any(|kind| name.strip_prefix(kind) == Some(wanted))
}

/// Reads a SIREN, for clap.
///
/// # Errors
/// In French, why it is not one.
pub fn siren(text: &str) -> Result<Siren, String> {
    Siren::parse("siren", text).map_err(|refusal| refusal.french())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Exit;

    #[test]
    fn a_territory_is_found_by_siren_by_name_and_by_part_of_its_name() {
        for text in ["200057867", "Plaine Commune", "plaine commune", "PLAINE-COMMUNE", "laine com"] {
            assert_eq!(territory(text).unwrap().to_string(), "200057867", "{text}");
        }
        // Not the eight other territories that have Paris in their name.
        assert_eq!(territory("Paris").unwrap().to_string(), "217500016");
    }

    #[test]
    fn a_territory_unknown_or_shared_by_several_is_refused_in_french() {
        assert!(territory("Lyon").unwrap_err().contains("aucun des 63"));
        assert!(territory("grand").unwrap_err().contains("plusieurs territoires"));
        assert!(territory("200054781").unwrap_err().contains("63 territoires"));
    }

    #[test]
    fn names_are_shown_with_their_siren() {
        let names: Names = [("000000018".to_owned(), "Bailleur A".to_owned())].into_iter().collect();
        assert_eq!(names.of("000000018"), "Bailleur A (000000018)");
        assert_eq!(names.of("000000026"), "000000026");
        assert_eq!(territory_name("200057867"), "Plaine Commune (200057867)");
    }

    #[tokio::test]
    async fn a_bad_address_is_usage_and_a_silent_one_is_infrastructure() {
        let exit = async |text: &str| {
            let options = ServerOptions { server: Some(text.to_owned()), ..ServerOptions::default() };
            Contact::new(&options, None).open().await.unwrap_err().exit()
        };
        assert_eq!(exit("127.0.0.1:50051").await, Exit::Usage);
        assert_eq!(exit("http://").await, Exit::Usage);
        assert_eq!(exit("http://127.0.0.1:1").await, Exit::Infrastructure);
        assert_eq!(exit("https://127.0.0.1:1").await, Exit::Usage, "no authority");
    }

    #[tokio::test]
    async fn a_token_never_travels_in_the_clear() {
        let token_file = Some(PathBuf::from("jeton"));
        for (server, goes) in [
            ("http://127.0.0.1:1", true),
            ("http://localhost", true),
            ("http://chambre.example:1", false),
            ("http://127.0.0.1.example:1", false),
        ] {
            let options = ServerOptions {
                server: Some(server.to_owned()),
                token_file: token_file.clone(),
                ..ServerOptions::default()
            };
            let told = Contact::new(&options, None).open().await.unwrap_err().to_string();
            assert_eq!(!told.contains("lisible"), goes, "{server}: {told}");
        }
    }
}
