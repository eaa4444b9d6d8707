//! One question over HTTP: a small document at a fixed address, with bounds on its size and on the time it takes.
//!
//! The connection is hyper's, over rustls with the provider of the rest of the service: a GET, no redirection, no
//! proxy, nothing kept open.

use super::SetupError;
use super::tls::{provider, roots};
use http::header::{ACCEPT, HOST};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How long the whole may take, from the name of the host to the last byte.
const LONGEST: Duration = Duration::from_secs(10);

/// Most bytes of a document: a set of keys has a few thousand.
const LARGEST: usize = 256 << 10;

/// A document at an address.
#[derive(Clone)]
pub struct Document {
    url: Uri,
    host: String,
    port: u16,
    tls: Option<TlsConnector>,
}

impl Document {
    /// Reads an address: `https`, or `http` on this machine.
    ///
    /// # Errors
    /// An address of another kind; a file of authorities that cannot be used, a system that has none.
    pub fn at(url: &str, authority: Option<&Path>) -> Result<Self, SetupError> {
        let bad = |what: &str| SetupError::new(format!("{url}: {what}"));
        let read: Uri = url.parse().map_err(|_| bad("this is not an address"))?;
        let named = read.authority().filter(|named| !named.as_str().contains('@'));
        let host = named.map(|named| named.host().trim_start_matches('[').trim_end_matches(']').to_owned());
        let host = host.filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| bad("write https://HOST/PATH, without a name or a password"))?;
        let tls = match read.scheme_str() {
            Some("https") => Some(connector(url, authority)?),
            Some("http") if ["127.0.0.1", "::1", "localhost"].contains(&host.as_str()) => None,
            _ => return Err(bad("keys come over https, or over http from this machine only")),
        };
        let port = read.port_u16().unwrap_or(if tls.is_some() { 443 } else { 80 });
        Ok(Self { url: read, host, port, tls })
    }

    /// Asks for the document.
    ///
    /// # Errors
    /// Why it was not had: for the log.
    pub async fn get(&self) -> Result<Bytes, String> {
        match tokio::time::timeout(LONGEST, self.ask()).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no whole answer within {} seconds", LONGEST.as_secs())),
        }
    }

    async fn ask(&self) -> Result<Bytes, String> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|e| e.to_string())?;
        let Some(tls) = &self.tls else { return self.ask_over(stream).await };
        let name = ServerName::try_from(self.host.clone()).map_err(|error| error.to_string())?;
        self.ask_over(tls.connect(name, stream).await.map_err(|error| error.to_string())?).await
    }

    async fn ask_over(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> Result<Bytes, String> {
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        let driver = Driver(tokio::spawn(async move { drop(connection.await) }));
        let path = self.url.path_and_query().map_or("/", |path| path.as_str());
        let host = self.url.authority().map_or("", |named| named.as_str());
        let request = Request::get(path).header(HOST, host).header(ACCEPT, "application/json, */*;q=0.1");
        let request = request.body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
        let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
        if answer.status() != StatusCode::OK {
            return Err(format!("answered {}", answer.status()));
        }
        let body = Limited::new(answer.into_body(), LARGEST).collect().await;
        drop(driver);
        body.map(http_body_util::Collected::to_bytes)
            .map_err(|error| format!("{error} (at most {LARGEST} bytes)"))
    }
}

impl std::fmt::Display for Document {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.url.fmt(out)
    }
}

/// What moves the bytes of a connection; it ends with the question, however that ends.
struct Driver(tokio::task::JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn connector(url: &str, authority: Option<&Path>) -> Result<TlsConnector, SetupError> {
    let roots = match authority {
        Some(path) => roots(path)?,
        None => system_roots().ok_or_else(|| {
            SetupError::new(format!("{url}: this system holds no authority; give that of the issuer"))
        })?,
    };
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::new(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn system_roots() -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Some(roots).filter(|roots| !roots.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_https_or_from_this_machine() {
        let read = |url: &str| Document::at(url, None).map(|found| (found.host, found.port));
        assert_eq!(read("http://127.0.0.1:8080/jwks"), Ok(("127.0.0.1".to_owned(), 8080)));
        assert_eq!(read("http://[::1]/jwks"), Ok(("::1".to_owned(), 80)));
        for url in [
            "http://issuer.example/jwks",
            "http://127.0.0.1.example/jwks",
            "ftp://127.0.0.1/jwks",
            "http://name@127.0.0.1/jwks",
            "/jwks",
            "https://",
            "not an address",
        ] {
            assert!(read(url).unwrap_err().to_string().starts_with(url), "{url}");
        }
    }
}
