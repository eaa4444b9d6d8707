//! Long answers: following the journal, and ending when the caller gives up.

use crate::access::Caller;
use crate::desk::Desk;
use crate::door::Deadline;
use crate::status;
use chambre_api::convert::{books as wire_books, words};
use chambre_api::v1;
use chambre_domain::{Entry, Seq};
use chambre_ledger::LedgerError;
use std::pin::Pin;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

/// Entries in one message of a watch.
const WATCH_CHUNK: u32 = 500;

/// A long answer.
pub type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

pub fn find(
    ledger: &chambre_ledger::Ledger,
    filter: &wire_books::EntryFilter,
    after: u64,
    limit: u32,
) -> Result<Vec<Entry>, LedgerError> {
    let Some(id) = &filter.relogement else {
        return ledger.entries_after(Seq::new(after), limit, filter.territory, filter.bailleur);
    };
    let seqs = ledger.books()?.entries_of(id);
    let seqs: Vec<u64> = seqs.into_iter().filter(|seq| *seq > after).collect();
    let mut entries = ledger.entries(&seqs)?;
    entries.retain(|entry| concerns(entry, filter));
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(entries)
}

fn concerns(entry: &Entry, filter: &wire_books::EntryFilter) -> bool {
    let unfiltered = filter.territory.is_none() && filter.bailleur.is_none();
    unfiltered
        || entry.transfers.iter().flat_map(|transfer| [transfer.debit(), transfer.credit()]).any(|account| {
            filter.territory.is_none_or(|territory| account.territory == territory)
                && filter.bailleur.is_none_or(|bailleur| account.bailleur == Some(bailleur))
        })
}

/// Sends what is there, then what comes, until the caller goes away or the service stops.
pub async fn watch(
    desk: Desk,
    caller: Caller,
    filter: wire_books::EntryFilter,
    cursor: Seq,
    sender: mpsc::Sender<Result<v1::WatchEntriesResponse, Status>>,
) {
    let mut cursor = cursor.get();
    let mut head = desk.ledger.watch_head();
    let mut stopping = desk.stopping.clone();
    loop {
        let seen = head.borrow_and_update().seq.get();
        let asked = filter.clone();
        let found = desk.read(move |ledger| find(ledger, &asked, cursor, WATCH_CHUNK)).await;
        let entries = match found {
            Ok(entries) => entries,
            Err(error) => return drop(sender.send(Err(error)).await),
        };
        let last = entries.last().map(|entry| entry.seq.get());
        let full = entries.len() >= WATCH_CHUNK as usize;
        let next = if full { last.unwrap_or(cursor) } else { last.unwrap_or(cursor).max(seen) };
        if next > cursor {
            // Revoked, expired or given another role since: nothing more is said.
            if let Err(refused) = caller.is_still_there() {
                return drop(sender.send(Err(refused)).await);
            }
            cursor = next;
            let entries =
                entries.into_iter().map(|entry| words::wire_entry(&caller.shown_entry(entry))).collect();
            let message = v1::WatchEntriesResponse { entries, cursor: words::wire_seq(Seq::new(cursor)) };
            if sender.send(Ok(message)).await.is_err() {
                return;
            }
        }
        if full {
            continue;
        }
        tokio::select! {
            changed = head.changed() => if changed.is_err() { break },
            _ = stopping.wait_for(|stopping| *stopping) => break,
            () = sender.closed() => return,
        }
    }
    let _ =
        sender.send(Err(status::unavailable("the service is stopping: resume from the last cursor"))).await;
}

/// A long answer that ends when its caller gives up.
pub fn within<T: Send + 'static>(
    deadline: Option<Deadline>,
    answers: impl Stream<Item = Result<T, Status>> + Send + 'static,
) -> Answers<T> {
    let Some(Deadline(deadline)) = deadline else { return Box::pin(answers) };
    let over = async move {
        tokio::time::sleep_until(deadline).await;
        Err(status::deadline_exceeded())
    };
    let over = once(over);
    // The first error ends the answer: whatever comes after it is never asked for.
    let mut ended = false;
    let until_error = answers.map(Some).chain(tokio_stream::once(None)).merge(over.map(Some));
    Box::pin(
        until_error
            .take_while(move |item| {
                let go_on = !ended && item.is_some();
                ended = ended || item.as_ref().is_some_and(Result::is_err);
                go_on
            })
            .filter_map(|item| item),
    )
}

fn once<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> impl Stream<Item = T> + Send {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        tokio::select! {
            item = future => drop(sender.send(item).await),
            () = sender.closed() => {}
        }
    });
    ReceiverStream::new(receiver)
}
