//! Around every call: establish who calls, refuse what the table refuses, limit, record.

use super::bearer::{authorization, thumbprint, token_of};
use super::certificate::Certificate;
use super::check::{Caller, denied};
use super::identity::{Identity, Proof, Said};
use super::limits::{Limiter, neighbourhood};
use super::log::Recorder;
use super::names::Names;
use super::remembered::{self, Bearer, Editions, Remembered};
use super::renewed::Proven;
use super::revoked::Revoked;
use super::seen::Seen;
use super::table::{OPEN_SERVICES, Reach, Rule};
use super::tls::Peer;
use super::token::{Token, Tokens};
use super::visit::Visit;
use super::watched::Watched;
use super::{AccessSettings, SetupError};
use crate::status;
use chambre_domain::{OfficerId, Reason};
use chambre_ledger::Clock;
use http::{HeaderMap, HeaderValue, Request, Response};
use std::net::IpAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::Status;
use tonic::body::Body;

/// Failures to say who one is, from one address in a minute; beyond, nothing more is verified.
const FAILURES_IN_A_MINUTE: u32 = 20;

/// Longest text of a stranger that is recorded, in bytes.
const LONGEST_TOLD: usize = 200;

/// Who calls, what they may do, what they did.
pub struct Access {
    clock: Clock,
    tokens: Option<Tokens>,
    names: Names,
    revoked: Option<Watched<Revoked>>,
    bearers: Remembered,
    calls: Option<Limiter<OfficerId>>,
    failures: Limiter<IpAddr>,
    recorder: Mutex<Option<Arc<Recorder>>>,
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
            bearers: Remembered::default(),
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

    /// Who calls, by its authorization or its certificate.
    fn identify(
        &self,
        peer: &Peer,
        authorization: Result<Option<&HeaderValue>, String>,
    ) -> Result<Arc<Identity>, Stopped> {
        let near = neighbourhood(peer.address);
        let token = authorization.and_then(|value| value.map(token_of).transpose());
        let identity = match (token, &peer.certificate) {
            (Err(why), _) => Err(why),
            // A token is a statement of its own: when there is one, it must hold.
            (Ok(Some(token)), _) => self.of_bearer(token, peer, near)?,
            (Ok(None), Some(shown)) => match shown.verdict().as_ref() {
                Ok(certificate) => self.of_certificate(certificate).map(Arc::new),
                Err(why) => Err(why.clone()),
            },
            // Nothing was tried: nothing to damp.
            (Ok(None), None) => return Err(Stopped::Unknown("neither a certificate nor a token".to_owned())),
        };
        identity.map_err(|why| match self.failures.take(&near) {
            Ok(()) => Stopped::Unknown(why),
            Err(wait) => Stopped::Damped(wait),
        })
    }

    /// The bearer of a token, remembered or verified; nothing is verified for an address that failed too often.
    fn of_bearer(
        &self,
        text: &str,
        peer: &Peer,
        near: IpAddr,
    ) -> Result<Result<Arc<Identity>, String>, Stopped> {
        let Some(tokens) = &self.tokens else {
            return Ok(Err("no issuer of tokens is configured".to_owned()));
        };
        let (now, keys, names) = (self.seconds(), tokens.edition(), self.names_in_force());
        let digest = remembered::digest(text);
        let bearer = match self.bearers.of(&digest, keys, now) {
            Some(bearer) if bearer.names == names => bearer,
            // Its signature is right: only who it stands for may have changed.
            Some(bearer) => self.bearers.keep(digest, self.establish(bearer.token, keys, names)),
            None => {
                if let Some(wait) = self.failures.wait(&near) {
                    return Err(Stopped::Damped(wait));
                }
                match tokens.read(text, now) {
                    Ok(token) => self.bearers.keep(digest, self.establish(Arc::new(token), keys, names)),
                    Err(why) => return Ok(Err(why)),
                }
            }
        };
        Ok(bound_to(&bearer.token, peer).and(bearer.who))
    }

    /// Who the bearer of a token is, as things stand.
    fn establish(&self, token: Arc<Token>, keys: u64, names: Editions) -> Bearer {
        let revoked = token.id.as_deref().is_some_and(|id| self.is_revoked("token", id));
        let who = if revoked {
            Err(format!("the token of {} is revoked", token.name))
        } else {
            self.identity(&token.name, &token.said, Proof::Token).map(Arc::new)
        };
        Bearer { token, keys, who, names }
    }

    /// What decides over names and is in force. Read before anything is decided by it.
    fn names_in_force(&self) -> Editions {
        let [directory, register] = self.names.editions();
        [directory, register, self.revoked.as_ref().map_or(0, Watched::edition)]
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
    pub(super) fn still(
        &self,
        identity: &Identity,
        peer: &Peer,
        authorization: Option<&HeaderValue>,
    ) -> Result<(), Status> {
        match self.identify(peer, Ok(authorization)) {
            Ok(now) if *now == *identity => Ok(()),
            Ok(_) => Err(denied()),
            Err(Stopped::Unknown(_)) => Err(status::refuse(Reason::Unauthenticated, "identity", "")),
            Err(Stopped::Damped(wait)) => Err(status::limited(wait)),
        }
    }

    /// Lets a call in, or says why not.
    fn admit(
        self: &Arc<Self>,
        peer: &Peer,
        rule: Option<&'static Rule>,
        headers: &HeaderMap,
        seen: &mut Seen,
    ) -> Result<Caller, Status> {
        let identity = self.identify(peer, authorization(headers)).map_err(|stopped| match stopped {
            Stopped::Unknown(why) => {
                seen.why = cut(&why);
                status::refuse(Reason::Unauthenticated, "identity", "")
            }
            Stopped::Damped(wait) => status::limited(wait),
        })?;
        seen.who = Some(Arc::clone(&identity));
        if let Some(calls) = &self.calls {
            calls.take(&identity.name).map_err(status::limited)?;
        }
        let proven = Proven::keep(self, peer, headers);
        let caller = Caller::new(identity, rule).with(proven);
        if caller.reach() == Reach::No { Err(denied()) } else { Ok(caller) }
    }
}

/// Refuses a token that is bound to another certificate than the one shown (RFC 8705).
fn bound_to(token: &Token, peer: &Peer) -> Result<(), String> {
    let Some(certificate) = &token.bound_to else { return Ok(()) };
    let shown = peer.certificate.as_ref().map(|shown| shown.verdict());
    let shown = shown.as_deref().and_then(|verdict| verdict.as_ref().ok());
    match shown.and_then(|shown| thumbprint(&shown.fingerprint)) {
        Some(shown) if shown == *certificate => Ok(()),
        _ => Err(format!("the token of {} is bound to another certificate", token.name)),
    }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(LONGEST_TOLD)].to_owned()
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
        let rule = Rule::of_path(&path);
        let rpc = rule.map_or_else(|| cut(path.trim_start_matches('/')).into(), |rule| rule.rpc.into());
        let seen = Seen { rpc, peer: peer.address, ..Seen::default() };
        let mut visit =
            Visit { seen, caller: None, clock: Arc::clone(&access.clock), recorder: Some(recorder) };
        let caller = match access.admit(&peer, rule, request.headers(), &mut visit.seen) {
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
