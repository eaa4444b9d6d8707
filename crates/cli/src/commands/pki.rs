//! `chambre pki`: an authority for a trial, and the certificates that it signs.
//!
//! For trials and tests. In production the certificates come from an authority that keeps its key off this machine.

use crate::chamber;
use crate::failure::Failure;
use crate::report::Report;
use chambre_domain::{Siren, TerritoryId, french};
use chambre_server::access::identity::Role;
use chambre_server::system_clock;
use clap::builder::PossibleValuesParser;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType,
    SerialNumber, date_time_ymd,
};
use serde_json::json;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use x509_parser::pem::parse_x509_pem;

/// Names of the files of an authority.
const AUTHORITY: (&str, &str) = ("ca.pem", "ca.key");

/// Name of its list of revoked certificates.
const CRL: &str = "ca.crl";

/// What is made.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Crée une autorité d’essai : ca.pem et ca.key
    Ca(CaArgs),
    /// Signe le certificat d’un serveur : server.pem et server.key
    Server(ServerArgs),
    /// Signe le certificat d’un appelant : NOM.pem et NOM.key
    Client(ClientArgs),
    /// Signe la liste des certificats révoqués (CRL), ca.crl, à la place de celle d’avant
    Crl(CrlArgs),
}

/// An authority.
#[derive(Debug, clap::Args)]
pub struct CaArgs {
    /// Dossier où écrire ; rien n’y est jamais remplacé
    #[arg(long, value_name = "DOSSIER")]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

/// A server.
#[derive(Debug, clap::Args)]
pub struct ServerArgs {
    /// Dossier de l’autorité, où le certificat est écrit aussi
    #[arg(long, value_name = "DOSSIER")]
    ca: PathBuf,
    /// Nom ou adresse du serveur, tel que les appelants l’écrivent ; répétable
    #[arg(long = "name", value_name = "NOM", default_values = ["localhost", "127.0.0.1"])]
    names: Vec<String>,
    #[command(flatten)]
    common: Common,
}

/// A caller.
#[derive(Debug, clap::Args)]
pub struct ClientArgs {
    /// Dossier de l’autorité, où le certificat est écrit aussi
    #[arg(long, value_name = "DOSSIER")]
    ca: PathBuf,
    /// Nom de l’appelant : celui que le journal garde d’un agent
    #[arg(long, value_name = "NOM")]
    name: String,
    /// Rôle : bailleur, agent (officer), coordinateur, auditeur ou administrateur
    #[arg(long, value_name = "RÔLE", value_parser = PossibleValuesParser::new(Role::ALL.map(Role::name)))]
    role: String,
    /// SIREN du bailleur, pour le rôle bailleur
    #[arg(long, value_name = "SIREN", value_parser = chamber::siren, required_if_eq("role", "bailleur"))]
    siren: Option<Siren>,
    /// Territoire du rôle, SIREN ou nom ; répétable ; sans lui, un agent ou un coordinateur l’est pour la région
    #[arg(long = "territory", value_name = "TERRITOIRE", value_parser = chamber::territory)]
    territories: Vec<TerritoryId>,
    #[command(flatten)]
    common: Common,
}

/// A list of revoked certificates.
#[derive(Debug, clap::Args)]
pub struct CrlArgs {
    /// Dossier de l’autorité, où la liste est écrite
    #[arg(long, value_name = "DOSSIER")]
    ca: PathBuf,
    /// Certificat révoqué (PEM) ; répétable : la liste est entière, nommez-les tous
    #[arg(long, value_name = "FICHIER")]
    revoke: Vec<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// Shared by all.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// Jours de validité
    #[arg(long, value_name = "JOURS", default_value = "365", value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
    /// Répond en JSON, pour un programme
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Whether `--json` stands after the command.
    pub fn json(&self) -> bool {
        match self {
            Self::Ca(args) => args.common.json,
            Self::Server(args) => args.common.json,
            Self::Client(args) => args.common.json,
            Self::Crl(args) => args.common.json,
        }
    }
}

/// Makes what is asked.
///
/// # Errors
/// A file that exists already, an authority that cannot be read, a name that cannot be in a certificate (2).
pub fn run(command: &Command) -> Result<Report, Failure> {
    match command {
        Command::Ca(args) => authority(args),
        Command::Server(args) => {
            let mut params =
                CertificateParams::new(args.names.clone()).map_err(|error| bad("--name", &error))?;
            params.distinguished_name = named(args.names.first().map_or("chambre", String::as_str));
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            sign(&args.ca, params, args.common.days, "server")
        }
        Command::Client(args) => sign(&args.ca, client(args)?, args.common.days, &args.name),
        Command::Crl(args) => revocations(args),
    }
}

fn authority(args: &CaArgs) -> Result<Report, Failure> {
    std::fs::create_dir_all(&args.out).map_err(|error| Failure::of_file(&args.out, &error))?;
    let mut params = CertificateParams::default();
    params.distinguished_name = named("Autorité d’essai de la chambre");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    last(&mut params, args.common.days);
    let key = KeyPair::generate().map_err(|error| bad("ca", &error))?;
    let certificate = params.self_signed(&key).map_err(|error| bad("ca", &error))?;
    let files = (args.out.join(AUTHORITY.0), args.out.join(AUTHORITY.1));
    write_pair(files, &certificate.pem(), &key.serialize_pem())
}

fn client(args: &ClientArgs) -> Result<CertificateParams, Failure> {
    chambre_domain::OfficerId::parse("--name", &args.name)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&args.name);
    params.distinguished_name.push(DnType::OrganizationalUnitName, args.role.as_str());
    let mut words: Vec<String> = args.siren.iter().map(|siren| format!("siren:{siren}")).collect();
    words.extend(args.territories.iter().map(|territory| format!("territory:{territory}")));
    let somewhere = [Role::Officer.name(), Role::Coordinator.name()].contains(&args.role.as_str());
    if somewhere && args.territories.is_empty() {
        words.push("territory:region".to_owned());
    }
    for word in words {
        let uri = format!("urn:chambre:{word}").try_into().map_err(|error| bad("--name", &error))?;
        params.subject_alt_names.push(SanType::URI(uri));
    }
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}

/// The key of an authority, and its name.
fn issuer(ca: &Path) -> Result<Issuer<'static, KeyPair>, Failure> {
    let read = |file: &str| {
        let path = ca.join(file);
        std::fs::read_to_string(&path).map_err(|error| Failure::of_file(&path, &error))
    };
    let (certificate, key) = (read(AUTHORITY.0)?, read(AUTHORITY.1)?);
    let key = KeyPair::from_pem(&key).map_err(|error| bad(AUTHORITY.1, &error))?;
    Issuer::from_ca_cert_pem(&certificate, key).map_err(|error| bad(AUTHORITY.0, &error))
}

/// Writes the list under a passing name, then in place of the one before: a server that reads it sees either.
fn revocations(args: &CrlArgs) -> Result<Report, Failure> {
    let issuer = issuer(&args.ca)?;
    let now = system_clock()();
    let day = |(year, month, day)| date_time_ymd(year, month, day);
    let (from, until) = (day(days_from_now(-1)), day(days_from_now(args.common.days.into())));
    let revoked_certs: Vec<RevokedCertParams> = args
        .revoke
        .iter()
        .map(|path| {
            let serial_number = SerialNumber::from(serial(path)?);
            let (reason_code, invalidity_date) = (None, None);
            Ok(RevokedCertParams { serial_number, revocation_time: from, reason_code, invalidity_date })
        })
        .collect::<Result<_, Failure>>()?;
    let count = revoked_certs.len();
    let params = CertificateRevocationListParams {
        this_update: from,
        next_update: until,
        crl_number: SerialNumber::from(now.millis().unsigned_abs()),
        issuing_distribution_point: None,
        revoked_certs,
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let signed = params.signed_by(&issuer).map_err(|error| bad("crl", &error))?;
    let pem = signed.pem().map_err(|error| bad("crl", &error))?;
    let (path, passing) = (args.ca.join(CRL), args.ca.join(format!("{CRL}.partial")));
    let written = std::fs::write(&passing, pem).and_then(|()| std::fs::rename(&passing, &path));
    written.map_err(|error| Failure::of_file(&path, &error))?;
    let next = now.day_in_paris().saturating_add(jiff::Span::new().days(i64::from(args.common.days)));
    let text = format!(
        "Liste des certificats révoqués : {} ({count}), à refaire avant le {}.",
        path.display(),
        french::short_date(next)
    );
    Ok(Report::new(text, json!({ "crl": path, "revoked": count, "next_update": next.to_string() })))
}

/// The serial number of a certificate.
fn serial(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::of_file(path, &error))?;
    let unread = || Failure::usage(format!("--revoke : {} n’est pas un certificat (PEM).", path.display()));
    let (_, pem) = parse_x509_pem(&bytes).map_err(|_| unread())?;
    let certificate = pem.parse_x509().map_err(|_| unread())?;
    Ok(certificate.raw_serial().to_vec())
}

fn sign(ca: &Path, mut params: CertificateParams, days: u16, name: &str) -> Result<Report, Failure> {
    let issuer = issuer(ca)?;
    last(&mut params, days);
    params.use_authority_key_identifier_extension = true;
    let own = KeyPair::generate().map_err(|error| bad(name, &error))?;
    let signed = params.signed_by(&own, &issuer).map_err(|error| bad(name, &error))?;
    let files = (ca.join(format!("{name}.pem")), ca.join(format!("{name}.key")));
    write_pair(files, &signed.pem(), &own.serialize_pem())
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

/// Valid from yesterday, since clocks differ, and for so many days.
fn last(params: &mut CertificateParams, days: u16) {
    let ((from, first, of_first), (until, month, day)) = (days_from_now(-1), days_from_now(i64::from(days)));
    (params.not_before, params.not_after) =
        (date_time_ymd(from, first, of_first), date_time_ymd(until, month, day));
}

/// Year, month and day of a day before or after today.
fn days_from_now(shift: i64) -> (i32, u8, u8) {
    let day = system_clock()().day_in_paris().saturating_add(jiff::Span::new().days(shift));
    (day.year().into(), day.month().unsigned_abs(), day.day().unsigned_abs())
}

/// Keys are for their owner's eyes; a certificate beside them is written the same way.
fn write_pair(files: (PathBuf, PathBuf), certificate: &str, key: &str) -> Result<Report, Failure> {
    for (path, text) in [(&files.1, key), (&files.0, certificate)] {
        let created = std::fs::File::options().write(true).create_new(true).mode(0o600).open(path);
        let written =
            created.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
        written.map_err(|error| Failure::of_file(path, &error))?;
    }
    let (certificate, key) = (files.0.display().to_string(), files.1.display().to_string());
    let text = format!("Certificat : {certificate}\nClé privée : {key} (à garder secrète)");
    Ok(Report::new(text, json!({ "certificate": certificate, "key": key })))
}

fn bad(what: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format!("{what} : {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn common() -> Common {
        Common { days: 30, json: false }
    }

    #[test]
    fn an_authority_signs_and_nothing_is_replaced_or_readable_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let ca = || Command::Ca(CaArgs { out: folder.path().to_owned(), common: common() });
        run(&ca()).unwrap();
        assert!(run(&ca()).unwrap_err().to_string().contains("existe déjà"));
        let names = vec!["localhost".to_owned()];
        run(&Command::Server(ServerArgs { ca: folder.path().to_owned(), names, common: common() })).unwrap();
        let client = ClientArgs {
            ca: folder.path().to_owned(),
            name: "a.martin".to_owned(),
            role: "officer".to_owned(),
            siren: None,
            territories: Vec::new(),
            common: common(),
        };
        run(&Command::Client(client)).unwrap();
        let listed = |name: &str| {
            let revoke = vec![folder.path().join(name)];
            run(&Command::Crl(CrlArgs { ca: folder.path().to_owned(), revoke, common: common() }))
        };
        for _ in 0..2 {
            assert_eq!(listed("a.martin.pem").unwrap().json["revoked"], 1, "made again, in place");
        }
        assert!(listed("a.martin.key").unwrap_err().to_string().contains("n’est pas un certificat"));
        for file in ["ca.pem", "ca.key", "server.pem", "server.key", "a.martin.pem", "a.martin.key"] {
            let mode = std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }
}
