//! An issuer of tokens at its own address: a real server of its keys, that turns them, falls silent, or lies.

use crate::authority::{AUDIENCE, Authority, ISSUER, Issuer, NOW, claims, put};
use crate::wire::call;
use crate::world::World;
use chambre_server::access::{KeySource, TokenSettings};
use chambre_server::{Config, ManualClock, ServerError};
use scenarios::TODAY;
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tonic::Code;
use tonic::transport::Channel;

const READ: &str = "/chambre.v1.RegistryService/ListTerritories";

/// A server of one document.
struct Site {
    port: u16,
    /// The status line, and the document.
    says: Arc<Mutex<(&'static str, String)>>,
    asked: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Site {
    async fn open(document: String, authority: Option<&Authority>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let says = Arc::new(Mutex::new(("200 OK", document)));
        let asked = Arc::new(AtomicUsize::new(0));
        let tls = authority.map(acceptor);
        let (told, count) = (Arc::clone(&says), Arc::clone(&asked));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // The answer of the moment of the question.
                let answer = told.lock().unwrap().clone();
                match &tls {
                    None => serve(stream, answer).await,
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => serve(stream, answer).await,
                        Err(_) => continue,
                    },
                }
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, says, asked, task }
    }

    fn source(&self, scheme: &str, authority: Option<PathBuf>) -> KeySource {
        let host = if scheme == "https" { "localhost" } else { "127.0.0.1" };
        KeySource::Url { url: format!("{scheme}://{host}:{}/jwks.json?v=1", self.port), authority }
    }

    fn say(&self, status: &'static str, document: String) {
        *self.says.lock().unwrap() = (status, document);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Waits until it was asked so often.
    async fn was_asked(&self, times: usize) {
        for _ in 0..400 {
            if self.asked() >= times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        unreachable!("asked {} times, not {times}", self.asked());
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, (status, document): (&str, String)) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let request = String::from_utf8(request).unwrap();
    assert!(
        request.starts_with("GET /jwks.json?v=1 HTTP/1.1\r\n") && request.contains("host: "),
        "{request}"
    );
    // Without a length: the end of the connection is the end of the document.
    let answer = format!("HTTP/1.1 {status}\r\nlocation: /elsewhere\r\nconnection: close\r\n\r\n{document}");
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn acceptor(authority: &Authority) -> TlsAcceptor {
    let server = authority.server();
    let chain = CertificateDer::pem_slice_iter(&server.chain).collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(&server.key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key);
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

async fn world(source: KeySource) -> World {
    World::open_with(|config, _| config.access.tokens.as_mut().unwrap().jwks = source).await
}

/// A token that lasts over the days of a test.
fn token(issuer: &Issuer) -> String {
    issuer.token(&claims("e.auditor", "auditor", &json!({ "exp": NOW + 30 * 86_400 })))
}

async fn opens(channel: &Channel, token: &str) -> bool {
    match call(channel, READ, Some(token), Vec::new()).await {
        Ok(_) => true,
        Err(status) => {
            assert_eq!(status.code(), Code::Unauthenticated, "{status}");
            false
        }
    }
}

/// Calls until the door opens to a token; each refusal costs one of the twenty of a minute.
async fn opens_at_last(channel: &Channel, site: &Site, asked: usize, token: &str) -> bool {
    site.was_asked(asked).await;
    for _ in 0..10 {
        if opens(channel, token).await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test]
async fn a_new_key_is_accepted_once_a_token_names_it_and_the_old_one_is_not() {
    let (old, new) = (Issuer::new(), Issuer::of_generation("-2"));
    let site = Site::open(old.jwks(), None).await;
    let world = world(site.source("http", None)).await;
    let channel = world.chamber.channel().await;
    let (before, after) = (token(&old), token(&new));
    assert!(opens(&channel, &before).await && opens(&channel, &before).await);
    assert_eq!(site.asked(), 1, "once, at start: a known key asks for nothing");
    site.say("200 OK", new.jwks());
    assert!(opens(&channel, &before).await, "until somebody names another key");
    assert!(!opens(&channel, &after).await, "no call waits for the issuer");
    assert!(opens_at_last(&channel, &site, 2, &after).await);
    assert!(!opens(&channel, &before).await, "a key that the issuer no longer names opens nothing");
    world.chamber.stop().await;
}

#[tokio::test]
async fn forged_names_of_keys_do_not_make_the_chamber_hammer_the_issuer() {
    let issuer = Issuer::new();
    let site = Site::open(issuer.jwks(), None).await;
    let world = world(site.source("http", None)).await;
    let channel = world.chamber.channel().await;
    for number in 0..8 {
        let kid = format!("forged-{number}");
        let forged =
            issuer.sign_under(&kid, jsonwebtoken::Algorithm::EdDSA, &claims("x", "auditor", &json!({})));
        assert!(!opens(&channel, &forged).await);
        site.was_asked(2).await;
    }
    assert_eq!(site.asked(), 2, "at start, and for the first of them");
    // Once time has passed, another one may ask again.
    world.chamber.clock.set_day(TODAY.tomorrow().unwrap());
    let more = json!({ "exp": NOW + 30 * 86_400 });
    let forged = issuer.sign_under("forged", jsonwebtoken::Algorithm::EdDSA, &claims("x", "auditor", &more));
    assert!(!opens(&channel, &forged).await);
    site.was_asked(3).await;
    world.chamber.stop().await;
}

#[tokio::test]
async fn an_issuer_that_lies_or_falls_silent_leaves_the_last_sound_keys() {
    let issuer = Issuer::new();
    let site = Site::open(issuer.jwks(), None).await;
    let world = world(site.source("http", None)).await;
    let channel = world.chamber.channel().await;
    let good = token(&issuer);
    let unknown = token(&Issuer::of_generation("-unknown"));
    let mut day = TODAY;
    let large = format!("{}{}", issuer.jwks(), " ".repeat(300 << 10));
    for (asked, (status, document)) in (2..).zip([
        ("200 OK", "<html>".to_owned()),
        ("200 OK", json!({ "keys": [] }).to_string()),
        ("200 OK", json!({ "keys": [{ "kty": "oct", "k": "AA" }] }).to_string()),
        ("200 OK", large),
        ("503 Service Unavailable", issuer.jwks()),
        ("302 Found", issuer.jwks()),
    ]) {
        site.say(status, document);
        assert!(!opens(&channel, &unknown).await);
        site.was_asked(asked).await;
        assert!(opens(&channel, &good).await, "{status}");
        day = day.tomorrow().unwrap();
        world.chamber.clock.set_day(day);
    }
    site.task.abort();
    assert!(!opens(&channel, &unknown).await);
    assert!(opens(&channel, &good).await, "nobody answers there");
    world.chamber.stop().await;
}

#[tokio::test]
async fn the_service_does_not_start_without_keys_and_says_why() {
    let issuer = Issuer::new();
    let folder = tempfile::tempdir().unwrap();
    let start = async |jwks: KeySource| {
        let mut config = Config::new(folder.path().join("data"));
        config.listen = "127.0.0.1:0".parse().unwrap();
        let (issuer, audience) = (ISSUER.to_owned(), AUDIENCE.to_owned());
        config.access.tokens = Some(TokenSettings { jwks, issuer, audience });
        match chambre_server::start(config, ManualClock::new(TODAY).clock()).await {
            Ok(running) => {
                running.stop().await.unwrap();
                "started".to_owned()
            }
            Err(ServerError::Access(error)) => error.to_string(),
            Err(error) => unreachable!("{error}"),
        }
    };
    let site = Site::open(issuer.jwks(), None).await;
    for (status, document, why) in [
        ("200 OK", "<html>".to_owned(), "not a JWKS"),
        ("200 OK", " ".repeat(300 << 10), "at most 262144 bytes"),
        ("404 Not Found", issuer.jwks(), "answered 404"),
    ] {
        site.say(status, document);
        let told = start(site.source("http", None)).await;
        assert!(told.contains(why) && told.contains("/jwks.json"), "{told}");
    }
    site.task.abort();
    let elsewhere = KeySource::Url { url: "http://issuer.example/jwks".to_owned(), authority: None };
    assert!(start(elsewhere).await.contains("from this machine only"));

    // Over TLS: the authority that is given is the one that must have signed.
    let (authority, other) = (Authority::new(), Authority::new());
    let site = Site::open(issuer.jwks(), Some(&authority)).await;
    let given = |authority: &Authority| Some(put(folder.path(), "issuer.pem", authority.pem()));
    assert_eq!(start(site.source("https", given(&authority))).await, "started");
    let told = start(site.source("https", given(&other))).await;
    assert!(told.contains("certificate"), "{told}");
    let told = start(site.source("https", Some(folder.path().join("absent.pem")))).await;
    assert!(told.contains("absent.pem"), "{told}");
}
