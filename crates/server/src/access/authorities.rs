//! The authorities that sign callers' certificates, and their lists of those that they revoked (CRL): the verdict on
//! a certificate.
//!
//! Once a list is given, every authority of a caller's chain needs one: a certificate without a list, or whose list
//! is past its next update, is refused until a newer list is there.

use super::certificate::Certificate;
use super::tls::{provider, roots};
use super::watched::Watched;
use super::{AccessSettings, SetupError};
use chambre_domain::OfficerId;
use chambre_ledger::Clock;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use x509_parser::prelude::{CertificateRevocationList, FromDer};

/// The authorities.
pub struct Authorities {
    verifier: Arc<dyn ClientCertVerifier>,
    lists: Option<Watched<Lists>>,
    clock: Clock,
}

impl std::fmt::Debug for Authorities {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Authorities(lists: {:?})", self.lists)
    }
}

/// What the authorities revoked.
#[derive(Debug)]
struct Lists {
    verifier: Arc<dyn ClientCertVerifier>,
    /// The last second of each list, since 1970.
    until: Vec<i64>,
}

/// What a verdict rests on: another file, or a list that has ended since, asks for another verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ground {
    edition: u64,
    ended: usize,
}

/// What a certificate turned out to be, or why it is not accepted: for the log, never for the caller.
pub type Verdict = Arc<Result<Certificate, String>>;

impl Authorities {
    /// Reads the authorities and their lists; none when callers show no certificate.
    ///
    /// # Errors
    /// The file that cannot be used, and why.
    pub fn open(settings: &AccessSettings, clock: Clock) -> Result<Option<Arc<Self>>, SetupError> {
        let Some(path) = &settings.client_ca else {
            let alone = "a list of revoked certificates without the authorities of callers' certificates";
            return settings.client_crl.as_ref().map_or(Ok(None), |path| Err(SetupError::file(path, alone)));
        };
        let roots = Arc::new(roots(path)?);
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), provider()).build();
        let verifier = verifier.map_err(|error| SetupError::file(path, error))?;
        let reading = clock.clone();
        let read = |path: &Path| Watched::open(path, move |pem| Lists::read(pem, &roots, seconds(&reading)));
        let lists = settings.client_crl.as_deref().map(read).transpose()?;
        Ok(Some(Arc::new(Self { verifier, lists, clock })))
    }

    /// What checks that a caller holds the key of its certificate.
    pub fn verifier(&self) -> &Arc<dyn ClientCertVerifier> {
        &self.verifier
    }

    fn ground(&self, now: i64) -> Ground {
        let Some(lists) = &self.lists else { return Ground { edition: 0, ended: 0 } };
        let ended = lists.get().until.iter().filter(|until| now > **until).count();
        Ground { edition: lists.edition(), ended }
    }

    fn judge(&self, chain: &[CertificateDer<'static>], now: i64) -> Result<Certificate, String> {
        let (first, others) = chain.split_first().ok_or("an empty chain of certificates")?;
        let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).unwrap_or(0)));
        let lists = self.lists.as_ref().map(Watched::get);
        let verifier = lists.as_ref().map_or(&self.verifier, |lists| &lists.verifier);
        let verified = verifier.verify_client_cert(first, others, at);
        verified.map_err(|error| format!("{error}{}", said_name(first)))?;
        Certificate::read(first)
    }
}

impl Lists {
    fn read(pem: &[u8], roots: &Arc<RootCertStore>, now: i64) -> Result<Self, String> {
        let lists: Vec<CertificateRevocationListDer<'static>> =
            CertificateRevocationListDer::pem_slice_iter(pem)
                .collect::<Result<_, _>>()
                .map_err(|error| error.to_string())?;
        let (mut until, mut ours) = (Vec::new(), false);
        for der in &lists {
            let (_, list) = CertificateRevocationList::from_der(der).map_err(|error| error.to_string())?;
            let next = list.next_update().ok_or("a list does not say when the next one comes")?.timestamp();
            let issuer = list.issuer();
            // rustls keeps the name of an authority without the head of its sequence.
            ours |= roots.roots.iter().any(|root| issuer.as_raw().ends_with(root.subject.as_ref()));
            let revoked = list.iter_revoked_certificates().count();
            if now > next {
                tracing::error!(%issuer, "this list of revoked certificates is over: those of its authority are refused");
            } else {
                tracing::info!(%issuer, revoked, "a list of revoked certificates was read");
            }
            until.push(next);
        }
        if !ours {
            return Err("no list (CRL) of an authority of callers' certificates in this file".to_owned());
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), provider())
            .with_crls(lists)
            .enforce_revocation_expiration()
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { verifier, until })
    }
}

/// The name that a refused certificate says, for the operator who looks for it in the record: proved by nothing.
fn said_name(der: &[u8]) -> String {
    let name = Certificate::read(der).ok().and_then(|read| OfficerId::parse("name", &read.name).ok());
    name.map(|name| format!(" (the certificate says {name})")).unwrap_or_default()
}

fn seconds(clock: &Clock) -> i64 {
    clock().millis().div_euclid(1000)
}

/// The certificates that a caller showed on a connection: judged once, and again when what the verdict rests on has
/// changed.
#[derive(Debug)]
pub struct Shown {
    chain: Vec<CertificateDer<'static>>,
    authorities: Option<Arc<Authorities>>,
    judged: Mutex<Option<(Ground, Verdict)>>,
}

impl Shown {
    /// What was shown in a handshake.
    pub fn new(chain: &[CertificateDer<'static>], authorities: Option<Arc<Authorities>>) -> Self {
        Self { chain: chain.to_vec(), authorities, judged: Mutex::new(None) }
    }

    /// The verdict at this instant. Dates of the certificate itself are compared at each call, by the gate.
    pub fn verdict(&self) -> Verdict {
        let Some(authorities) = &self.authorities else {
            return Arc::new(Err("no authority of callers' certificates is configured".to_owned()));
        };
        let now = seconds(&authorities.clock);
        let ground = authorities.ground(now);
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        match &*judged {
            Some((known, verdict)) if *known == ground => Arc::clone(verdict),
            _ => {
                let verdict = Arc::new(authorities.judge(&self.chain, now));
                *judged = Some((ground, Arc::clone(&verdict)));
                verdict
            }
        }
    }
}
