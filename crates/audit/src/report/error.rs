//! Why a document is not printed.

use chambre_domain::{Cents, Siren};

/// A statement that contradicts itself is never printed: each refusal names what was stated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum ReportError {
    /// The figures come from a computation that went wrong, or were changed on the way.
    #[error("{field} is stated as {stated} but its parts make {computed}")]
    Arithmetic { field: String, stated: Cents, computed: Cents },
    #[error("{field}: {value} ({must})")]
    Refused { field: String, value: String, must: &'static str },
    #[error("{field} names bailleur {siren}, which has no line in the document")]
    UnknownBailleur { field: String, siren: Siren },
    #[error("{field} leaves the range of a 64-bit number of cents")]
    Overflow { field: String },
    #[error("the PDF could not be written: {0}")]
    Pdf(String),
    #[error("the table could not be written: {0}")]
    Csv(String),
}

impl ReportError {
    pub(crate) fn refused(field: impl Into<String>, value: impl ToString, must: &'static str) -> Self {
        Self::Refused { field: field.into(), value: value.to_string(), must }
    }
}

/// The sum, or a refusal that names it.
pub(crate) fn sum(field: &str, amounts: impl IntoIterator<Item = Cents>) -> Result<Cents, ReportError> {
    let total: i128 = amounts.into_iter().map(|amount| i128::from(amount.get())).sum();
    cents(field, total)
}

/// The number as cents, or a refusal that names it.
pub(crate) fn cents(field: &str, number: i128) -> Result<Cents, ReportError> {
    i64::try_from(number).map(Cents::new).map_err(|_| ReportError::Overflow { field: field.to_owned() })
}

/// Holds a stated amount against the sum of its parts.
pub(crate) fn agrees(
    field: &str,
    stated: Cents,
    parts: impl IntoIterator<Item = Cents>,
) -> Result<(), ReportError> {
    let computed = sum(field, parts)?;
    if stated == computed {
        Ok(())
    } else {
        Err(ReportError::Arithmetic { field: field.to_owned(), stated, computed })
    }
}

/// The opposite amount, or a refusal that names it.
pub(crate) fn minus(field: &str, amount: Cents) -> Result<Cents, ReportError> {
    amount.checked_neg().ok_or_else(|| ReportError::Overflow { field: field.to_owned() })
}
