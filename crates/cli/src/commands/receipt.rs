//! `chambre receipt`: what a bailleur keeps to prove, later and without the chamber, that its écritures are there.

use crate::chamber::{self, Contact, ServerOptions};
use crate::failure::Failure;
use crate::look;
use crate::report::Report;
use chambre_api::{Client, v1};
use chambre_audit::proof::checkpoint::unsigned;
use chambre_audit::proof::{Node, Proved, Receipts};
use chambre_domain::{Seal, Seq, Siren};
use serde_json::json;
use std::io::Write as _;
use std::path::PathBuf;

/// Whose receipts, and where they go.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bailleur dont chaque écriture reçoit sa preuve
    #[arg(long, value_name = "SIREN", value_parser = chamber::siren)]
    bailleur: Siren,
    /// Fichier à écrire ; il ne doit pas exister
    #[arg(long, value_name = "FICHIER")]
    out: PathBuf,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Asks for a checkpoint, then for the proof of each écriture under it.
///
/// # Errors
/// A chamber that signs nothing (1); a file that exists (2); the disk, the server (3).
pub async fn run(args: &Args, contact: &Contact) -> Result<Report, Failure> {
    let chamber = contact.open().await?;
    let note = chamber.audit().get_checkpoint(v1::GetCheckpointRequest { size: 0 }).await?.into_inner().note;
    let checkpoint = unsigned(&note).map_err(|error| strange(&error.to_string()))?;
    let size = i64::try_from(checkpoint.size).map_err(|error| strange(&error.to_string()))?;
    let mut entries = Vec::new();
    let mut request = v1::ListEntriesRequest {
        page_size: 1_000,
        bailleur_siren: args.bailleur.to_string(),
        ..v1::ListEntriesRequest::default()
    };
    loop {
        let page = chamber.ledger().list_entries(request.clone()).await?.into_inner();
        for entry in page.entries.into_iter().filter(|entry| entry.seq <= size) {
            entries.push(proved(&chamber, entry, size).await?);
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let count = entries.len();
    let receipts = Receipts::new(note, entries);
    let of_file = |error| Failure::of_file(&args.out, &error);
    let mut file = std::fs::File::create_new(&args.out).map_err(of_file)?;
    file.write_all(&receipts.to_json()).and_then(|()| file.sync_all()).map_err(of_file)?;
    let text = format!(
        "{} sous le point de contrôle de {} écritures, dans {}.\nVérifiez plus tard, sans la chambre : chambre verify \
         --receipts {} --public-key FICHIER",
        look::counted(count, "écriture prouvée"),
        look::count(checkpoint.size),
        args.out.display(),
        args.out.display(),
    );
    let json = json!({ "file": args.out.display().to_string(), "entries": count, "checkpoint_size": checkpoint.size });
    Ok(Report::new(text, json))
}

async fn proved(chamber: &Client, entry: v1::Entry, size: i64) -> Result<Proved, Failure> {
    let request = v1::GetInclusionProofRequest { seq: entry.seq, size };
    let proof = chamber.audit().get_inclusion_proof(request).await?.into_inner();
    let node = |bytes: &Vec<u8>| Some(Node::new(bytes.as_slice().try_into().ok()?));
    let nodes: Option<Vec<Node>> = proof.nodes.iter().map(node).collect();
    let seq = u64::try_from(entry.seq).ok().map(Seq::new);
    match (nodes, Seal::from_bytes(&proof.seal), seq) {
        (Some(nodes), Some(seal), Some(seq)) => Ok(Proved::new(seq, entry.event_id, seal, &nodes)),
        _ => Err(strange("une preuve illisible")),
    }
}

fn strange(cause: &str) -> Failure {
    Failure::infrastructure(format!("le serveur a répondu autre chose que ce qui est convenu ({cause})."))
}
