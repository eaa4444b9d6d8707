use super::*;
use chambre_domain::Atlas;

fn at(millis: i64) -> BookedAt {
    BookedAt::from_millis(millis)
}

fn record(request_id: &str) -> Record {
    let (request_id, author) = (request_id.to_owned(), "a.martin".to_owned());
    Record { request_id, digest: [7; 32], booked_at: at(1_000), author, payload: "{}".to_owned() }
}

fn message(placement: &str, revision: u32) -> Message {
    let territory = Atlas::ile_de_france().territories()[0].id;
    let request = format!("{placement}/{revision}").into_bytes();
    Message { placement: placement.to_owned(), revision, territory, request }
}

fn read(store: &MatchingStore) -> Vec<Record> {
    let mut records = Vec::new();
    let all = store.records(|_, record| {
        records.push(record);
        Ok::<_, LedgerError>(())
    });
    all.unwrap();
    records
}

#[test]
fn what_was_appended_is_there_after_a_restart_and_a_request_is_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = MatchingStore::open(folder.path()).unwrap();
    let salt = store.salt_or([1; 32]).unwrap();
    store.append(&[record("r-1")], &[message("P-1", 1)]).unwrap();
    assert!(store.append(&[record("r-1")], &[message("P-2", 1)]).is_err(), "the same request");
    assert!(store.append(&[record("r-2")], &[message("P-1", 1)]).is_err(), "the same message");
    drop(store);
    let mut store = MatchingStore::open(folder.path()).unwrap();
    assert_eq!(read(&store), [record("r-1")], "a refused append leaves nothing behind");
    assert_eq!(store.outbox(0, None, false, 10).unwrap().len(), 1);
    assert_eq!(store.salt_or([2; 32]).unwrap(), salt, "the secret is made once");
}

#[test]
fn a_message_waits_for_its_hour_and_for_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = MatchingStore::open(folder.path()).unwrap();
    store.append(&[record("r-1")], &[message("P-1", 1)]).unwrap();
    store.append(&[record("r-2")], &[message("P-1", 2)]).unwrap();
    let due = |store: &MatchingStore, now| store.due(at(now)).unwrap().map(|(posted, _)| posted.number);
    let fresh = |store: &MatchingStore| store.fresh().unwrap().map(|(posted, _)| posted.number);
    assert_eq!((fresh(&store), due(&store, 9_999), store.has_failed().unwrap()), (Some(1), None, false));
    store.failed(1, "nobody answers", at(5_000)).unwrap();
    assert_eq!(
        (fresh(&store), store.has_failed().unwrap()),
        (None, true),
        "its reversal does not overtake it"
    );
    assert_eq!((due(&store, 4_999), due(&store, 5_000)), (None, Some(1)));
    store.delivered(1, at(5_001), 12).unwrap();
    let (posted, bytes) = store.fresh().unwrap().unwrap();
    assert_eq!((posted.revision, bytes.as_slice()), (2, b"P-1/2".as_slice()));
    let first = store.outbox(0, None, false, 1).unwrap().remove(0);
    assert_eq!((first.delivered_at, first.journal_seq, first.attempts), (Some(at(5_001)), Some(12), 2));
    assert_eq!(store.outbox(0, None, true, 10).unwrap().len(), 1, "only those that wait");
}

#[test]
fn what_is_forgotten_is_no_longer_in_the_file_and_nothing_else_changes() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = MatchingStore::open(folder.path()).unwrap();
    let told = Record { payload: "{\"who\":\"h-very-secret\"}".to_owned(), ..record("r-1") };
    store.append(&[told], &[message("P-h-hidden", 1)]).unwrap();
    store.append(&[record("r-2")], &[message("P-2", 1)]).unwrap();
    store.delivered(1, at(2_000), 5).unwrap();
    drop(store);
    let rewritten = [(1, "{}".to_owned())];
    MatchingStore::rewrite(folder.path(), &rewritten, &["P-h-hidden".to_owned(), "P-2".to_owned()]).unwrap();
    let bytes = std::fs::read(folder.path().join(FILE_NAME)).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(
        !holds("very-secret") && !holds("P-h-hidden/1") && holds("P-2/1"),
        "what waits is still to be told"
    );
    let log = std::fs::read(folder.path().join("matching.db-wal")).unwrap_or_default();
    assert!(log.is_empty());
    let store = MatchingStore::open(folder.path()).unwrap();
    assert_eq!(read(&store), [record("r-1"), record("r-2")]);
    assert!(store.connection.execute_batch("UPDATE record SET author = 'x'").is_err(), "as before");
}

#[test]
fn records_are_neither_changed_nor_removed_and_a_foreign_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = MatchingStore::open(folder.path()).unwrap();
    store.append(&[record("r-1")], &[]).unwrap();
    for sql in ["UPDATE record SET author = 'x'", "DELETE FROM record"] {
        let error = store.connection.execute_batch(sql).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{sql}: {error}");
    }
    let other = tempfile::tempdir().unwrap();
    Connection::open(other.path().join(FILE_NAME)).unwrap().execute_batch("CREATE TABLE x (a)").unwrap();
    assert!(matches!(MatchingStore::open(other.path()), Err(LedgerError::NotAJournal)));
}
