-- Secrets and settings of this store.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

-- What the matching decided, in order: nothing is updated or deleted.
CREATE TABLE record (
    seq        INTEGER PRIMARY KEY CHECK (seq > 0),
    -- The caller's identifier, and the SHA-256 of what it asked: the same request is taken once.
    request_id TEXT NOT NULL UNIQUE,
    digest     BLOB NOT NULL CHECK (length(digest) = 32),
    booked_at  INTEGER NOT NULL,
    author     TEXT NOT NULL,
    payload    TEXT NOT NULL
) STRICT;

-- Only the destruction of what a record says of a household may rewrite it: it says so for its own transaction.
CREATE TRIGGER record_keeps BEFORE UPDATE ON record
    WHEN NOT EXISTS (SELECT 1 FROM setting WHERE name = 'forgetting')
    BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER record_stays BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'append-only'); END;

-- What the ledger has to be told, written in the transaction of the record that decided it.
CREATE TABLE outbox (
    number          INTEGER PRIMARY KEY,
    placement       TEXT NOT NULL,
    revision        INTEGER NOT NULL CHECK (revision > 0),
    territory       INTEGER NOT NULL,
    record          INTEGER NOT NULL REFERENCES record (seq),
    -- A RecordEventsRequest, encoded: the same bytes at each delivery.
    request         BLOB NOT NULL,
    created_at      INTEGER NOT NULL,
    delivered_at    INTEGER,
    journal_seq     INTEGER,
    attempts        INTEGER NOT NULL DEFAULT 0,
    last_error      TEXT NOT NULL DEFAULT '',
    next_attempt_at INTEGER NOT NULL,
    UNIQUE (placement, revision)
) STRICT;

CREATE INDEX outbox_waiting ON outbox (next_attempt_at) WHERE delivered_at IS NULL;
