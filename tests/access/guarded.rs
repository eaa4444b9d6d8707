//! A chamber that listens over TLS and asks callers for certificates.

use crate::authority::{AUDIENCE, Authority, ISSUER, Issuer, Pair, put};
use chambre_api::{Client, Credentials, v1};
use chambre_server::access::{AccessSettings, TlsSettings, TokenSettings};
use chambre_server::{Config, ManualClock, Running};
use scenarios::TODAY;
use std::path::Path;
use tempfile::TempDir;
use tonic::Status;

/// The chamber, and who signs for it and for its callers.
pub struct Guarded {
    pub running: Running,
    pub authority: Authority,
    pub clock: ManualClock,
    folder: TempDir,
}

impl Guarded {
    pub async fn open(revoked: &str, issuer: Option<&Issuer>) -> Self {
        Self::with(Authority::new(), revoked, issuer).await
    }

    pub async fn with(authority: Authority, revoked: &str, issuer: Option<&Issuer>) -> Self {
        Self::with_settings(authority, |path| AccessSettings {
            tokens: issuer.map(|issuer| TokenSettings {
                jwks: put(path, "jwks.json", issuer.jwks()).into(),
                issuer: ISSUER.to_owned(),
                audience: AUDIENCE.to_owned(),
            }),
            revoked: Some(put(path, "revoked.txt", revoked)),
            ..AccessSettings::default()
        })
        .await
    }

    /// The same, with other settings beside its certificates.
    pub async fn with_settings(authority: Authority, settings: impl FnOnce(&Path) -> AccessSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let server = authority.server();
        let mut config = Config::new(path.join("data"));
        config.listen = "127.0.0.1:0".parse().unwrap();
        let certificate = put(path, "server.pem", &server.chain);
        config.access = AccessSettings {
            tls: Some(TlsSettings { certificate, key: put(path, "server.key", &server.key) }),
            client_ca: Some(put(path, "ca.pem", authority.pem())),
            ..settings(path)
        };
        let clock = ManualClock::new(TODAY);
        let running = chambre_server::start(config, clock.clock()).await.unwrap();
        Self { running, authority, clock, folder }
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A connection of somebody.
    pub async fn client(&self, pair: Option<&Pair>, token: Option<&str>) -> Client {
        let credentials = Credentials {
            authority: Some(self.authority.pem()),
            certificate: pair.map(|pair| (pair.chain.clone(), pair.key.clone())),
            token: token.map(str::to_owned),
        };
        let uri = format!("https://localhost:{}", self.running.address().port());
        Client::connect_as(&uri, credentials).await.unwrap()
    }

    /// Lists territories as somebody.
    pub async fn read(&self, pair: Option<&Pair>, token: Option<&str>) -> Result<usize, Status> {
        read(&self.client(pair, token).await).await
    }

    pub async fn stop(self) {
        self.running.stop().await.unwrap();
        drop(self.folder);
    }
}

/// Lists territories over a connection.
pub async fn read(client: &Client) -> Result<usize, Status> {
    let answer = client.registry().list_territories(v1::ListTerritoriesRequest {}).await?;
    Ok(answer.into_inner().territories.len())
}
