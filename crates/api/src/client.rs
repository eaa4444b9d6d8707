//! The published client: one connection to the chamber, and what it says when it refuses.

use crate::v1::audit_service_client::AuditServiceClient;
use crate::v1::ledger_service_client::LedgerServiceClient;
use crate::v1::netting_service_client::NettingServiceClient;
use crate::v1::registry_service_client::RegistryServiceClient;
use std::time::Duration;
use tonic::transport::{Channel, Endpoint, Error};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, RpcStatusExt as _, StatusExt as _};

const MIB: u32 = 1 << 20;

/// Largest answer a client reads: a page of a thousand entries with long conventions stays well below.
const LARGEST_ANSWER: usize = 16 << 20;

/// A connection to the chamber; cloning it is cheap and shares the connection.
#[derive(Debug, Clone)]
pub struct Client {
    channel: Channel,
}

impl Client {
    /// Connects to a chamber, for example `http://127.0.0.1:50051`.
    ///
    /// # Errors
    /// The address cannot be read, or nobody answers there within ten seconds.
    pub async fn connect(uri: &str) -> Result<Self, Error> {
        Ok(Self::over(Self::endpoint(uri)?.connect().await?))
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
    pub const fn over(channel: Channel) -> Self {
        Self { channel }
    }

    /// Bailleurs, operations, conventions, territories.
    #[must_use]
    pub fn registry(&self) -> RegistryServiceClient<Channel> {
        RegistryServiceClient::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// Declarations, entries, positions.
    #[must_use]
    pub fn ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// Netting runs.
    #[must_use]
    pub fn netting(&self) -> NettingServiceClient<Channel> {
        NettingServiceClient::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// Exports.
    #[must_use]
    pub fn audit(&self) -> AuditServiceClient<Channel> {
        AuditServiceClient::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
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
            .set_error_info("SIREN_CHECK_DIGIT", "chambre", HashMap::new())
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

    #[tokio::test]
    async fn nobody_at_the_address_is_an_error_and_a_bad_address_too() {
        // Port 1 of the loopback: nobody listens there.
        assert!(Client::connect("http://127.0.0.1:1").await.is_err());
        assert!(Client::connect("not an address").await.is_err());
    }
}
