//! AuditService: the head of the journal, its exports, its proofs.

use crate::access::Caller;
use crate::desk::{Desk, refused};
use crate::status;
use chambre_api::convert::audit::{self as wire, ExportAsked, ExportFormat};
use chambre_api::v1::{self, audit_service_server::AuditService};
use chambre_audit::proof::{Node, path};
use chambre_audit::{Export, Format, Names, Scope, Sink};
use chambre_domain::{Reason, Refusal, Seq};
use chambre_ledger::{Ledger, LedgerError};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// Bytes in one message: large, so that a long export is few messages.
const CHUNK: usize = 64 << 10;

/// Entries read at once.
const PAGE: u32 = 2_000;

/// The audit, over the books.
pub struct Audit(pub Desk);

type Chunks = mpsc::Sender<Result<v1::ExportJournalResponse, Status>>;

#[tonic::async_trait]
impl AuditService for Audit {
    type ExportJournalStream = ReceiverStream<Result<v1::ExportJournalResponse, Status>>;

    async fn get_journal_head(
        &self,
        _: Request<v1::GetJournalHeadRequest>,
    ) -> Result<Response<v1::GetJournalHeadResponse>, Status> {
        let head = self.0.books(chambre_ledger::Books::head)?;
        let known = head.booked_at.map(|booked_at| (head.seq, head.seal, booked_at));
        Ok(Response::new(wire::wire_head(known)))
    }

    async fn export_journal(
        &self,
        request: Request<v1::ExportJournalRequest>,
    ) -> Result<Response<Self::ExportJournalStream>, Status> {
        let (caller, request) = Caller::enter(request);
        let mut asked = wire::export_asked(request).map_err(refused)?;
        caller.narrow(&mut asked.territory, &mut asked.bailleur)?;
        // A caller that may read a part only gets none of this format: its lines show the whole of each entry.
        if asked.format == ExportFormat::Journal && (asked.territory.is_some() || asked.bailleur.is_some()) {
            return Err(refused(Refusal::new(Reason::ExportWhole, "format", "JOURNAL")));
        }
        let up_to = self.size("up_to_seq", asked.up_to_seq)?;
        let scope = Scope {
            territory: asked.territory,
            bailleur: asked.bailleur,
            period: asked.period,
            closing_date: asked.closing_date.unwrap_or_else(|| self.0.today()),
        };
        let mut export = Export::new(format(&asked), scope, self.names()?);
        let notary = Arc::clone(&self.0.notary);
        if let Some(note) = self.0.read(move |_| notary.checkpoint(up_to)).await? {
            export = export.with_checkpoint(note);
        }
        let (chunks, stream) = mpsc::channel(4);
        let ledger = self.0.ledger.clone();
        tokio::task::spawn_blocking(move || walk(&ledger, export, &scope, up_to, chunks));
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn get_checkpoint(
        &self,
        request: Request<v1::GetCheckpointRequest>,
    ) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        let asked = wire::checkpoint_asked(request.get_ref()).map_err(refused)?;
        let size = self.size("size", asked)?;
        let notary = Arc::clone(&self.0.notary);
        let note = self.0.read(move |_| notary.checkpoint(size)).await?;
        let missing = || status::refuse(Reason::CheckpointKeyMissing, "size", size);
        Ok(Response::new(v1::GetCheckpointResponse { note: note.ok_or_else(missing)? }))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<v1::GetInclusionProofRequest>,
    ) -> Result<Response<v1::GetInclusionProofResponse>, Status> {
        let (seq, size) = wire::inclusion_asked(request.get_ref()).map_err(refused)?;
        let size = self.size("size", size)?;
        let beyond = || refused(Refusal::new(Reason::SeqBeyondHead, "seq", seq).with("size", size));
        let subtrees = path::inclusion(seq.get() - 1, size.get()).ok_or_else(beyond)?;
        let notary = Arc::clone(&self.0.notary);
        let proof = self.0.read(move |_| {
            let roots = notary.roots(size.get(), subtrees)?;
            let (seal, root) = (notary.seal(seq)?, notary.root(size.get())?);
            Ok(wire::wire_inclusion((seq, seal), size, &bytes(&roots), *root.bytes()))
        });
        Ok(Response::new(proof.await?))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<v1::GetConsistencyProofRequest>,
    ) -> Result<Response<v1::GetConsistencyProofResponse>, Status> {
        let (old, new) = wire::consistency_asked(request.get_ref()).map_err(refused)?;
        let new = self.size("new_size", new)?;
        let beyond = || refused(Refusal::new(Reason::SeqBeyondHead, "old_size", old).with("new_size", new));
        let subtrees = path::consistency(old.get(), new.get()).ok_or_else(beyond)?;
        let notary = Arc::clone(&self.0.notary);
        let proof = self.0.read(move |_| {
            let roots = notary.roots(new.get(), subtrees)?;
            let of = |size: Seq| Ok::<_, LedgerError>((size, *notary.root(size.get())?.bytes()));
            Ok(wire::wire_consistency(of(old)?, of(new)?, &bytes(&roots)))
        });
        Ok(Response::new(proof.await?))
    }
}

fn bytes(nodes: &[Node]) -> Vec<[u8; 32]> {
    nodes.iter().map(|node| *node.bytes()).collect()
}

impl Audit {
    /// How many entries are asked for, all of them when that is not said; never more than there are.
    fn size(&self, field: &str, asked: Option<Seq>) -> Result<Seq, Status> {
        let head = self.0.books(|books| books.head().seq)?;
        let size = asked.unwrap_or(head);
        if size > head {
            return Err(refused(Refusal::new(Reason::SeqBeyondHead, field, size).with("head", head)));
        }
        Ok(size)
    }

    fn names(&self) -> Result<Names, Status> {
        let names: BTreeMap<_, _> = self.0.books(|books| {
            books
                .parties()
                .bailleurs_after(None)
                .map(|bailleur| (bailleur.siren, bailleur.name.to_string()))
                .collect()
        })?;
        Ok(Box::new(move |siren| names.get(&siren).cloned().unwrap_or_else(|| siren.to_string())))
    }
}

const fn format(asked: &ExportAsked) -> Format {
    match asked.format {
        ExportFormat::Fec => Format::Fec,
        ExportFormat::Hledger => Format::Hledger,
        ExportFormat::Csv => Format::Csv,
        ExportFormat::CsvFrench => Format::CsvFrench,
        ExportFormat::Journal => Format::Journal,
        ExportFormat::Beancount => Format::Beancount,
        ExportFormat::Xlsx => Format::Xlsx,
        ExportFormat::Parquet => Format::Parquet,
    }
}

/// Reads the entries page by page, so that no reading holds the file for long, and sends what they become.
fn walk(ledger: &Ledger, export: Export, scope: &Scope, up_to: Seq, chunks: Chunks) {
    let mut sink = ChunkSink { chunks, waiting: BTreeMap::new() };
    if let Err(error) = try_walk(ledger, export, scope, up_to, &mut sink) {
        // A caller that went away needs no answer.
        let _ = sink.chunks.blocking_send(Err(status::failed(&error)));
    }
}

fn try_walk(
    ledger: &Ledger,
    mut export: Export,
    scope: &Scope,
    up_to: Seq,
    sink: &mut ChunkSink,
) -> Result<(), LedgerError> {
    let mut after = Seq::ZERO;
    'pages: while after < up_to {
        let entries = ledger.entries_after(after, PAGE, scope.territory, scope.bailleur)?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            if entry.seq > up_to {
                break 'pages;
            }
            after = entry.seq;
            export.entry(&entry, sink)?;
        }
    }
    export.finish(sink)?;
    Ok(sink.flush()?)
}

/// Gathers the bytes of each file into messages.
struct ChunkSink {
    chunks: Chunks,
    waiting: BTreeMap<String, Vec<u8>>,
}

impl ChunkSink {
    fn send(&self, file_name: String, data: Vec<u8>) -> io::Result<()> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.chunks.blocking_send(Ok(v1::ExportJournalResponse { file_name, data })).map_err(gone)
    }

    fn flush(&mut self) -> io::Result<()> {
        std::mem::take(&mut self.waiting).into_iter().try_for_each(|(file, data)| self.send(file, data))
    }
}

impl Sink for ChunkSink {
    fn write(&mut self, file: &str, bytes: &[u8]) -> io::Result<()> {
        let waiting = self.waiting.entry(file.to_owned()).or_default();
        waiting.extend_from_slice(bytes);
        if waiting.len() < CHUNK {
            return Ok(());
        }
        let data = std::mem::take(waiting);
        self.send(file.to_owned(), data)
    }
}
