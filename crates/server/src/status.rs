//! Each refusal's gRPC code and details: the one table between the trade and the wire.

use chambre_domain::refusal::Kind;
use chambre_domain::{Reason, Refusal};
use chambre_ledger::LedgerError;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// Domain of every `ErrorInfo`.
const DOMAIN: &str = "chambre-de-compensation";

/// After how long a refused caller may try again.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// The gRPC code of each kind of refusal. No `_`: a new kind does not compile until someone picks its code.
const fn code(kind: Kind) -> Code {
    match kind {
        Kind::Invalid => Code::InvalidArgument,
        Kind::Missing => Code::NotFound,
        Kind::Exists => Code::AlreadyExists,
        Kind::State => Code::FailedPrecondition,
        Kind::Forbidden => Code::PermissionDenied,
        Kind::Unauthenticated => Code::Unauthenticated,
        Kind::Outdated => Code::Aborted,
        Kind::Exhausted => Code::ResourceExhausted,
    }
}

/// A refusal with its details: ErrorInfo (reason, field, value, fix, facts), BadRequest for a wrong field,
/// RetryInfo when waiting helps, and the sentence in French for a person.
pub fn refused(refusal: &Refusal) -> Status {
    let reason = refusal.reason;
    let mut facts: HashMap<String, String> =
        refusal.facts.iter().map(|(name, fact)| ((*name).to_owned(), fact.clone())).collect();
    facts.insert("field".to_owned(), refusal.field.clone());
    facts.insert("value".to_owned(), refusal.value.clone());
    facts.insert("fix".to_owned(), reason.fix().to_owned());
    let mut details = ErrorDetails::with_error_info(reason.code(), DOMAIN, facts);
    if reason.kind() == Kind::Exhausted {
        details.set_retry_info(Some(RETRY_AFTER));
    } else {
        let sentence = format!("{} (got {:?}); {}", reason.english(), refusal.value, reason.fix());
        details.add_bad_request_violation(refusal.field.clone(), sentence);
    }
    details.set_localized_message("fr-FR", refusal.french());
    Status::with_error_details(code(reason.kind()), refusal.to_string(), details)
}

/// A caller, or a stranger, that comes too often: when to come back.
pub fn limited(wait: Duration) -> Status {
    let reason = Reason::RateLimit;
    let facts = HashMap::from([("fix".to_owned(), reason.fix().to_owned())]);
    let mut details = ErrorDetails::with_error_info(reason.code(), DOMAIN, facts);
    details.set_retry_info(Some(wait));
    details.set_localized_message("fr-FR", format!("{}. {}", reason.french(), reason.fix_french()));
    Status::with_error_details(
        code(reason.kind()),
        format!("{}; {}", reason.english(), reason.fix()),
        details,
    )
}

/// The same, as one answer inside a batch.
pub fn refused_item(refusal: &Refusal) -> tonic_types::Status {
    use prost::Message;
    let status = refused(refusal);
    // The details of a gRPC status are this very message, encoded.
    tonic_types::Status::decode(status.details()).unwrap_or_else(|_| tonic_types::Status {
        code: status.code().into(),
        message: status.message().to_owned(),
        details: Vec::new(),
    })
}

/// What a caller learns of a failure of the books; the cause goes to the log.
pub fn failed(error: &LedgerError) -> Status {
    if let LedgerError::Refused(refusal) = error {
        return refused(refusal);
    }
    tracing::error!(%error, cause = ?std::error::Error::source(error), "the books failed");
    match error {
        LedgerError::Closed => unavailable("the service is stopping; send the same request again"),
        _ => unavailable("the journal cannot be used at the moment; send the same request again later"),
    }
}

/// Nothing is wrong with the request: the same one may be sent again.
pub fn unavailable(message: &str) -> Status {
    let french = "Le service est momentanément indisponible. Renvoyez la même demande un peu plus tard.";
    let mut details = ErrorDetails::with_error_info("UNAVAILABLE", DOMAIN, HashMap::new());
    details.set_retry_info(Some(RETRY_AFTER)).set_localized_message("fr-FR", french);
    Status::with_error_details(Code::Unavailable, message, details)
}

/// A document whose figures do not hold is not given: the cause goes to the log.
pub fn unmade(document: &str, error: &dyn std::error::Error) -> Status {
    tracing::error!(%error, document, "a document was not made");
    let french =
        "Ce document n’a pas été établi : une de ses sommes ne tombe pas juste. Prévenez la chambre.";
    let mut details = ErrorDetails::with_error_info("DOCUMENT_NOT_MADE", DOMAIN, HashMap::new());
    details.set_localized_message("fr-FR", french);
    let message = "the document was not made: one of its sums does not hold; tell the chamber";
    Status::with_error_details(Code::Internal, message, details)
}

/// The caller's own time limit has passed.
pub fn deadline_exceeded() -> Status {
    let french =
        "Le délai fixé par l’appelant est dépassé. Renvoyez la même demande avec le même identifiant.";
    let mut details = ErrorDetails::with_error_info("DEADLINE_EXCEEDED", DOMAIN, HashMap::new());
    details.set_localized_message("fr-FR", french);
    let message = "the deadline of the call has passed; a write may still have been recorded: send it again, it is idempotent";
    Status::with_error_details(Code::DeadlineExceeded, message, details)
}

/// What the transport says of bytes that it could not read, in our own words: a code that blames the request,
/// and details. Any other status is given back as it is.
pub fn readable(status: Status) -> Status {
    match unread(status.code(), status.message()) {
        Some(reason) => refused(&Refusal::new(reason, "message", status.message())),
        None => status,
    }
}

/// Why the transport could not read a message, if that is what it says (tonic's own words, pinned by a test
/// over the wire).
pub fn unread(code: Code, message: &str) -> Option<Reason> {
    match code {
        Code::Internal if message.starts_with("failed to decode Protobuf message") => {
            Some(Reason::MessageUnreadable)
        }
        Code::OutOfRange if message.contains("message length too large") => Some(Reason::MessageTooLarge),
        _ => None,
    }
}

/// A refusal of one field, for services that meet it themselves.
pub fn refuse(reason: Reason, field: &str, value: impl std::fmt::Display) -> Status {
    refused(&Refusal::new(reason, field, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_makes_a_complete_status() {
        for reason in Reason::ALL {
            let status = refused(&Refusal::new(*reason, "works.amount_cents", "-1").with("limit", 3));
            let info = status.get_details_error_info().unwrap();
            assert_eq!((info.reason.as_str(), info.domain.as_str()), (reason.code(), DOMAIN));
            assert_eq!(info.metadata.get("limit").map(String::as_str), Some("3"));
            assert_eq!(status.get_details_localized_message().unwrap().locale, "fr-FR");
            let exhausted = status.code() == Code::ResourceExhausted;
            assert_eq!(status.get_details_retry_info().is_some(), exhausted);
            assert_eq!(status.get_details_bad_request().is_some(), !exhausted);
        }
    }

    #[test]
    fn an_item_of_a_batch_carries_the_same_details() {
        let item = refused_item(&Refusal::new(Reason::SirenFormat, "events[3].relogement.host_siren", "12"));
        assert_eq!(item.code, i32::from(Code::InvalidArgument));
        assert_eq!(item.details.len(), 3);
    }

    #[test]
    fn a_storage_failure_tells_the_caller_nothing_of_its_cause() {
        let status = failed(&LedgerError::NotAJournal);
        assert_eq!(status.code(), Code::Unavailable);
        assert!(!status.message().contains("chamber"));
    }
}
