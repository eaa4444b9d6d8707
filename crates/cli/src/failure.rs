//! Why a command could not do what was asked.

use crate::file::{BadFiles, BadLine, BadLines};
use crate::report::{self, Exit};
use chambre_api::Refused;
use chambre_domain::refusal::Kind;
use chambre_domain::{Cents, Refusal, french};
use chambre_ledger::LedgerError;
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;
use tonic::{Code, Status};

/// Why a command could not do what was asked; each variant ends with its own exit code.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum Failure {
    /// The chamber said no: by a rule of the trade (1), because the request is wrong by itself (2), or because
    /// it cannot answer now (3).
    #[error("{}", said(.0))]
    Refused(Box<Refused>),
    /// Lines of a file, each with its reason.
    #[error("{0}")]
    Lines(BadLines),
    /// Lines of several files read together, each with its reason.
    #[error("{0}")]
    Files(BadFiles),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Infrastructure(String),
}

impl Failure {
    /// A wrong option, argument or file.
    pub fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    /// A server, a disk or a journal that does not do its part.
    pub fn infrastructure(text: impl Into<String>) -> Self {
        Self::Infrastructure(text.into())
    }

    /// A file that cannot be read or written. What does not exist, or exists already, is the caller's mistake;
    /// the rest is the disk's.
    pub fn of_file(path: &Path, error: &std::io::Error) -> Self {
        let path = path.display();
        match error.kind() {
            ErrorKind::NotFound => Self::Usage(format!("{path} : fichier ou dossier introuvable.")),
            ErrorKind::IsADirectory => Self::Usage(format!("{path} est un dossier, pas un fichier.")),
            ErrorKind::AlreadyExists => {
                Self::Usage(format!("{path} existe déjà ; rien n’a été remplacé. Choisissez un autre nom."))
            }
            ErrorKind::PermissionDenied => Self::Infrastructure(format!("{path} : accès refusé.")),
            ErrorKind::StorageFull => Self::Infrastructure(format!("{path} : le disque est plein.")),
            _ => Self::Infrastructure(format!("{path} : {error}")),
        }
    }

    /// What the books of a folder or of a file answered.
    pub fn of_books(path: &Path, error: LedgerError) -> Self {
        let shown = path.display();
        match error {
            LedgerError::Refused(refusal) => Self::from(*refusal),
            LedgerError::Folder(error) if error.kind() == ErrorKind::AlreadyExists => {
                Self::of_file(Path::new(&error.to_string()), &error)
            }
            LedgerError::Folder(error) => Self::of_file(path, &error),
            LedgerError::Storage(error) => {
                Self::Infrastructure(format!("{shown} : le journal ne peut être lu ou écrit ({error})."))
            }
            LedgerError::Read => Self::Infrastructure(format!(
                "{shown} : le journal est lu par un autre programme. Réessayez."
            )),
            LedgerError::AlreadyOpen => Self::Infrastructure(format!(
                "{shown} : un autre processus écrit déjà dans ce dossier. Arrêtez-le d’abord."
            )),
            LedgerError::LaterSchema { found, known } => Self::Infrastructure(format!(
                "{shown} : journal d’une version plus récente du programme (schéma {found}, connu : {known}). \
                 Mettez le programme à jour."
            )),
            LedgerError::NotAJournal => {
                Self::Infrastructure(format!("{shown} : ce fichier n’est pas un journal de la chambre."))
            }
            LedgerError::Decode(error) => {
                Self::Infrastructure(format!("{shown} : une écriture est illisible ({error})."))
            }
            LedgerError::Damaged { seq, what } => Self::Infrastructure(format!(
                "{shown} : journal endommagé à l’écriture n° {seq} : {what}. Restaurez une sauvegarde."
            )),
            LedgerError::Randomness(error) => {
                Self::Infrastructure(format!("le système ne donne pas d’aléa ({error})."))
            }
            LedgerError::Closed => {
                Self::Infrastructure(format!("{shown} : l’écriture du journal s’est arrêtée."))
            }
        }
    }

    /// With which code the program ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Refused(refused) => exit_of(refused.code),
            Self::Lines(lines) => lines.exit,
            Self::Files(_) | Self::Usage(_) => Exit::Usage,
            Self::Infrastructure(_) => Exit::Infrastructure,
        }
    }

    /// The same for a program.
    pub fn json(&self) -> Value {
        let text = self.to_string();
        let first_line = text.lines().next().unwrap_or_default();
        let mut error = json!({ "exit_code": self.exit() as u8, "french": first_line });
        match self {
            Self::Refused(refused) => {
                error["reason"] = json!(refused.reason);
                error["field"] = json!(refused.field);
                error["message"] = json!(refused.message);
            }
            Self::Lines(lines) => {
                error["lines"] = json!(lines.first());
                error["line_count"] = json!(lines.count);
            }
            Self::Files(files) => {
                let line = |(file, bad): (&str, &BadLine)| {
                    json!({
                        "file": file, "line": bad.line, "field": bad.field, "reason": bad.reason,
                        "french": bad.french,
                    })
                };
                error["lines"] = files.all().map(line).collect();
                error["line_count"] = json!(files.count());
            }
            Self::Usage(_) | Self::Infrastructure(_) => {}
        }
        json!({ "error": error })
    }

    /// Prints it on the standard error, and as JSON on the standard output when asked.
    pub fn print(&self, json: bool) -> ExitCode {
        if json {
            report::print(&self.json().to_string());
        }
        report::warn(&format!(
            "{} {self}",
            if self.exit() == Exit::Refused { "Refusé :" } else { "Erreur :" }
        ));
        self.exit().into()
    }
}

/// The exit code that an answer of the chamber deserves.
pub fn exit_of(code: Code) -> Exit {
    match code {
        Code::Ok => Exit::Done,
        Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::Aborted => Exit::Refused,
        Code::InvalidArgument | Code::OutOfRange | Code::Unauthenticated => Exit::Usage,
        Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::Unimplemented
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => Exit::Infrastructure,
    }
}

/// Fields of a request, by the option or the argument in which they were typed.
const TYPED_IN: [(&str, &str); 20] = [
    ("officer_id", "--officer"),
    ("amount_cents", "--amount"),
    ("paid_on", "--paid-on"),
    ("period.from", "--from"),
    ("period.to", "--to"),
    ("disputes_until", "--until"),
    ("as_of.seq", "--as-of-seq"),
    ("as_of.occurred_by", "--occurred-by"),
    ("as_of.booked_by", "--booked-by"),
    ("run_netting_ids", "arrêté"),
    ("out_territory_sirens", "--without"),
    ("out_bailleurs", "--without-bailleur"),
    ("netting_id", "arrêté"),
    ("payment_id", "paiement"),
    ("territory_siren", "territoire"),
    ("name", "nom"),
    ("identity.name", "nom"),
    ("identity.bailleur_siren", "--siren"),
    ("identity.territory_sirens", "--territory"),
    ("identity.whole_region", "--whole-region"),
];

fn said(refused: &Refused) -> String {
    if refused.french.is_empty() {
        return format!("le serveur a répondu {:?} : {}", refused.code, refused.message);
    }
    let typed_in = TYPED_IN.iter().find(|(field, _)| *field == refused.field).map(|(_, option)| *option);
    let sentence = sentence(refused);
    match typed_in.unwrap_or(&refused.field) {
        "" => sentence,
        place => format!("{place} : {sentence}"),
    }
}

/// The French sentence without its field, amounts in euros: people type euros, the wire carries cents.
pub fn sentence(refused: &Refused) -> String {
    let Refused { field, french, .. } = refused;
    let sentence = french.strip_prefix(&format!("{field} : ")).unwrap_or(french);
    let received =
        sentence.split_once("« ").and_then(|(_, rest)| rest.split_once(" »")).map(|(value, _)| value);
    match received.filter(|_| field.ends_with("_cents")).and_then(|value| Some((value, value.parse().ok()?)))
    {
        Some((value, cents)) => sentence.replacen(
            &format!("« {value} »"),
            &format!("« {} »", french::euros(Cents::new(cents))),
            1,
        ),
        None => sentence.to_owned(),
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let refused = Refused::of(&status);
        if refused.french.is_empty() && status.code() == Code::Unavailable {
            return Self::Infrastructure(
                "le serveur ne répond plus. Relancez la même commande quand il sera revenu : rien n’est \
                 enregistré deux fois."
                    .to_owned(),
            );
        }
        Self::Refused(Box::new(refused))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal.reason.kind() {
            Kind::Invalid => Code::InvalidArgument,
            Kind::Missing => Code::NotFound,
            Kind::Exists => Code::AlreadyExists,
            Kind::State => Code::FailedPrecondition,
            Kind::Forbidden => Code::PermissionDenied,
            Kind::Unauthenticated => Code::Unauthenticated,
            Kind::Outdated => Code::Aborted,
            Kind::Exhausted => Code::ResourceExhausted,
        };
        Self::Refused(Box::new(Refused {
            code,
            reason: refusal.reason.code().to_owned(),
            field: refusal.field.clone(),
            message: refusal.to_string(),
            french: refusal.french(),
            facts: refusal.facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect(),
        }))
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(failure) => return failure,
            Err(error) => error,
        };
        match error.downcast::<Status>() {
            Ok(status) => status.into(),
            Err(error) => Self::Infrastructure(format!("{error:#}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chambre_domain::Reason;
    use std::io::Error;

    #[test]
    fn each_kind_of_refusal_ends_with_its_exit_code() {
        let exit = |reason| Failure::from(Refusal::new(reason, "field", "value")).exit();
        assert_eq!(exit(Reason::SirenFormat), Exit::Usage);
        assert_eq!(exit(Reason::BailleurUnknown), Exit::Refused);
        assert_eq!(exit(Reason::EventIdReused), Exit::Refused);
        assert_eq!(exit(Reason::NoConvention), Exit::Refused);
        assert_eq!(exit(Reason::SameOfficer), Exit::Refused);
        assert_eq!(exit(Reason::NettingOutdated), Exit::Refused);
        assert_eq!(exit(Reason::QueueFull), Exit::Infrastructure);
    }

    #[test]
    fn a_server_that_does_not_answer_is_infrastructure() {
        for status in [
            Status::unavailable("connection refused"),
            Status::deadline_exceeded("late"),
            Status::internal("bug"),
            Status::resource_exhausted("full"),
        ] {
            assert_eq!(Failure::from(status).exit(), Exit::Infrastructure);
        }
        assert!(
            Failure::from(Status::unavailable("x")).to_string().contains("rien n’est enregistré deux fois")
        );
    }

    #[test]
    fn a_refusal_is_said_in_french_and_kept_for_programs() {
        let failure = Failure::from(Refusal::new(Reason::SameOfficer, "officer_id", "a.martin"));
        assert!(failure.to_string().contains("ne peut pas l’approuver"));
        assert!(failure.to_string().starts_with("--officer : "), "{failure}");
        assert_eq!(failure.json()["error"]["reason"], "SAME_OFFICER");
        assert_eq!(failure.json()["error"]["exit_code"], 1);
    }

    #[test]
    fn an_amount_is_told_in_euros_under_the_option_in_which_it_was_typed() {
        let failure = Failure::from(Refusal::new(Reason::PaymentDiffers, "amount_cents", 123_456));
        let text = failure.to_string();
        assert!(text.starts_with("--amount : le montant payé n’est pas"), "{text}");
        assert!(text.contains("(valeur reçue : « 1\u{202f}234,56\u{a0}€ »)"), "{text}");
        let odd = Failure::from(Refusal::new(Reason::FieldMissing, "works.amount_cents", "")).to_string();
        assert!(odd.starts_with("works.amount_cents : ce champ"), "{odd}");
    }

    #[test]
    fn a_missing_file_is_a_mistake_and_a_full_disk_is_not() {
        let exit = |kind: ErrorKind| Failure::of_file(Path::new("f"), &Error::from(kind)).exit();
        assert_eq!(exit(ErrorKind::NotFound), Exit::Usage);
        assert_eq!(exit(ErrorKind::AlreadyExists), Exit::Usage);
        assert_eq!(exit(ErrorKind::StorageFull), Exit::Infrastructure);
    }

    #[test]
    fn a_damaged_journal_is_infrastructure() {
        let damaged = LedgerError::Damaged { seq: chambre_domain::Seq::new(7), what: "sceau".to_owned() };
        let failure = Failure::of_books(Path::new("d"), damaged);
        assert_eq!(failure.exit(), Exit::Infrastructure);
        assert!(failure.to_string().contains("n° 7"));
    }

    #[test]
    fn what_the_demonstration_meets_keeps_its_code() {
        let exit = |error: anyhow::Error| Failure::from(error).exit();
        assert_eq!(exit(anyhow::Error::new(Failure::usage("x"))), Exit::Usage);
        assert_eq!(exit(anyhow::Error::new(Status::not_found("x"))), Exit::Refused);
        assert_eq!(exit(anyhow::anyhow!("disque")), Exit::Infrastructure);
    }
}
