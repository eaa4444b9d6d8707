//! Connections: encrypted or not, and who stands at the other end.
//!
//! The handshake asks for a certificate and checks that the caller holds its key; whether the certificate itself
//! is accepted is decided here too, but told at each call: a caller whose certificate is foreign, expired or
//! revoked reads UNAUTHENTICATED instead of a connection that breaks without a word.

use super::authorities::{Authorities, Shown};
use super::watched::Watched;
use super::{AccessSettings, SetupError};
use chambre_ledger::Clock;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio_rustls::rustls::server::NoClientAuth;
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{
    DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig, SignatureScheme,
};
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Handshakes at once: each costs a signature.
const HANDSHAKES_AT_ONCE: usize = 256;

/// Who stands at the other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// Its certificate, if it showed one.
    pub certificate: Option<Arc<Shown>>,
}

/// What connections are made with.
#[derive(Clone)]
pub struct Transport {
    tls: Option<Arc<Watched<ServerConfig>>>,
    authorities: Option<Arc<Authorities>>,
}

impl Transport {
    /// Reads certificates and keys.
    ///
    /// # Errors
    /// The file that cannot be used, and why.
    pub fn open(settings: &AccessSettings, clock: Clock) -> Result<Self, SetupError> {
        let authorities = Authorities::open(settings, clock)?;
        let Some(files) = &settings.tls else { return Ok(Self { tls: None, authorities }) };
        let asks = authorities.as_ref().map(|authorities| Arc::clone(authorities.verifier()));
        let key_path = files.key.clone();
        // The key is read with the certificate: renewing both is one change.
        let tls = Watched::open(&files.certificate, move |pem| server_config(pem, &key_path, asks.clone()))?;
        Ok(Self { tls: Some(Arc::new(tls)), authorities })
    }

    /// Takes connections until the receiver is gone.
    pub fn accept(self, listener: TcpListener) -> ReceiverStream<io::Result<Connection>> {
        let (sender, connections) = mpsc::channel(64);
        tokio::spawn(self.take(listener, sender));
        ReceiverStream::new(connections)
    }

    async fn take(self, listener: TcpListener, sender: mpsc::Sender<io::Result<Connection>>) {
        let handshakes = Arc::new(Semaphore::new(HANDSHAKES_AT_ONCE));
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = sender.closed() => return,
            };
            let Ok((stream, address)) = accepted else {
                // Out of descriptors, most often: those open must close first.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let _ = stream.set_nodelay(true);
            let Some(tls) = &self.tls else {
                let peer = Peer { address: address.ip(), certificate: None };
                if sender.send(Ok(Connection { peer, stream: Stream::Plain(stream) })).await.is_err() {
                    return;
                }
                continue;
            };
            let acceptor = TlsAcceptor::from(tls.get());
            let Ok(permit) = Arc::clone(&handshakes).acquire_owned().await else { return };
            let (transport, sender) = (self.clone(), sender.clone());
            tokio::spawn(async move {
                let shaken = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await;
                drop(permit);
                if let Ok(Ok(stream)) = shaken {
                    let certificate = transport.certificate(&stream);
                    let peer = Peer { address: address.ip(), certificate };
                    let _ = sender.send(Ok(Connection { peer, stream: Stream::Tls(Box::new(stream)) })).await;
                } else {
                    metrics::counter!("chambre_handshakes_failed_total").increment(1);
                }
            });
        }
    }

    fn certificate(&self, stream: &TlsStream<TcpStream>) -> Option<Arc<Shown>> {
        let chain = stream.get_ref().1.peer_certificates()?;
        Some(Arc::new(Shown::new(chain, self.authorities.clone())))
    }
}

/// The one provider of cryptography.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The authorities of a file (PEM).
///
/// # Errors
/// The file, and why it holds none.
pub(super) fn roots(path: &Path) -> Result<RootCertStore, SetupError> {
    let pem = std::fs::read(path).map_err(|error| SetupError::file(path, error))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| SetupError::file(path, error))?;
        roots.add(certificate).map_err(|error| SetupError::file(path, error))?;
    }
    if roots.is_empty() {
        return Err(SetupError::file(path, "no certificate in this file"));
    }
    Ok(roots)
}

fn server_config(
    pem: &[u8],
    key: &Path,
    authorities: Option<Arc<dyn ClientCertVerifier>>,
) -> Result<ServerConfig, String> {
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    if chain.is_empty() {
        return Err("no certificate in this file".to_owned());
    }
    let key_pem = std::fs::read(key).map_err(|error| format!("{}: {error}", key.display()))?;
    let key =
        PrivateKeyDer::from_pem_slice(&key_pem).map_err(|error| format!("{}: {error}", key.display()))?;
    let verifier: Arc<dyn ClientCertVerifier> = match authorities {
        Some(authorities) => Arc::new(LateVerdict(authorities)),
        None => Arc::new(NoClientAuth),
    };
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// Checks in the handshake that the caller holds the key of its certificate, and leaves the verdict on the
/// certificate to [`Shown::verdict`], which no call passes without.
#[derive(Debug)]
struct LateVerdict(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for LateVerdict {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // No hint: a client that holds a certificate of another authority would send none, and be told nothing.
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// One connection.
pub struct Connection {
    peer: Peer,
    stream: Stream,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl Peer {
    /// A caller of which nothing is known: the transport always says more.
    pub const fn unknown() -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), certificate: None }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
