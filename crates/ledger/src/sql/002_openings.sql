-- What the commitments of the journal stand for: salt and pseudonym of the household of each relogement. Beside
-- what the seal covers, so that a row can be destroyed and the chain still holds (docs/rgpd.md).
CREATE TABLE opening (
    seq       INTEGER PRIMARY KEY REFERENCES journal (seq),
    salt      BLOB    NOT NULL CHECK (length(salt) = 32),
    pseudonym TEXT    NOT NULL
) STRICT;

CREATE TRIGGER opening_is_kept_or_destroyed BEFORE UPDATE ON opening
BEGIN SELECT RAISE (ABORT, 'an opening is kept as it is, or destroyed'); END;

-- One row for each destruction, in its transaction: `chambre verify` counts the openings that are missing.
CREATE TABLE destruction (
    number    INTEGER PRIMARY KEY,
    -- Milliseconds since 1970-01-01 UTC.
    done_at   INTEGER NOT NULL,
    -- The day on which they were due at the latest: days since 1970-01-01.
    due_on    INTEGER NOT NULL,
    openings  INTEGER NOT NULL CHECK (openings > 0),
    first_seq INTEGER NOT NULL REFERENCES journal (seq),
    last_seq  INTEGER NOT NULL REFERENCES journal (seq) CHECK (last_seq >= first_seq)
) STRICT;

CREATE TRIGGER destruction_is_append_only BEFORE UPDATE ON destruction
BEGIN SELECT RAISE (ABORT, 'destructions are append-only'); END;

CREATE TRIGGER destruction_is_never_shortened BEFORE DELETE ON destruction
BEGIN SELECT RAISE (ABORT, 'destructions are append-only'); END;
