//! `chambre netting document`: the arrêté of a run and the relevés of its bailleurs, as files.

use super::args::DocumentArgs;
use crate::commands::export::{Files, summary};
use crate::failure::Failure;
use crate::look;
use crate::report::Report;
use chambre_api::{Client, v1};
use v1::StatementFormat::{Csv, Pdf, RelogementsCsv};

/// Writes the documents of a run; none takes its name before all are whole.
///
/// # Errors
/// A run without a proposal, a bailleur without a position in it (1); a file that exists (2); the disk, the
/// server (3).
pub async fn write(args: &DocumentArgs, chamber: &Client, json: bool) -> Result<Report, Failure> {
    let mut netting = chamber.netting();
    let bailleurs: Vec<String> = match args.bailleur {
        Some(siren) => vec![siren.to_string()],
        None => {
            let asked = v1::GetNettingRequest { netting_id: args.id.clone() };
            let run = netting.get_netting(asked).await?.into_inner().run.unwrap_or_default();
            run.positions.into_iter().map(|position| position.bailleur_siren).collect()
        }
    };
    std::fs::create_dir_all(&args.out).map_err(|error| Failure::of_file(&args.out, &error))?;
    let mut files = Files::new(&args.out, args.force);
    let bar = look::progress(u64::try_from(bailleurs.len()).unwrap_or(u64::MAX), "bailleurs", json);
    if args.bailleur.is_none() {
        let asked = v1::GetRunDocumentRequest { netting_id: args.id.clone() };
        let file = netting.get_run_document(asked).await?.into_inner();
        files.write(&file.file_name, &file.content)?;
    }
    for bailleur_siren in bailleurs {
        for format in [Pdf, Csv, RelogementsCsv] {
            let asked = v1::GetStatementRequest {
                netting_id: args.id.clone(),
                bailleur_siren: bailleur_siren.clone(),
                format: format.into(),
            };
            let file = netting.get_statement(asked).await?.into_inner();
            files.write(&file.file_name, &file.content)?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let written = files.keep()?;
    Ok(summary(&args.out, &written))
}
