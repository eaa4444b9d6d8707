//! What a refusal says: to a program, and to a person.

use std::collections::HashMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, RpcStatusExt as _, StatusExt as _};

/// A refusal as it was received; what it did not say is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// gRPC code.
    pub code: Code,
    /// `ErrorInfo.reason`.
    pub reason: String,
    /// `ErrorInfo.metadata`.
    pub facts: HashMap<String, String>,
    /// Field of the first violation of `BadRequest`.
    pub field: String,
    /// The sentence in English.
    pub message: String,
    /// The locale of `LocalizedMessage`.
    pub locale: String,
    /// Its sentence.
    pub french: String,
}

impl Told {
    /// Reads the status of a call.
    #[must_use]
    pub fn by(status: &Status) -> Self {
        Self::read(status.code(), status.message(), &status.get_error_details())
    }

    /// Reads the error of one item of a batch.
    #[must_use]
    pub fn by_item(error: &tonic_types::Status) -> Self {
        Self::read(Code::from_i32(error.code), &error.message, &error.get_error_details())
    }

    fn read(code: Code, message: &str, details: &ErrorDetails) -> Self {
        let info = details.error_info();
        let violation = details.bad_request().and_then(|bad| bad.field_violations.first());
        let localized = details.localized_message();
        Self {
            code,
            reason: info.map_or_else(String::new, |info| info.reason.clone()),
            facts: info.map_or_else(HashMap::new, |info| info.metadata.clone()),
            field: violation.map_or_else(String::new, |violation| violation.field.clone()),
            message: message.to_owned(),
            locale: localized.map_or_else(String::new, |text| text.locale.clone()),
            french: localized.map_or_else(String::new, |text| text.message.clone()),
        }
    }
}
