//! AuditService: the head of the journal, and its exports.

use crate::access::Caller;
use crate::desk::{Desk, refused};
use crate::status;
use chambre_api::convert::audit::{self as wire, ExportAsked, ExportFormat};
use chambre_api::v1::{self, audit_service_server::AuditService};
use chambre_audit::{Export, Format, Names, Scope, Sink};
use chambre_domain::{Reason, Refusal, Seq};
use chambre_ledger::{Ledger, LedgerError};
use std::collections::BTreeMap;
use std::io;
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
        let head = self.0.books(|books| books.head().seq)?;
        let up_to = asked.up_to_seq.unwrap_or(head);
        if up_to > head {
            return Err(refused(Refusal::new(Reason::SeqBeyondHead, "up_to_seq", up_to).with("head", head)));
        }
        let scope = Scope {
            territory: asked.territory,
            bailleur: asked.bailleur,
            period: asked.period,
            closing_date: asked.closing_date.unwrap_or_else(|| self.0.today()),
        };
        let export = Export::new(format(&asked), scope, self.names()?);
        let (chunks, stream) = mpsc::channel(4);
        let ledger = self.0.ledger.clone();
        tokio::task::spawn_blocking(move || walk(&ledger, export, &scope, up_to, chunks));
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

impl Audit {
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
