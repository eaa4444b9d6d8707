//! `chambre serve`: runs the server until it is told to stop.

use super::DataOptions;
use crate::failure::Failure;
use crate::report::{self, Exit, Report};
use chambre_api::{Client, Credentials};
use chambre_audit::proof::SecretKey;
use chambre_server::access::{AccessSettings, KeySource, TlsSettings, TokenSettings};
use chambre_server::notary::NotaryError;
use chambre_server::{Config, RemoteLedger, Running, ServerError, system_clock};
use clap::ValueEnum;
use serde_json::json;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How the server runs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Adresse d’écoute (défaut : 127.0.0.1:50051) ; ouverte au réseau seulement avec chiffrement et identités
    #[arg(long, value_name = "ADRESSE:PORT")]
    listen: Option<SocketAddr>,
    /// Adresse des mesures pour Prometheus (défaut : aucune)
    #[arg(long, value_name = "ADRESSE:PORT")]
    metrics: Option<SocketAddr>,
    /// Forme du journal technique, sur la sortie d’erreur
    #[arg(long, value_enum, default_value = "text")]
    log: Log,
    /// Événements qui peuvent attendre leur écriture (défaut : 65 536)
    #[arg(long, value_name = "NOMBRE", value_parser = clap::value_parser!(u32).range(1..))]
    queue: Option<u32>,
    /// Place libre sous laquelle l’écriture est suspendue, en Mio (défaut : 64)
    #[arg(long, value_name = "MIO", value_parser = clap::value_parser!(u32).range(1..))]
    disk_reserve_mio: Option<u32>,
    /// Clé qui signe les points de contrôle du journal (« chambre keys new » ; défaut : aucune)
    #[arg(long, value_name = "FICHIER", env = "CHAMBRE_CHECKPOINT_KEY")]
    checkpoint_key: Option<PathBuf>,
    #[command(flatten)]
    access: AccessOptions,
    #[command(flatten)]
    matching: MatchingOptions,
    #[command(flatten)]
    pub data: DataOptions,
}

/// The ledger that the matching tells its placements, when it is not this server's.
#[derive(Debug, Default, clap::Args)]
pub struct MatchingOptions {
    /// Sert l’appariement seul ; les baux signés sont dits au registre de ce serveur (défaut : au sien)
    #[arg(long, value_name = "ADRESSE", env = "CHAMBRE_MATCHING_LEDGER")]
    matching_ledger: Option<String>,
    /// Autorité qui a signé le certificat de ce registre (PEM), pour une adresse https
    #[arg(long, value_name = "FICHIER", requires = "matching_ledger")]
    matching_tls_ca: Option<PathBuf>,
    /// Fichier du jeton que l’appariement montre à ce registre
    #[arg(long, value_name = "FICHIER", requires = "matching_ledger")]
    matching_token_file: Option<PathBuf>,
}

impl MatchingOptions {
    /// The ledger and what is shown there; what a token holds never leaves this function but for the call.
    fn settings(&self) -> Result<Option<RemoteLedger>, Failure> {
        let Some(address) = self.matching_ledger.clone() else { return Ok(None) };
        if Client::endpoint(&address).is_err() || !address.starts_with("http") {
            return Err(Failure::usage(format!(
                "--matching-ledger : « {address} » n’est pas une adresse ; écrivez par exemple http://127.0.0.1:50051."
            )));
        }
        let read = |path: &PathBuf| std::fs::read(path).map_err(|error| Failure::of_file(path, &error));
        let token = self.matching_token_file.as_ref().map(read).transpose()?;
        let credentials = Credentials {
            authority: self.matching_tls_ca.as_ref().map(read).transpose()?,
            certificate: None,
            token: token.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()),
        };
        Ok(Some(RemoteLedger { address, credentials }))
    }
}

/// How callers prove who they are; none of them is a trial on this machine.
#[derive(Debug, Default, clap::Args)]
pub struct AccessOptions {
    /// Certificat du serveur, puis ceux qui mènent à son autorité (PEM) : chiffre les connexions
    #[arg(long = "server-cert", value_name = "FICHIER", requires = "server_key")]
    server_cert: Option<PathBuf>,
    /// Clé privée du certificat du serveur (PEM)
    #[arg(long = "server-key", value_name = "FICHIER", requires = "server_cert")]
    server_key: Option<PathBuf>,
    /// Autorités qui signent les certificats des appelants (PEM)
    #[arg(long, value_name = "FICHIER", requires = "server_cert")]
    client_ca: Option<PathBuf>,
    /// Listes des certificats que ces autorités ont révoqués (CRL, PEM), relues quand le fichier change
    #[arg(long, value_name = "FICHIER", requires = "client_ca")]
    client_crl: Option<PathBuf>,
    /// Clés publiques de l’émetteur des jetons (JWKS) : fichier, relu quand il change, ou adresse https://
    #[arg(long, value_name = "FICHIER|URL", requires = "token_issuer")]
    jwks: Option<String>,
    /// Autorité qui a signé le certificat de cette adresse (PEM ; défaut : celles du système)
    #[arg(long, value_name = "FICHIER", requires = "jwks")]
    jwks_ca: Option<PathBuf>,
    /// Émetteur des jetons (iss)
    #[arg(long, value_name = "URL", requires_all = ["jwks", "token_audience"])]
    token_issuer: Option<String>,
    /// Destinataire que les jetons doivent nommer (aud)
    #[arg(long, value_name = "NOM", requires = "jwks")]
    token_audience: Option<String>,
    /// Annuaire : droits par nom (TOML), relu quand il change
    #[arg(long, value_name = "FICHIER")]
    identities: Option<PathBuf>,
    /// Certificats, jetons et noms qui ne sont plus acceptés, relus quand le fichier change
    #[arg(long, value_name = "FICHIER")]
    revoked: Option<PathBuf>,
    /// Appels par seconde d’une même identité (défaut : 1 000)
    #[arg(long, value_name = "NOMBRE", value_parser = clap::value_parser!(u32).range(1..))]
    calls_per_second: Option<u32>,
}

impl AccessOptions {
    fn check(&self) -> Result<(), Failure> {
        match &self.jwks {
            Some(jwks) if self.jwks_ca.is_some() && !jwks.contains("://") => Err(Failure::usage(format!(
                "--jwks-ca : {jwks} est un fichier ; une autorité ne sert que pour une adresse https://."
            ))),
            _ => Ok(()),
        }
    }

    fn settings(&self) -> AccessSettings {
        let pair = self.server_cert.clone().zip(self.server_key.clone());
        let source = |text: String| {
            if text.contains("://") {
                KeySource::Url { url: text, authority: self.jwks_ca.clone() }
            } else {
                KeySource::File(PathBuf::from(text))
            }
        };
        let tokens = self.jwks.clone().map(|jwks| TokenSettings {
            jwks: source(jwks),
            issuer: self.token_issuer.clone().unwrap_or_default(),
            audience: self.token_audience.clone().unwrap_or_default(),
        });
        AccessSettings {
            tls: pair.map(|(certificate, key)| TlsSettings { certificate, key }),
            client_ca: self.client_ca.clone(),
            client_crl: self.client_crl.clone(),
            tokens,
            directory: self.identities.clone(),
            revoked: self.revoked.clone(),
            calls_per_second: Some(self.calls_per_second.unwrap_or(AccessSettings::USUAL_CALLS_PER_SECOND)),
        }
    }
}

/// Shapes of the technical log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Log {
    /// One object a line.
    Json,
    /// For people.
    Text,
}

/// Runs until SIGTERM or SIGINT, then finishes what is under way; a second signal ends at once.
///
/// # Errors
/// An address that is refused (2); a port taken, a journal that cannot be opened or written (3).
pub async fn run(args: Args, before: Option<PathBuf>, json: bool) -> Result<Report, Failure> {
    args.access.check()?;
    start_log(args.log)?;
    let mut config = config(&args, before);
    config.checkpoint_key = args.checkpoint_key.as_deref().map(secret_key).transpose()?;
    config.matching_ledger = args.matching.settings()?;
    let folder = config.data.clone();
    let mut signals = Signals::listen().map_err(|error| Failure::infrastructure(error.to_string()))?;
    let mut running = tokio::select! {
        started = chambre_server::start(config, system_clock()) => started.map_err(|error| why(&folder, error))?,
        // A long journal is still being read again: nothing was accepted, nothing is to be finished.
        () = signals.next() => end_at_once(Exit::Done, "Arrêt avant la fin du démarrage."),
    };
    say_ready(&running, &folder, json);
    let failed = tokio::select! {
        () = signals.next() => false,
        () = running.failed() => true,
    };
    let stopping = running.stop();
    let stopped = tokio::select! {
        stopped = stopping => stopped,
        () = signals.next() => {
            end_at_once(Exit::Infrastructure, "Arrêt immédiat ; ce qui a été confirmé est sur le disque.")
        }
    };
    if failed {
        let cause = stopped.err().map_or_else(String::new, |error| format!(" {}", why(&folder, error)));
        return Err(Failure::infrastructure(format!(
            "le journal ne peut plus être écrit : le serveur s’arrête.{cause} Contrôlez le disque, puis \
             « chambre verify », puis redémarrez."
        )));
    }
    stopped.map_err(|error| why(&folder, error))?;
    // The standard output keeps its one line: the address.
    report::warn("Serveur arrêté ; tout ce qui a été confirmé est sur le disque.");
    Ok(Report::default())
}

/// Ends without waiting for the threads that still read or write; the journal stands it, as a power cut.
fn end_at_once(exit: Exit, words: &str) -> ! {
    report::warn(words);
    std::process::exit(exit as i32)
}

fn config(args: &Args, before: Option<PathBuf>) -> Config {
    let mut config = Config::new(args.data.folder(before));
    config.listen = args.listen.unwrap_or(config.listen);
    config.metrics = args.metrics;
    config.access = args.access.settings();
    config.ledger.queue_events = args.queue.unwrap_or(config.ledger.queue_events);
    if let Some(mio) = args.disk_reserve_mio {
        config.ledger.disk_reserve_bytes = u64::from(mio) << 20;
    }
    config
}

/// Reads the key that signs; its text never leaves this function.
fn secret_key(file: &Path) -> Result<SecretKey, Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let of_file = |error| Failure::of_file(file, &error);
    if std::fs::metadata(file).map_err(of_file)?.permissions().mode() & 0o077 != 0 {
        let file = file.display();
        report::warn(&format!("Attention : d’autres comptes de cette machine lisent {file} (chmod 600)."));
    }
    let text = std::fs::read_to_string(file).map_err(of_file)?;
    let unreadable = |_| Failure::usage(format!("{} : ce n’est pas une clé de signature.", file.display()));
    SecretKey::parse(&text).map_err(unreadable)
}

fn start_log(log: Log) -> Result<(), Failure> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match log {
        Log::Json => lines.json().try_init(),
        Log::Text => lines.try_init(),
    };
    started.map_err(|error| Failure::infrastructure(error.to_string()))
}

fn say_ready(running: &Running, folder: &Path, json: bool) {
    let (address, metrics) = (running.address(), running.metrics_address());
    let scheme = if running.is_encrypted() { "https" } else { "http" };
    if json {
        let mut ready = json!({
            "listening": format!("{scheme}://{address}"),
            "access": if running.has_access_control() { "on" } else { "trial" },
        });
        if let Some(metrics) = metrics {
            ready["metrics"] = json!(format!("http://{metrics}/metrics"));
        }
        report::print(&ready.to_string());
        return;
    }
    let measures =
        metrics.map_or_else(String::new, |metrics| format!(" ; mesures : http://{metrics}/metrics"));
    let access = if running.has_access_control() {
        "accès contrôlés"
    } else {
        "essai : tout appelant de cette machine a tous les droits"
    };
    report::print(&format!(
        "La chambre écoute sur {scheme}://{address} (données : {}{measures} ; {access}).",
        folder.display()
    ));
}

/// Why the server does not run, in French.
fn why(folder: &Path, error: ServerError) -> Failure {
    match error {
        ServerError::NotLoopback(address) => Failure::usage(format!(
            "{address} est ouverte au réseau. Sans chiffrement ni authentification, le serveur \
             n’écoute que sur 127.0.0.1 ou [::1]. Ajoutez --server-cert, --server-key, et --client-ca ou \
             --jwks."
        )),
        ServerError::MetricsNotLoopback(address) => Failure::usage(format!(
            "{address} est ouverte au réseau. Les mesures ne sont servies que sur 127.0.0.1 ou [::1]."
        )),
        ServerError::Access(cause) => {
            Failure::usage(format!("le contrôle d’accès ne peut être mis en place ({cause})."))
        }
        ServerError::Listen { address, cause } if cause.kind() == std::io::ErrorKind::AddrInUse => {
            Failure::infrastructure(format!("{address} est déjà pris par un autre programme."))
        }
        ServerError::Listen { address, cause } => {
            Failure::infrastructure(format!("impossible d’écouter sur {address} ({cause})."))
        }
        ServerError::Ledger(error) => Failure::of_books(folder, error),
        ServerError::Notary(NotaryError::Ledger(error)) => Failure::of_books(folder, error),
        ServerError::Notary(NotaryError::OtherJournal { file, size }) => Failure::infrastructure(format!(
            "{} : ce point de contrôle signé ne correspond pas au journal, qui a été coupé ou remplacé avant son \
             écriture n° {size}. Restaurez le bon journal ; n’effacez pas le point de contrôle.",
            file.display()
        )),
        ServerError::Notary(NotaryError::Unreadable { file, cause }) => {
            Failure::infrastructure(format!("{} : point de contrôle illisible ({cause}).", file.display()))
        }
        ServerError::Metrics(cause) => {
            Failure::infrastructure(format!("les mesures ne peuvent être servies ({cause})."))
        }
        ServerError::Setup(cause) => {
            Failure::infrastructure(format!("le serveur ne peut être mis en place ({cause})."))
        }
        ServerError::Transport(cause) => {
            Failure::infrastructure(format!("le service s’est interrompu ({cause})."))
        }
    }
}

/// SIGTERM and SIGINT.
struct Signals {
    term: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(listen: &str) -> Args {
        Args {
            listen: Some(listen.parse().unwrap()),
            metrics: None,
            log: Log::Text,
            queue: Some(10),
            disk_reserve_mio: Some(2),
            access: AccessOptions::default(),
            matching: MatchingOptions::default(),
            checkpoint_key: None,
            data: DataOptions::default(),
        }
    }

    #[test]
    fn options_become_the_settings_of_the_server() {
        let config = config(&args("127.0.0.1:0"), Some(PathBuf::from("ailleurs")));
        assert_eq!((config.listen.port(), config.data), (0, PathBuf::from("ailleurs")));
        assert_eq!((config.ledger.queue_events, config.ledger.disk_reserve_bytes), (10, 2 << 20));
    }

    #[tokio::test]
    async fn an_address_open_to_the_network_is_refused_and_a_port_taken_is_infrastructure() {
        let folder = tempfile::tempdir().unwrap();
        let start = async |listen: &str| {
            let config = config(&args(listen), Some(folder.path().to_owned()));
            chambre_server::start(config, system_clock()).await.map_err(|error| why(folder.path(), error))
        };
        assert_eq!(start("0.0.0.0:0").await.unwrap_err().exit(), Exit::Usage);
        let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let failure = start(&taken.local_addr().unwrap().to_string()).await.unwrap_err();
        assert_eq!(failure.exit(), Exit::Infrastructure);
        assert!(failure.to_string().contains("déjà pris"));
    }
}
