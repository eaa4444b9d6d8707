//! Around every call: establish who calls, refuse what the table refuses, limit, record.

use super::bearer::{bearer, thumbprint};
use super::certificate::Certificate;
use super::check::{Caller, denied};
use super::identity::{Identity, Proof, Said};
use super::limits::{Limiter, neighbourhood};
use super::log::{Recorder, Seen};
use super::names::Names;
use super::renewed::Proven;
use super::revoked::Revoked;
use super::table::{OPEN_SERVICES, Reach, Rule};
use super::tls::Peer;
use super::token::{Token, Tokens};
use super::visit::Visit;
use super::watched::Watched;
use super::{AccessSettings, SetupError};
use crate::status;
use chambre_domain::{OfficerId, Reason};
use chambre_ledger::Clock;
use http::{HeaderMap, Request, Response};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::Status;
use tonic::body::Body;

/// Tokens whose signature is remembered.
const MOST_TOKENS: usize = 4_096;

/// Failures to say who one is, from one address in a minute; beyond, nothing more is verified.
const FAILURES_IN_A_MINUTE: u32 = 20;

/// Longest text of a stranger that is recorded.
const LONGEST_TOLD: usize = 200;

/// Who calls, what they may do, what they did.
pub struct Access {
    clock: Clock,
    tokens: Option<Tokens>,
    names: Names,
    revoked: Option<Watched<Revoked>>,
    verified: Mutex<HashMap<[u8; 32], Remembered>>,
    calls: Option<Limiter<OfficerId>>,
    failures: Limiter<IpAddr>,
    recorder: Mutex<Option<Arc<Recorder>>>,
}

/// A token whose signature was right, under one state of the issuer's keys.
#[derive(Debug, Clone)]
struct Remembered {
    token: Arc<Token>,
    edition: u64,
}

/// Why a call does not pass.
enum Stopped {
    /// Who calls is not established: why, for the record only.
    Unknown(String),
    /// Too many failures from this address: when to come back.
    Damped(Duration),
}

impl std::fmt::Debug for Access {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Access(…)")
    }
}

impl Access {
    /// Reads what the settings name; nothing in a trial.
    ///
    /// # Errors
    /// The file that cannot be used, and why.
    pub async fn open(
        settings: &AccessSettings,
        data: &Path,
        clock: Clock,
    ) -> Result<Option<Arc<Self>>, SetupError> {
        if !settings.is_on() {
            let alone = settings.directory.as_ref().or(settings.revoked.as_ref());
            return match alone {
                Some(path) => {
                    Err(SetupError::file(path, "nobody proves who they are: this file serves nothing"))
                }
                None => Ok(None),
            };
        }
        let tokens = match &settings.tokens {
            Some(settings) => Some(Tokens::open(settings).await?),
            None => None,
        };
        let names = Names::open(settings, data)?;
        let revoked = settings.revoked.as_deref().map(|path| Watched::open(path, Revoked::parse));
        let recorder = Recorder::open(data).map_err(|error| SetupError::file(data, error))?;
        Ok(Some(Arc::new(Self {
            clock,
            tokens,
            names,
            revoked: revoked.transpose()?,
            verified: Mutex::default(),
            calls: settings.calls_per_second.map(|calls| Limiter::new(calls, Duration::from_secs(1))),
            failures: Limiter::new(FAILURES_IN_A_MINUTE, Duration::from_secs(60)),
            recorder: Mutex::new(Some(Arc::new(recorder))),
        })))
    }

    /// Writes what waits to be recorded, and ends the record. Blocking.
    pub fn close(&self) {
        let recorder = self.recorder.lock().ok().and_then(|mut recorder| recorder.take());
        if let Some(recorder) = recorder.and_then(Arc::into_inner) {
            recorder.close();
        }
    }

    /// Who is known, and who decides over whom.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The time of the chamber, in milliseconds since 1970.
    pub fn now_millis(&self) -> i64 {
        (self.clock)().millis()
    }

    fn recorder(&self) -> Option<Arc<Recorder>> {
        self.recorder.lock().ok()?.clone().filter(|recorder| recorder.is_open())
    }

    fn seconds(&self) -> i64 {
        (self.clock)().millis().div_euclid(1000)
    }

    fn identify(&self, peer: &Peer, headers: &HeaderMap) -> Result<Identity, Stopped> {
        let near = neighbourhood(peer.address);
        let identity = match (bearer(headers), &peer.certificate) {
            (Err(why), _) => Err(why),
            // A token is a statement of its own: when there is one, it must hold.
            (Ok(Some(token)), _) => match self.token(token, near)? {
                Ok(token) => self.of_token(&token, peer),
                Err(why) => Err(why),
            },
            (Ok(None), Some(shown)) => match shown.verdict().as_ref() {
                Ok(certificate) => self.of_certificate(certificate),
                Err(why) => Err(why.clone()),
            },
            // Nothing was tried: nothing to damp.
            (Ok(None), None) => return Err(Stopped::Unknown("neither a certificate nor a token".to_owned())),
        };
        identity.map_err(|why| match self.failures.take(near) {
            Ok(()) => Stopped::Unknown(why),
            Err(wait) => Stopped::Damped(wait),
        })
    }

    /// The token, remembered or verified; nothing is verified for an address that failed too often.
    fn token(&self, text: &str, near: IpAddr) -> Result<Result<Arc<Token>, String>, Stopped> {
        let Some(tokens) = &self.tokens else {
            return Ok(Err("no issuer of tokens is configured".to_owned()));
        };
        let (now, edition) = (self.seconds(), tokens.edition());
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let mut verified = self.verified.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let remembered = verified.get(&digest).filter(|known| known.edition == edition);
        if let Some(known) = remembered.filter(|known| known.token.holds_at(now)) {
            return Ok(Ok(Arc::clone(&known.token)));
        }
        verified.remove(&digest);
        drop(verified);
        if let Some(wait) = self.failures.wait(&near) {
            return Err(Stopped::Damped(wait));
        }
        let token = match tokens.read(text, now) {
            Ok(token) => Arc::new(token),
            Err(why) => return Ok(Err(why)),
        };
        let mut verified = self.verified.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if verified.len() >= MOST_TOKENS {
            verified.clear();
        }
        verified.insert(digest, Remembered { token: Arc::clone(&token), edition });
        Ok(Ok(token))
    }

    fn of_token(&self, token: &Token, peer: &Peer) -> Result<Identity, String> {
        if token.id.as_deref().is_some_and(|id| self.is_revoked("token", id)) {
            return Err(format!("the token of {} is revoked", token.name));
        }
        if let Some(bound_to) = &token.bound_to {
            let shown = peer.certificate.as_ref().map(|shown| shown.verdict());
            let shown = shown.as_deref().and_then(|verdict| verdict.as_ref().ok());
            if shown.is_none_or(|shown| thumbprint(&shown.fingerprint) != *bound_to) {
                return Err(format!("the token of {} is bound to another certificate", token.name));
            }
        }
        self.identity(&token.name, &token.said, Proof::Token)
    }

    fn of_certificate(&self, certificate: &Certificate) -> Result<Identity, String> {
        let name = &certificate.name;
        let now = self.seconds();
        if now < certificate.from || now > certificate.until {
            return Err(format!("the certificate of {name} is out of date"));
        }
        if self.is_revoked("certificate", &certificate.fingerprint)
            || self.is_revoked("serial", &certificate.serial)
        {
            return Err(format!("the certificate of {name} is revoked"));
        }
        self.identity(name, &certificate.said, Proof::Certificate)
    }

    fn identity(&self, name: &str, said: &Said, proof: Proof) -> Result<Identity, String> {
        if self.is_revoked("name", name) {
            return Err(format!("{name} is revoked"));
        }
        let rights = self.names.rights(name, said);
        let name = OfficerId::parse("name", name).map_err(|refusal| refusal.to_string())?;
        let rights = rights.map_err(|why| format!("{name}: {why}"))?;
        Ok(Identity { name, rights, proof })
    }

    fn is_revoked(&self, kind: &str, value: &str) -> bool {
        self.revoked.as_ref().is_some_and(|revoked| revoked.get().holds(kind, value))
    }

    /// Whether a caller is still who it was when its long answer began.
    pub(super) fn still(&self, identity: &Identity, peer: &Peer, headers: &HeaderMap) -> Result<(), Status> {
        match self.identify(peer, headers) {
            Ok(now) if now == *identity => Ok(()),
            Ok(_) => Err(denied()),
            Err(Stopped::Unknown(_)) => Err(status::refuse(Reason::Unauthenticated, "identity", "")),
            Err(Stopped::Damped(wait)) => Err(status::limited(wait)),
        }
    }

    /// Lets a call in, or says why not.
    fn admit(
        self: &Arc<Self>,
        peer: &Peer,
        path: &str,
        headers: &HeaderMap,
        seen: &mut Seen,
    ) -> Result<Caller, Status> {
        let identity = self.identify(peer, headers).map_err(|stopped| match stopped {
            Stopped::Unknown(why) => {
                seen.why = cut(&why);
                status::refuse(Reason::Unauthenticated, "identity", "")
            }
            Stopped::Damped(wait) => status::limited(wait),
        })?;
        identity.name.as_str().clone_into(&mut seen.who);
        (seen.role, seen.proof) = (identity.rights.name(), identity.proof.name());
        if let Some(calls) = &self.calls {
            calls.take(identity.name.clone()).map_err(status::limited)?;
        }
        let proven = Proven::keep(self, peer, headers);
        let caller = Caller::new(Arc::new(identity), Rule::of_path(path)).with(proven);
        if caller.reach() == Reach::No { Err(denied()) } else { Ok(caller) }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_TOLD).collect()
}

/// The layer: nothing inside is reached without a [`Caller`].
#[derive(Clone)]
pub struct Gate(pub Option<Arc<Access>>);

impl<S> tower::Layer<S> for Gate {
    type Service = Gateway<S>;

    fn layer(&self, inner: S) -> Gateway<S> {
        Gateway { access: self.0.clone(), trial: Arc::new(Identity::trial()), inner }
    }
}

/// A service behind the gate.
#[derive(Clone)]
pub struct Gateway<S> {
    access: Option<Arc<Access>>,
    trial: Arc<Identity>,
    inner: S,
}

impl<S> tower::Service<Request<Body>> for Gateway<S>
where
    S: tower::Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let path = request.uri().path().to_owned();
        let Some(access) = &self.access else {
            let caller = Caller::new(Arc::clone(&self.trial), Rule::of_path(&path));
            request.extensions_mut().insert(caller);
            return Box::pin(self.inner.call(request));
        };
        if OPEN_SERVICES.iter().any(|service| path.split('/').nth(1) == Some(service)) {
            return Box::pin(self.inner.call(request));
        }
        // Who cannot be recorded is not served.
        let Some(recorder) = access.recorder() else {
            let unavailable = status::unavailable("accesses cannot be recorded");
            return Box::pin(async move { Ok(unavailable.into_http()) });
        };
        let peer = request.extensions().get::<Peer>().cloned().unwrap_or(Peer::unknown());
        let rpc = cut(path.trim_start_matches('/'));
        let seen = Seen { rpc, peer: peer.address.to_string(), ..Seen::default() };
        let mut visit =
            Visit { seen, caller: None, clock: Arc::clone(&access.clock), recorder: Some(recorder) };
        let caller = match access.admit(&peer, &path, request.headers(), &mut visit.seen) {
            Ok(caller) => caller,
            Err(refused) => {
                return Box::pin(async move {
                    visit.end(refused.code()).await;
                    Ok(refused.into_http())
                });
            }
        };
        visit.caller = Some(caller.clone());
        request.extensions_mut().insert(caller);
        let call = self.inner.call(request);
        Box::pin(async move {
            let response = call.await?;
            let (code, response) = visit.verdict(response);
            visit.end(code).await;
            Ok(response)
        })
    }
}
