-- Ground state: what readers delivered. Insert-only, but for retention.

CREATE TABLE reader (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,   -- the `id` of its configuration table
    covered_until INTEGER,                -- Unix seconds: nothing older is still expected from it
    last_seen     INTEGER                 -- Unix seconds of the last delivery
);

-- What arrived together: one file. It counts as taken only with its last piece.
CREATE TABLE batch (
    id            INTEGER PRIMARY KEY,
    reader        INTEGER NOT NULL REFERENCES reader (id),
    origin        TEXT NOT NULL,          -- the file's name as it was found, escaped
    device        INTEGER, inode INTEGER, -- the file's identity, to know it again without reading
    size          INTEGER NOT NULL,       -- bytes
    modified      INTEGER,                -- nanoseconds since 1970
    received_at   INTEGER NOT NULL,       -- Unix seconds
    decoder       BLOB NOT NULL,          -- fingerprint of the format and rules that read it
    content       BLOB,                   -- SHA-256 of its bytes; set with the last piece
    lines         INTEGER,                -- number of lines, when the last one is complete
    header        BLOB,                   -- the header line, for formats that have one
    read_count    INTEGER NOT NULL DEFAULT 0,
    new_count     INTEGER NOT NULL DEFAULT 0,
    rejected      INTEGER NOT NULL DEFAULT 0,
    skipped       INTEGER NOT NULL DEFAULT 0,
    expired       INTEGER NOT NULL DEFAULT 0,  -- past their retention: counted, not stored
    taken         INTEGER NOT NULL DEFAULT 0 CHECK (taken IN (0, 1)),
    chain         BLOB                    -- SHA-256 over the chain so far and this row
);
CREATE INDEX batch_by_file ON batch (reader, inode, size) WHERE taken = 1;

-- One punch, exactly as the device wrote it. Time first: imports append and a month is one range.
CREATE TABLE punch (
    local         INTEGER NOT NULL,       -- the device's civil time, as seconds since 1970-01-01T00:00:00
    badge         TEXT NOT NULL,
    direction     TEXT NOT NULL,          -- the device's word, empty when it writes none
    reader        INTEGER NOT NULL,
    zone_minutes  INTEGER,                -- offset from UTC in minutes, when the device wrote one
    reason        TEXT,                   -- the device's code
    batch         INTEGER NOT NULL,
    line          INTEGER NOT NULL,
    raw           BLOB NOT NULL,          -- the line as delivered
    PRIMARY KEY (local, badge, direction, reader)
) WITHOUT ROWID;

-- What could not be read, or not believed: kept, and tried again when the rules change.
CREATE TABLE quarantine (
    id            INTEGER PRIMARY KEY,
    reader        INTEGER NOT NULL REFERENCES reader (id),
    batch         INTEGER NOT NULL REFERENCES batch (id),
    line          INTEGER NOT NULL,
    raw           BLOB NOT NULL,
    reason        TEXT NOT NULL,
    local         INTEGER,                -- the time it claims, when that could be read
    early         INTEGER NOT NULL DEFAULT 0 CHECK (early IN (0, 1)),  -- only its time has not come yet
    decoder       BLOB NOT NULL,          -- the rules that refused it
    released      INTEGER NOT NULL DEFAULT 0 CHECK (released IN (0, 1)),
    UNIQUE (reader, raw)
);
CREATE INDEX quarantine_held ON quarantine (reader) WHERE released = 0;

-- Each effective configuration, so that old days can be computed with what held then.
CREATE TABLE configuration (
    id            INTEGER PRIMARY KEY,
    hash          BLOB NOT NULL,          -- SHA-256
    since         INTEGER NOT NULL,       -- Unix seconds
    text          TEXT NOT NULL           -- every file, one after the other
);

-- Statements that left the house. What was sent never changes.
CREATE TABLE statement (
    id            INTEGER PRIMARY KEY,
    agreement     TEXT NOT NULL,
    month         TEXT NOT NULL,          -- YYYY-MM
    revision      INTEGER NOT NULL,
    number        INTEGER NOT NULL,       -- k of k/year
    year          INTEGER NOT NULL,
    generated_at  INTEGER NOT NULL,       -- Unix seconds
    open_days     INTEGER NOT NULL,       -- days it left to regularise
    data          BLOB NOT NULL,          -- the JSON attachment
    sha256        BLOB NOT NULL,          -- of `data`
    UNIQUE (agreement, month, revision),
    UNIQUE (year, number)
);

-- One message to one recipient. The bytes are rendered once.
CREATE TABLE outbox (
    id            INTEGER PRIMARY KEY,
    statement     INTEGER REFERENCES statement (id),
    kind          TEXT NOT NULL,          -- statement
    agreement     TEXT NOT NULL,
    period        TEXT NOT NULL,
    revision      INTEGER NOT NULL,
    recipient     TEXT NOT NULL,
    sender        TEXT NOT NULL,
    message_id    TEXT NOT NULL UNIQUE,
    message       BLOB NOT NULL,
    sha256        BLOB NOT NULL,          -- of `message`
    state         TEXT NOT NULL,
    attempts      INTEGER NOT NULL DEFAULT 0,
    not_before    INTEGER NOT NULL,       -- Unix seconds
    boot          TEXT,                   -- the run of the daemon that claimed it
    deadline      INTEGER NOT NULL,       -- Unix seconds
    UNIQUE (kind, agreement, period, revision, recipient)
);
CREATE INDEX outbox_due ON outbox (state, not_before);

-- Every transition of the outbox, chained.
CREATE TABLE outbox_event (
    id            INTEGER PRIMARY KEY,
    outbox        INTEGER NOT NULL REFERENCES outbox (id),
    at            INTEGER NOT NULL,       -- Unix seconds
    state         TEXT NOT NULL,
    detail        TEXT NOT NULL,
    chain         BLOB NOT NULL
);

-- Small facts of the store itself.
CREATE TABLE fact (
    name          TEXT PRIMARY KEY,
    value         TEXT NOT NULL
) WITHOUT ROWID;
