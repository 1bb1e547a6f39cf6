-- What came back: receipts, bounces, and the rest of the mail in the box, which is only listed.

CREATE TABLE received (
    id            INTEGER PRIMARY KEY,
    identity      TEXT NOT NULL,          -- its own Message-ID, else the SHA-256 of its bytes
    sha256        BLOB NOT NULL,          -- of its bytes
    source        TEXT NOT NULL,          -- the folder or mailbox it came from
    seen_at       INTEGER NOT NULL,       -- Unix seconds
    sent_at       INTEGER,                -- its `Date`, Unix seconds
    kind          TEXT NOT NULL,          -- the value of X-Ricevuta, dsn, envelope, none
    sender        TEXT,                   -- its `From`
    subject       TEXT,                   -- of other mail
    message_id    TEXT,                   -- of the message it is about, without brackets
    identifier    TEXT,                   -- what the provider calls that message
    recipients    TEXT NOT NULL,          -- `certificato a@b` or `esterno a@b`, one a line
    error         TEXT,
    detail        TEXT,
    at            TEXT,                   -- the legal time of what it reports, RFC 3339
    signature     TEXT NOT NULL,          -- valid, broken, missing, unchecked
    certificate   BLOB,                   -- of the signer, DER
    trusted       INTEGER NOT NULL CHECK (trusted IN (0, 1)),
    effect        TEXT,                   -- what it means, if it is believed
    why           TEXT NOT NULL,          -- a sentence
    concern       TEXT,                   -- what a person must hear of it
    outbox        INTEGER REFERENCES outbox (id),
    waits         INTEGER NOT NULL DEFAULT 0 CHECK (waits IN (0, 1)),  -- for the end of an attempt
    settled_at    INTEGER,                -- Unix seconds: a person has looked at it
    settled_by    TEXT,
    settled_why   TEXT
);
CREATE INDEX received_by_identity ON received (identity);
CREATE INDEX received_by_sha256 ON received (sha256);
CREATE INDEX received_by_outbox ON received (outbox) WHERE outbox IS NOT NULL;
CREATE INDEX received_by_identifier ON received (identifier) WHERE outbox IS NOT NULL;
CREATE INDEX received_waiting ON received (id) WHERE waits = 1;

-- The bytes of receipts: evidence. Other mail is not kept.
CREATE TABLE received_message (
    received      INTEGER PRIMARY KEY REFERENCES received (id),
    message       BLOB NOT NULL
);

-- What of each source was read already, by the name of the file or `UIDVALIDITY/UID`.
CREATE TABLE mail_seen (
    source        TEXT NOT NULL,
    name          TEXT NOT NULL,
    tries         INTEGER NOT NULL,       -- in vain
    done          INTEGER NOT NULL CHECK (done IN (0, 1)),
    PRIMARY KEY (source, name)
) WITHOUT ROWID;

-- How far each source was read, and how it is.
CREATE TABLE mail_source (
    source        TEXT PRIMARY KEY,
    uid_validity  INTEGER,
    last_uid      INTEGER,
    good_at       INTEGER,                -- Unix seconds: it was read to its end
    trouble       TEXT,                   -- why it could not be read since
    fullness      INTEGER                 -- percent of its quota
) WITHOUT ROWID;

-- The same document sent again to a corrected address.
ALTER TABLE outbox ADD COLUMN readdressed_from INTEGER REFERENCES outbox (id);

-- Documents that went to somebody who should not have them: for the data protection officer.
-- Append-only; the last step of a message says where it stands.
CREATE TABLE misdirection (
    id            INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,       -- Unix seconds
    outbox        INTEGER NOT NULL REFERENCES outbox (id),
    step          TEXT NOT NULL CHECK (step IN ('opened', 'settled')),
    author        TEXT NOT NULL,          -- the system user
    why           TEXT NOT NULL,
    chain         BLOB NOT NULL           -- SHA-256 over the chain so far and this row
);
