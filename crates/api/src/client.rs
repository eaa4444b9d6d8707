//! The published client: one connection to the chamber, and what it says when it refuses.

use crate::v1::access_service_client::AccessServiceClient;
use crate::v1::audit_service_client::AuditServiceClient;
use crate::v1::ledger_service_client::LedgerServiceClient;
use crate::v1::matching_service_client::MatchingServiceClient;
use crate::v1::netting_service_client::NettingServiceClient;
use crate::v1::registry_service_client::RegistryServiceClient;
use std::collections::BTreeMap;
use std::time::Duration;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Error, Identity};
use tonic::{Code, Request, Status};
use tonic_types::{ErrorDetails, RpcStatusExt as _, StatusExt as _};

const MIB: u32 = 1 << 20;

/// Largest answer a client reads: a page of a thousand entries with long conventions stays well below.
const LARGEST_ANSWER: usize = 16 << 20;

/// Largest answer about runs: a document of 32 MiB, and its name.
const LARGEST_DOCUMENT: usize = 33 << 20;

/// What a caller shows: nothing, for a trial on this machine.
#[derive(Clone, Default)]
pub struct Credentials {
    /// Authority that signed the server's certificate (PEM); needed for an `https` address.
    pub authority: Option<Vec<u8>>,
    /// The caller's own certificate chain and private key (PEM).
    pub certificate: Option<(Vec<u8>, Vec<u8>)>,
    /// A bearer token (JWT).
    pub token: Option<String>,
}

impl std::fmt::Debug for Credentials {
    /// Which of them are there; never what they hold.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Credentials")
            .field("authority", &self.authority.is_some())
            .field("certificate", &self.certificate.is_some())
            .field("token", &self.token.is_some())
            .finish()
    }
}

/// Why a connection could not be opened.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ConnectError {
    #[error(transparent)]
    Transport(#[from] Error),
    /// A token is one line of visible ASCII characters.
    #[error("this is not a bearer token")]
    Token,
}

/// Puts the caller's token, if there is one, on each request.
#[derive(Debug, Clone, Default)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

/// A channel on which each request says who calls.
pub type Line = InterceptedService<Channel, Bearer>;

/// A connection to the chamber; cloning it is cheap and shares the connection.
#[derive(Debug, Clone)]
pub struct Client {
    line: Line,
}

impl Client {
    /// Connects to a chamber, for example `http://127.0.0.1:50051`.
    ///
    /// # Errors
    /// The address cannot be read, or nobody answers there within ten seconds.
    pub async fn connect(uri: &str) -> Result<Self, Error> {
        Ok(Self::over(Self::endpoint(uri)?.connect().await?))
    }

    /// Connects as somebody, for example to `https://chambre.example:50051`.
    ///
    /// # Errors
    /// As [`Client::connect`]; certificates or keys that cannot be read, a server that another authority signed,
    /// a token that is not one line of text.
    pub async fn connect_as(uri: &str, credentials: Credentials) -> Result<Self, ConnectError> {
        let mut endpoint = Self::endpoint(uri)?;
        if uri.starts_with("https:") {
            let mut tls = ClientTlsConfig::new();
            if let Some(authority) = credentials.authority {
                tls = tls.ca_certificate(Certificate::from_pem(authority));
            }
            if let Some((chain, key)) = credentials.certificate {
                tls = tls.identity(Identity::from_pem(chain, key));
            }
            endpoint = endpoint.tls_config(tls)?;
        }
        let token = credentials.token.map(|token| {
            let value = format!("Bearer {}", token.trim()).parse::<MetadataValue<Ascii>>();
            value.map_err(|_| ConnectError::Token)
        });
        let mut token = token.transpose()?;
        token.iter_mut().for_each(|token| token.set_sensitive(true));
        Ok(Self { line: InterceptedService::new(endpoint.connect().await?, Bearer(token)) })
    }

    /// The settings of a connection, for a caller that adds its own (an origin, a deadline).
    ///
    /// Windows are fixed, never adaptive: an adaptive one starts at 64 KiB, and h2 then closes a connection that
    /// reads streams of small answers (`too_many_data_frames`).
    ///
    /// # Errors
    /// The address cannot be read.
    pub fn endpoint(uri: &str) -> Result<Endpoint, Error> {
        let endpoint = Endpoint::from_shared(uri.to_owned())?
            .initial_connection_window_size(16 * MIB)
            .initial_stream_window_size(MIB)
            .tcp_nodelay(true)
            .tcp_keepalive(Some(Duration::from_secs(60)))
            .http2_keep_alive_interval(Duration::from_secs(60))
            .keep_alive_timeout(Duration::from_secs(20))
            .connect_timeout(Duration::from_secs(10));
        Ok(endpoint)
    }

    /// Speaks over a channel that the caller opened.
    #[must_use]
    pub fn over(channel: Channel) -> Self {
        Self { line: InterceptedService::new(channel, Bearer::default()) }
    }

    /// Bailleurs, operations, conventions, territories.
    #[must_use]
    pub fn registry(&self) -> RegistryServiceClient<Line> {
        RegistryServiceClient::new(self.line.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// Declarations, entries, positions.
    #[must_use]
    pub fn ledger(&self) -> LedgerServiceClient<Line> {
        LedgerServiceClient::new(self.line.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// Netting runs.
    #[must_use]
    pub fn netting(&self) -> NettingServiceClient<Line> {
        NettingServiceClient::new(self.line.clone()).max_decoding_message_size(LARGEST_DOCUMENT)
    }

    /// Needs, offers, proposals.
    #[must_use]
    pub fn matching(&self) -> MatchingServiceClient<Line> {
        MatchingServiceClient::new(self.line.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// Exports.
    #[must_use]
    pub fn audit(&self) -> AuditServiceClient<Line> {
        AuditServiceClient::new(self.line.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// Identities.
    #[must_use]
    pub fn access(&self) -> AccessServiceClient<Line> {
        AccessServiceClient::new(self.line.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }
}

/// Why the chamber refused, for a person and for a program. What it did not say is empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// gRPC code.
    pub code: Code,
    /// Stable reason, `UPPER_SNAKE_CASE`; the list is in the `refusal` module of the domain.
    pub reason: String,
    /// First field that was wrong, for example `relogement.host_siren`.
    pub field: String,
    /// The sentence in English.
    pub message: String,
    /// The sentence in French.
    pub french: String,
    /// What else a program needs, by name: the limit that was passed, the other id.
    pub facts: BTreeMap<String, String>,
}

impl Refused {
    /// Reads the status of a call.
    #[must_use]
    pub fn of(status: &Status) -> Self {
        Self::new(status.code(), status.message(), status.get_error_details())
    }

    /// Reads the status of one event of a batch, of a stream or of an import.
    #[must_use]
    pub fn of_event(status: &tonic_types::Status) -> Self {
        Self::new(Code::from_i32(status.code), &status.message, status.get_error_details())
    }

    fn new(code: Code, message: &str, details: ErrorDetails) -> Self {
        let violation = details.bad_request().and_then(|bad| bad.field_violations.first());
        Self {
            code,
            reason: details.error_info().map_or_else(String::new, |info| info.reason.clone()),
            field: violation.map_or_else(String::new, |violation| violation.field.clone()),
            message: message.to_owned(),
            french: details.localized_message().map_or_else(String::new, |text| text.message.clone()),
            facts: details.error_info().map_or_else(BTreeMap::new, |info| {
                info.metadata.iter().map(|(name, fact)| (name.clone(), fact.clone())).collect()
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn details() -> ErrorDetails {
        let mut details = ErrorDetails::new();
        details
            .set_error_info(
                "SIREN_CHECK_DIGIT",
                "chambre",
                HashMap::from([("digit".to_owned(), "3".to_owned())]),
            )
            .add_bad_request_violation("relogement.host_siren", "the check digit of this SIREN is wrong")
            .set_localized_message("fr-FR", "la clé de contrôle de ce SIREN est fausse");
        details
    }

    fn refused() -> Refused {
        Refused {
            code: Code::InvalidArgument,
            reason: "SIREN_CHECK_DIGIT".to_owned(),
            field: "relogement.host_siren".to_owned(),
            message: "refused".to_owned(),
            french: "la clé de contrôle de ce SIREN est fausse".to_owned(),
            facts: BTreeMap::from([("digit".to_owned(), "3".to_owned())]),
        }
    }

    #[test]
    fn a_refused_call_tells_its_reason_field_and_french_sentence() {
        let status = Status::with_error_details(Code::InvalidArgument, "refused", details());
        assert_eq!(Refused::of(&status), refused());
    }

    #[test]
    fn a_refused_event_of_a_batch_tells_the_same() {
        let status = Status::with_error_details(Code::InvalidArgument, "refused", details());
        let bytes = status.details();
        let event: tonic_types::Status = prost::Message::decode(bytes).unwrap();
        assert_eq!(Refused::of_event(&event), refused());
    }

    #[test]
    fn a_bare_status_keeps_its_code_and_sentence() {
        let bare = Refused::of(&Status::unavailable("no answer"));
        assert_eq!(
            (bare.code, bare.to_string().as_str(), bare.reason.as_str()),
            (Code::Unavailable, "no answer", "")
        );
    }

    #[test]
    fn credentials_never_show_what_they_hold() {
        let certificate = Some((b"chain".to_vec(), b"private".to_vec()));
        let shown = Credentials { certificate, token: Some("secret".to_owned()), ..Credentials::default() };
        let shown = format!("{shown:?}");
        assert!(!shown.contains("secret") && !shown.contains("private"), "{shown}");
    }

    #[tokio::test]
    async fn nobody_at_the_address_is_an_error_and_a_bad_address_too() {
        // Port 1 of the loopback: nobody listens there.
        assert!(Client::connect("http://127.0.0.1:1").await.is_err());
        assert!(Client::connect("not an address").await.is_err());
    }
}
