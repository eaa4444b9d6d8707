//! Start, watch, stop.

use crate::access::gate::{Access, Gate};
use crate::access::service::Identities;
use crate::access::tls::Transport;
use crate::access::{AccessSettings, SetupError};
use crate::audit::Audit;
use crate::config::Config;
use crate::desk::Desk;
use crate::door::Door;
use crate::ledger::LedgerDoor;
use crate::matching::{LedgerLine, Matching, Office, Remote, deliver};
use crate::netting::Netting;
use crate::notary::{Notary, NotaryError};
use crate::registry::Registry;
use chambre_api::v1::access_service_server::AccessServiceServer;
use chambre_api::v1::audit_service_server::AuditServiceServer;
use chambre_api::v1::ledger_service_server::LedgerServiceServer;
use chambre_api::v1::matching_service_server::MatchingServiceServer;
use chambre_api::v1::netting_service_server::NettingServiceServer;
use chambre_api::v1::registry_service_server::RegistryServiceServer;
use chambre_ledger::{Clock, Ledger, LedgerError};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::transport::Server;
use tonic_health::server::HealthReporter;

/// Why the service could not start, or did not stop well.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ServerError {
    /// Anyone who reaches the port may write: only this machine may reach it.
    #[error(
        "{0} is not a loopback address: without TLS and authentication the service listens on 127.0.0.1 or [::1] only"
    )]
    NotLoopback(SocketAddr),
    /// Figures are served without authentication.
    #[error("{0} is not a loopback address: the figures are served on 127.0.0.1 or [::1] only")]
    MetricsNotLoopback(SocketAddr),
    #[error("the access control cannot be set up: {0}")]
    Access(#[from] SetupError),
    #[error("cannot listen on {address}: {cause}")]
    Listen { address: SocketAddr, cause: std::io::Error },
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("checkpoints cannot be signed: {0}")]
    Notary(#[from] NotaryError),
    #[error("the metrics cannot be served: {0}")]
    Metrics(String),
    #[error("the services could not be set up: {0}")]
    Setup(String),
    #[error("the service ended with an error: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// A service that runs.
#[derive(Debug)]
pub struct Running {
    access: Option<Arc<Access>>,
    encrypted: bool,
    /// It serves the matching alone.
    alone: bool,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    ledger: Ledger,
    stopping: watch::Sender<bool>,
    drain: Duration,
    server: JoinHandle<Result<(), tonic::transport::Error>>,
    dispatcher: JoinHandle<()>,
    health: HealthReporter,
}

/// Opens the books and serves them.
///
/// # Errors
/// An address that is not loopback or is taken; a journal that cannot be opened.
pub async fn start(config: Config, clock: Clock) -> Result<Running, ServerError> {
    check_addresses(&config)?;
    let transport = Transport::open(&config.access, clock.clone())?;
    let cannot = |cause| ServerError::Listen { address: config.listen, cause };
    let listener = TcpListener::bind(config.listen).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    serve_metrics(config.metrics)?;
    let (folder, settings, opening_clock) = (config.data.clone(), config.ledger, clock.clone());
    let key = config.checkpoint_key;
    let opened = tokio::task::spawn_blocking(move || -> Result<_, ServerError> {
        let ledger = Ledger::open(&folder, settings, opening_clock)?;
        let notary = Notary::open(ledger.clone(), &folder, key)?;
        Ok((ledger, notary))
    });
    let (ledger, notary) = opened.await.map_err(|error| ServerError::Setup(error.to_string()))??;
    let (stopping, stop) = watch::channel(false);
    // After the books: the record of accesses is written by whoever holds their lock.
    let access = Access::open(&config.access, &config.data, clock.clone()).await?;
    let desk = Desk { ledger: ledger.clone(), clock, notary: Arc::new(notary), stopping: stop };
    let remote = config.matching_ledger;
    let alone = remote.is_some();
    let line = match remote {
        None => LedgerLine::Here(desk.clone()),
        Some(remote) => LedgerLine::There(Box::new(Remote::new(remote.address, remote.credentials))),
    };
    let (opening_desk, folder) = (desk.clone(), config.data.clone());
    let office = tokio::task::spawn_blocking(move || Office::open(opening_desk, &folder, line)).await;
    let office = office.map_err(|error| ServerError::Setup(error.to_string()))??;
    let dispatcher = tokio::spawn(deliver(Arc::clone(&office)));
    let (health, server) = spawn(desk, office, alone, transport, listener, access.clone()).await?;
    tracing::info!(%address, data = %config.data.display(), access = told(&config.access), "listening");
    Ok(Running {
        access,
        encrypted: config.access.tls.is_some(),
        alone,
        address,
        metrics: config.metrics,
        ledger,
        stopping,
        drain: config.drain,
        server,
        dispatcher,
        health,
    })
}

/// Whoever reaches a port without access control may write: only this machine may reach it. A token read on the
/// way can be used by whoever read it: it travels encrypted, or does not leave this machine.
fn check_addresses(config: &Config) -> Result<(), ServerError> {
    let safe = config.access.tls.is_some() && config.access.is_on();
    if !config.listen.ip().is_loopback() && !safe {
        return Err(ServerError::NotLoopback(config.listen));
    }
    if config.access.client_ca.is_some() && config.access.tls.is_none() {
        return Err(
            SetupError::new("callers show certificates over TLS only: give the server its own").into()
        );
    }
    match config.metrics.filter(|address| !address.ip().is_loopback()) {
        Some(address) => Err(ServerError::MetricsNotLoopback(address)),
        None => Ok(()),
    }
}

/// How callers prove who they are, for the log.
fn told(access: &AccessSettings) -> &'static str {
    match (access.tls.is_some(), access.is_on()) {
        (true, true) => "on, over TLS",
        (false, true) => "on, without TLS",
        (_, false) => "off: a trial, every caller may do everything",
    }
}

async fn spawn(
    desk: Desk,
    office: Arc<Office>,
    alone: bool,
    transport: Transport,
    listener: TcpListener,
    access: Option<Arc<Access>>,
) -> Result<(HealthReporter, JoinHandle<Result<(), tonic::transport::Error>>), ServerError> {
    let (health, health_service) = tonic_health::server::health_reporter();
    set_health(&health, alone, true).await;
    let setup = |error: tonic_reflection::server::Error| ServerError::Setup(error.to_string());
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(chambre_api::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let mut stop = desk.stopping.clone();
    // Fixed windows, never adaptive: many small unread frames would otherwise end the connection (h2).
    let router = Server::builder()
        .initial_connection_window_size(8 << 20)
        .initial_stream_window_size(512 << 10)
        .max_concurrent_streams(1_024)
        .http2_keepalive_interval(Some(Duration::from_secs(60)))
        .http2_keepalive_timeout(Some(Duration::from_secs(20)))
        .layer(Door)
        .layer(Gate(access.clone()))
        .add_service(health_service)
        .add_service(reflection().build_v1().map_err(setup)?)
        .add_service(reflection().build_v1alpha().map_err(setup)?)
        .add_service(AccessServiceServer::new(Identities(access)))
        .add_service(MatchingServiceServer::new(Matching(office)));
    let router = if alone {
        router
    } else {
        router
            .add_service(RegistryServiceServer::new(Registry(desk.clone())))
            .add_service(LedgerServiceServer::new(LedgerDoor(desk.clone())))
            .add_service(NettingServiceServer::new(Netting(desk.clone())))
            .add_service(AuditServiceServer::new(Audit(desk)))
    };
    let incoming = transport.accept(listener);
    let stopped = async move {
        let _ = stop.wait_for(|stopping| *stopping).await;
    };
    Ok((health, tokio::spawn(router.serve_with_incoming_shutdown(incoming, stopped))))
}

async fn set_health(health: &HealthReporter, alone: bool, serving: bool) {
    use tonic_health::ServingStatus::{NotServing, Serving};
    let status = if serving { Serving } else { NotServing };
    let services = [
        "",
        "AccessService",
        "MatchingService",
        "RegistryService",
        "LedgerService",
        "NettingService",
        "AuditService",
    ];
    for service in services.into_iter().take(if alone { 3 } else { services.len() }) {
        let name = if service.is_empty() { String::new() } else { format!("chambre.v1.{service}") };
        health.set_service_status(name, status).await;
    }
}

fn serve_metrics(address: Option<SocketAddr>) -> Result<(), ServerError> {
    let Some(address) = address else { return Ok(()) };
    metrics_exporter_prometheus::PrometheusBuilder::new()
        .with_http_listener(address)
        .install()
        .map_err(|error| ServerError::Metrics(error.to_string()))
}

impl Running {
    /// Where it listens; the port is the one taken when 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where `/metrics` is served, if it is.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// Whether connections are encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Whether callers have to prove who they are.
    #[must_use]
    pub fn has_access_control(&self) -> bool {
        self.access.is_some()
    }

    /// Resolves when the journal can no longer be written: the process must then end and start again.
    pub async fn failed(&mut self) {
        let mut head = self.ledger.watch_head();
        // The sender lives in the writer: an error means that the writer has ended.
        while head.changed().await.is_ok() {}
    }

    /// Stops taking calls, finishes those under way, writes what was accepted, closes the journal.
    ///
    /// # Errors
    /// What the transport or the writer met.
    pub async fn stop(self) -> Result<(), ServerError> {
        set_health(&self.health, self.alone, false).await;
        let _ = self.stopping.send(true);
        match tokio::time::timeout(self.drain, self.server).await {
            Ok(Ok(served)) => served?,
            Ok(Err(error)) => return Err(ServerError::Setup(error.to_string())),
            // What was acknowledged is on disk, and callers send the rest again.
            Err(_) => tracing::warn!("calls still under way at the end of the drain"),
        }
        // It leaves at the same signal; what it has not told is told after the next start.
        let _ = self.dispatcher.await;
        let (ledger, access) = (self.ledger, self.access);
        let closed = tokio::task::spawn_blocking(move || {
            access.inspect(|access| access.close());
            ledger.close()
        });
        let closed = closed.await;
        closed.map_err(|error| ServerError::Setup(error.to_string()))??;
        tracing::info!("stopped");
        Ok(())
    }
}
