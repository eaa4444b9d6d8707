//! What a run says on paper: its explanation mapped to the documents that people check.
//!
//! | file | noun |
//! |---|---|
//! | `releve` | the relevé of one bailleur |
//! | `relogements` | its drill-down |
//! | `arrete` | the arrêté de compensation of a run |
//! | `comparison` | conventions side by side |
//! | `key` | the divisions behind fair shares |
//! | `cited` | the run, the bailleurs, the conventions that documents cite |
//! | `wording` | a rule of sharing in one French sentence |
//!
//! The books are read at once, then left: figures are explained and printed on a thread that may take its time. Each
//! document checks its own sums; one that does not hold is not given, and its cause goes to the log.

mod arrete;
mod cited;
mod comparison;
mod key;
mod releve;
mod relogements;
mod wording;

use super::Netting;
use super::explaining::Frozen;
use crate::desk::refused;
use crate::status;
use chambre_api::convert::documents::{ComparisonForm, DocumentFile, StatementAsked, StatementForm};
use chambre_api::convert::explanation::SimulationAsked;
use chambre_audit::report::{ArreteCompensation, ReleveBailleur, ReportError, SimulationComparee};
use chambre_domain::{Date, NettingId, OperationId, Reason, Refusal, Seal, Seq, Siren};
use chambre_ledger::Books;
use std::collections::BTreeMap;
use tonic::Status;

/// Largest file of one answer, in bytes.
const LARGEST: usize = 32 << 20;

const PDF: &str = "application/pdf";
const CSV: &str = "text/csv; charset=utf-8";

/// Names of the bailleurs, as registered.
type Names = BTreeMap<Siren, String>;

/// Everything a document of a run says.
struct Dossier {
    /// The run, and what it read.
    frozen: Frozen,
    /// Who is who.
    names: Names,
    /// The operation of each relogement, by the seq of its record.
    operations: BTreeMap<Seq, OperationId>,
    /// Seal of the last écriture that the run takes into account.
    seal: Seal,
    /// The day printed.
    issued_on: Date,
}

/// Why there is no document.
enum Unmade {
    /// The request, or the state of the books.
    Refused(Refusal),
    /// Figures that do not hold: never printed.
    Wrong(ReportError),
}

impl From<Refusal> for Unmade {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ReportError> for Unmade {
    fn from(error: ReportError) -> Self {
        Self::Wrong(error)
    }
}

impl Netting {
    /// The relevé of a bailleur.
    pub(super) async fn statement(&self, asked: StatementAsked) -> Result<DocumentFile, Status> {
        let StatementAsked { netting, bailleur, form } = asked;
        let dossier = self.dossier(&netting).await?;
        let stem = format!("releve-{}-{bailleur}", in_a_name(&netting));
        let (name, media_type) = match form {
            StatementForm::Pdf => (format!("{stem}.pdf"), PDF),
            StatementForm::Figures => (format!("{stem}-chiffres.csv"), CSV),
            StatementForm::Relogements => (format!("{stem}-relogements.csv"), CSV),
        };
        made(name, media_type, move || {
            let releve = ReleveBailleur::checked(releve::releve(&dossier, bailleur)?)?;
            Ok(match form {
                StatementForm::Pdf => releve.pdf()?,
                StatementForm::Figures => releve.csv()?,
                StatementForm::Relogements => releve.relogements_csv()?,
            })
        })
        .await
    }

    /// The arrêté de compensation of a run.
    pub(super) async fn run_document(&self, id: &NettingId) -> Result<DocumentFile, Status> {
        let dossier = self.dossier(id).await?;
        made(format!("arrete-{}.pdf", in_a_name(id)), PDF, move || {
            Ok(ArreteCompensation::checked(arrete::arrete(&dossier)?)?.pdf()?)
        })
        .await
    }

    /// Conventions side by side.
    pub(super) async fn comparison(
        &self,
        asked: SimulationAsked,
        form: ComparisonForm,
    ) -> Result<DocumentFile, Status> {
        let (territory, period) = (asked.territory, asked.period);
        let compared = self.compare(asked).await?;
        let names = self.0.books(names)?;
        let issued_on = self.0.today();
        let (extension, media_type) = match form {
            ComparisonForm::Pdf => ("pdf", PDF),
            ComparisonForm::Csv => ("csv", CSV),
        };
        let name = format!("comparaison-{territory}-{}.{extension}", period.to);
        made(name, media_type, move || {
            let simulation = comparison::simulation((territory, period), &compared, &names, issued_on)?;
            let comparison = SimulationComparee::checked(simulation)?;
            Ok(match form {
                ComparisonForm::Pdf => comparison.pdf()?,
                ComparisonForm::Csv => comparison.csv()?,
            })
        })
        .await
    }

    /// Reads what a document of a run says.
    async fn dossier(&self, id: &NettingId) -> Result<Dossier, Status> {
        let run = self.run(id)?;
        let read = |books: &Books| {
            let frozen = Frozen::take(books, &run)?;
            let territory = frozen.proposed.proposal.territory;
            let files = books.relogements_of(territory);
            let operations = files.map(|file| (file.measured.recorded_seq, file.operation.clone())).collect();
            Ok((frozen, names(books), operations))
        };
        let (frozen, names, operations) = self.0.books(read)?.map_err(refused)?;
        let at_seq = frozen.proposed.proposal.at_seq;
        let entries = self.0.read(move |ledger| ledger.entries(&[at_seq.get()])).await?;
        let seal = entries.first().map(|entry| entry.seal);
        let seal = seal.ok_or_else(|| status::unavailable("the journal lacks the last entry of the run"))?;
        Ok(Dossier { frozen, names, operations, seal, issued_on: self.0.today() })
    }
}

fn names(books: &Books) -> Names {
    let bailleurs = books.parties().bailleurs_after(None);
    bailleurs.map(|bailleur| (bailleur.siren, bailleur.name.to_string())).collect()
}

/// An identifier as part of a file name: a colon is not one everywhere.
fn in_a_name(id: &NettingId) -> String {
    id.to_string().replace(':', "-")
}

/// Makes a file on a thread that may take its time.
async fn made(
    name: String,
    media_type: &'static str,
    make: impl FnOnce() -> Result<Vec<u8>, Unmade> + Send + 'static,
) -> Result<DocumentFile, Status> {
    let content = match tokio::task::spawn_blocking(make).await {
        Ok(Ok(content)) => content,
        Ok(Err(Unmade::Refused(refusal))) => return Err(refused(refusal)),
        Ok(Err(Unmade::Wrong(error))) => return Err(status::unmade(&name, &error)),
        Err(error) => {
            tracing::error!(%error, name, "a document was cut short");
            return Err(status::unavailable("the document was cut short"));
        }
    };
    if content.len() > LARGEST {
        let refusal = Refusal::new(Reason::DocumentTooLarge, "content", content.len());
        return Err(refused(refusal.with("limit", LARGEST)));
    }
    Ok(DocumentFile { content, name, media_type })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_document_beyond_the_limit_is_refused_with_its_size() {
        let made = |size: usize| made("a.pdf".to_owned(), PDF, move || Ok(vec![0; size]));
        assert_eq!(made(LARGEST).await.unwrap().content.len(), LARGEST);
        let status = made(LARGEST + 1).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::FailedPrecondition);
        assert!(status.message().contains("33554433"), "{}", status.message());
    }

    #[tokio::test]
    async fn figures_that_do_not_hold_are_no_document_and_no_detail_for_the_caller() {
        let field = "position.effort".to_owned();
        let wrong = || Err(Unmade::Wrong(ReportError::Overflow { field }));
        let status = made("a.pdf".to_owned(), PDF, wrong).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Internal);
        assert!(!status.message().contains("position.effort"));
    }
}
