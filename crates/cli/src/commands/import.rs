//! `chambre import`: a file of declarations, all or nothing.

use crate::chamber::{Contact, ServerOptions};
use crate::failure::{Failure, exit_of, sentence};
use crate::file::declaration::{self, Declaration};
use crate::file::{BadLine, BadLines};
use crate::look::{self, counted};
use crate::report::{Exit, Report};
use chambre_api::convert::ledger::MOST_EVENTS;
use chambre_api::{Refused, v1};
use serde_json::json;
use std::path::PathBuf;

/// What is imported.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Fichier CSV : une ligne par déclaration (colonnes : docs/import.md)
    #[arg(value_name = "FICHIER.csv")]
    file: PathBuf,
    /// Contrôle seulement : rien n’est enregistré
    #[arg(long)]
    validate_only: bool,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Reads the file, then asks the chamber to record all of it or nothing.
///
/// # Errors
/// Lines that are wrong by themselves; lines that the chamber refuses; the server.
pub async fn run(args: &Args, contact: &Contact, json: bool) -> Result<Report, Failure> {
    let declarations = declaration::read(&args.file)?;
    let chamber = contact.open().await?;
    let bar = look::progress(declarations.len() as u64, "déclarations envoyées", json);
    let moving = bar.clone();
    let chunks = chunks(&declarations, args.validate_only);
    let sending =
        tokio_stream::iter(chunks.into_iter().inspect(move |chunk| moving.inc(chunk.events.len() as u64)));
    let answer = chamber.ledger().import_events(sending).await;
    bar.finish_and_clear();
    let answer = answer?.into_inner();
    if answer.refused_count > 0 {
        return Err(Failure::Lines(refused_lines(&declarations, answer)));
    }
    Ok(done(declarations.len(), args.validate_only, &answer))
}

fn chunks(declarations: &[Declaration], validate_only: bool) -> Vec<v1::ImportEventsRequest> {
    let request = |chunk: &[Declaration]| v1::ImportEventsRequest {
        events: chunk.iter().map(|declaration| declaration.event.clone()).collect(),
        validate_only,
    };
    declarations.chunks(MOST_EVENTS).map(request).collect()
}

/// The lines that the chamber refuses. A rule of the trade wins over a wrong input for the exit code: the
/// file itself is sound.
fn refused_lines(declarations: &[Declaration], answer: v1::ImportEventsResponse) -> BadLines {
    let mut bad = BadLines::default();
    for refused in answer.refused {
        let place = usize::try_from(refused.index).ok().and_then(|index| declarations.get(index));
        let why = refused.error.map(|status| Refused::of_event(&status));
        let (Some(declaration), Some(why)) = (place, why) else { continue };
        if exit_of(why.code) != Exit::Usage {
            bad.exit = Exit::Refused;
        }
        let column = declaration.form.column_of(&why.field).map_or_else(|| why.field.clone(), str::to_owned);
        let french = sentence(&why);
        bad.push(BadLine { line: declaration.line, field: column, reason: why.reason, french });
    }
    bad.count = bad.count.max(usize::try_from(answer.refused_count).unwrap_or_default());
    bad
}

fn done(total: usize, validate_only: bool, answer: &v1::ImportEventsResponse) -> Report {
    let replayed = usize::try_from(answer.replayed_count).unwrap_or_default();
    let new = total.saturating_sub(replayed);
    let already = match replayed {
        0 => String::new(),
        1 => " Une autre était déjà au journal, à l’identique.".to_owned(),
        _ => format!(" {} autres étaient déjà au journal, à l’identique.", look::count(replayed as u64)),
    };
    let text = if new == 0 {
        format!("Rien à ajouter : {} déjà au journal, à l’identique.", counted(total, "déclaration"))
    } else if validate_only {
        format!("Fichier valable : {} à importer.{already} Rien n’a été écrit.", counted(new, "déclaration"))
    } else {
        format!("{}.{already}", counted(new, "déclaration importée"))
    };
    let json = json!({
        "declarations": total,
        "recorded": if validate_only { 0 } else { new },
        "replayed": replayed,
        "validate_only": validate_only,
    });
    Report::new(text, json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chambre_domain::{Reason, Refusal};
    use prost::Message as _;
    use tonic_types::StatusExt as _;

    fn answer(recorded_count: i32, replayed_count: i32) -> v1::ImportEventsResponse {
        v1::ImportEventsResponse { recorded_count, replayed_count, ..v1::ImportEventsResponse::default() }
    }

    #[test]
    fn an_import_says_what_it_added() {
        assert_eq!(done(3, false, &answer(3, 0)).text, "3 déclarations importées.");
        assert!(done(3, false, &answer(1, 2)).text.starts_with("1 déclaration importée. 2 autres étaient"));
        assert!(done(3, false, &answer(0, 3)).text.starts_with("Rien à ajouter : 3 déclarations déjà"));
        let checked = done(3, true, &answer(0, 0));
        assert!(checked.text.ends_with("Rien n’a été écrit."));
        assert_eq!((&checked.json["recorded"], &checked.json["declarations"]), (&json!(0), &json!(3)));
    }

    #[test]
    fn a_file_is_sent_in_chunks_of_a_thousand() {
        let declarations: Vec<Declaration> = (0..2_500_u64).map(declaration).collect();
        let sizes: Vec<usize> = chunks(&declarations, false).iter().map(|chunk| chunk.events.len()).collect();
        assert_eq!(sizes, [1_000, 1_000, 500]);
    }

    fn declaration(line: u64) -> Declaration {
        static FORM: crate::file::cells::Form =
            crate::file::cells::Form { name: "travaux", columns: &[("montant", "amount_cents")] };
        Declaration { line, form: &FORM, event: v1::Event::default() }
    }

    #[test]
    fn refused_lines_are_told_by_line_and_column_with_their_exit_code() {
        let refused = |index, reason: Reason| {
            let refusal = Refusal::new(reason, "events[0].works.amount_cents", "12");
            let mut details = tonic_types::ErrorDetails::new();
            details
                .set_error_info(reason.code(), "chambre", std::collections::HashMap::new())
                .add_bad_request_violation(&refusal.field, "wrong")
                .set_localized_message("fr-FR", refusal.french());
            let code = if reason == Reason::AmountNotPositive {
                tonic::Code::InvalidArgument
            } else {
                tonic::Code::NotFound
            };
            let status = tonic::Status::with_error_details(code, "refused", details);
            let error = tonic_types::Status::decode(status.details()).unwrap();
            v1::RefusedEvent { index, error: Some(error) }
        };
        let lines = [declaration(2), declaration(7)];
        let answer = |refused: Vec<v1::RefusedEvent>| {
            let refused_count = i32::try_from(refused.len()).unwrap();
            v1::ImportEventsResponse { refused, refused_count, ..v1::ImportEventsResponse::default() }
        };
        let input = refused_lines(&lines, answer(vec![refused(1, Reason::AmountNotPositive)]));
        let first = input.first()[0].clone();
        assert_eq!(
            (input.exit, input.count, first.line, first.field.as_str()),
            (Exit::Usage, 1, 7, "montant")
        );
        assert!(first.french.starts_with("ce montant doit être"), "{}", first.french);
        let trade = vec![refused(0, Reason::AmountNotPositive), refused(1, Reason::RelogementUnknown)];
        assert_eq!(refused_lines(&lines, answer(trade)).exit, Exit::Refused);
    }
}
