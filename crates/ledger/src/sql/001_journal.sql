-- The journal: one row for each entry, never changed, never removed.
-- Everything an entry holds is packed in its row: one row an event keeps the write path short, and the seal
-- covers every byte of it. `payload` is readable JSON; `transfers` is described in docs/journal-format.md.
CREATE TABLE journal (
    seq         INTEGER PRIMARY KEY CHECK (seq > 0),
    -- 16 bytes for a UUID in its usual lower-case form, text for any other id.
    event_id    ANY     NOT NULL UNIQUE,
    -- Milliseconds since 1970-01-01 UTC.
    booked_at   INTEGER NOT NULL,
    -- Days since 1970-01-01.
    occurred_on INTEGER NOT NULL,
    payload     TEXT    NOT NULL,
    transfers   BLOB    NOT NULL CHECK (length(transfers) % 33 = 0),
    seal        BLOB    NOT NULL CHECK (length(seal) = 32),
    -- For a reversal, the entry it cancels; an entry is cancelled once.
    reverses    INTEGER REFERENCES journal (seq) CHECK (reverses < seq)
) STRICT;

CREATE UNIQUE INDEX journal_reverses ON journal (reverses) WHERE reverses IS NOT NULL;

CREATE TRIGGER journal_is_append_only BEFORE UPDATE ON journal
BEGIN SELECT RAISE (ABORT, 'the journal is append-only'); END;

CREATE TRIGGER journal_is_never_shortened BEFORE DELETE ON journal
BEGIN SELECT RAISE (ABORT, 'the journal is append-only'); END;

-- Balances, kept in the transaction of the entries that move them. They can always be rebuilt from the
-- journal: `chambre verify` compares the two.
CREATE TABLE balance (
    compte    INTEGER NOT NULL,
    territory INTEGER NOT NULL,
    -- SIREN as a number; 0 for the account that belongs to no bailleur.
    bailleur  INTEGER NOT NULL,
    debit     INTEGER NOT NULL CHECK (debit >= 0),
    credit    INTEGER NOT NULL CHECK (credit >= 0),
    PRIMARY KEY (compte, territory, bailleur)
) STRICT, WITHOUT ROWID;
