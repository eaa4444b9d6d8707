//! Files for people: the relevé, the arrêté, the comparison.

use super::explanation::{self, SimulationAsked};
use super::words;
use crate::v1;
use chambre_domain::{NettingId, Reason, Refusal, Siren};
use std::collections::BTreeSet;

/// Forms of a relevé.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementForm {
    /// Pages.
    Pdf,
    /// The figures of the computation.
    Figures,
    /// The relogements.
    Relogements,
}

/// Forms of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparisonForm {
    /// Picture and tables.
    Pdf,
    /// A table.
    Csv,
}

/// Whose relevé is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementAsked {
    /// The run.
    pub netting: NettingId,
    /// The bailleur.
    pub bailleur: Siren,
    /// Its form.
    pub form: StatementForm,
}

/// A file, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFile {
    /// Its bytes.
    pub content: Vec<u8>,
    /// Its name, without folder.
    pub name: String,
    /// What it is: `application/pdf`, `text/csv; charset=utf-8`.
    pub media_type: &'static str,
}

/// Reads whose relevé is asked for.
///
/// # Errors
/// The field that is missing or wrong.
pub fn statement(wire: &v1::GetStatementRequest) -> Result<StatementAsked, Refusal> {
    Ok(StatementAsked {
        netting: NettingId::parse("netting_id", &wire.netting_id)?,
        bailleur: Siren::parse("bailleur_siren", &wire.bailleur_siren)?,
        form: match v1::StatementFormat::try_from(wire.format) {
            Ok(v1::StatementFormat::Pdf) => StatementForm::Pdf,
            Ok(v1::StatementFormat::Csv) => StatementForm::Figures,
            Ok(v1::StatementFormat::RelogementsCsv) => StatementForm::Relogements,
            Ok(v1::StatementFormat::Unspecified) => return Err(words::missing("format")),
            Err(_) => return Err(Refusal::new(Reason::ValueUnknown, "format", wire.format)),
        },
    })
}

/// Reads which comparison is asked for.
///
/// # Errors
/// The field that is missing or wrong; two scenarios of the same name.
pub fn comparison(wire: v1::GetComparisonRequest) -> Result<(SimulationAsked, ComparisonForm), Refusal> {
    let form = match v1::ComparisonFormat::try_from(wire.format) {
        Ok(v1::ComparisonFormat::Pdf) => ComparisonForm::Pdf,
        Ok(v1::ComparisonFormat::Csv) => ComparisonForm::Csv,
        Ok(v1::ComparisonFormat::Unspecified) => return Err(words::missing("format")),
        Err(_) => return Err(Refusal::new(Reason::ValueUnknown, "format", wire.format)),
    };
    let v1::GetComparisonRequest { territory_siren, period, scenarios, .. } = wire;
    let asked = explanation::simulate(v1::SimulateNettingRequest { territory_siren, period, scenarios })?;
    let mut names = BTreeSet::new();
    for (place, (name, _)) in asked.scenarios.iter().enumerate() {
        if !names.insert(name.trim()) {
            return Err(Refusal::new(Reason::ScenarioDuplicate, format!("scenarios[{place}].name"), name));
        }
    }
    Ok((asked, form))
}

/// A relevé.
#[must_use]
pub fn wire_statement(file: DocumentFile) -> v1::GetStatementResponse {
    let DocumentFile { content, name, media_type } = file;
    v1::GetStatementResponse { content, file_name: name, media_type: media_type.to_owned() }
}

/// An arrêté.
#[must_use]
pub fn wire_run_document(file: DocumentFile) -> v1::GetRunDocumentResponse {
    let DocumentFile { content, name, media_type } = file;
    v1::GetRunDocumentResponse { content, file_name: name, media_type: media_type.to_owned() }
}

/// A comparison.
#[must_use]
pub fn wire_comparison(file: DocumentFile) -> v1::GetComparisonResponse {
    let DocumentFile { content, name, media_type } = file;
    v1::GetComparisonResponse { content, file_name: name, media_type: media_type.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relevé_is_asked_for_in_a_known_form() {
        let asked = |format| {
            statement(&v1::GetStatementRequest {
                netting_id: "N-1".to_owned(),
                bailleur_siren: Siren::fictitious(1).to_string(),
                format,
            })
        };
        assert_eq!(asked(3).unwrap().form, StatementForm::Relogements);
        assert_eq!(asked(0).unwrap_err().field, "format");
        assert_eq!(asked(9).unwrap_err().reason, Reason::ValueUnknown);
    }

    #[test]
    fn a_comparison_names_its_form() {
        let refusal = comparison(v1::GetComparisonRequest::default()).unwrap_err();
        assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::FieldMissing, "format"));
    }
}
