-- Serial readers: frames as they come, the ports, the times nobody listened, and the host's clock.

-- A chain for each reader: its head stands in the row that a commit writes anyway.
ALTER TABLE reader ADD COLUMN links INTEGER NOT NULL DEFAULT 0;  -- how many batches are in it
ALTER TABLE reader ADD COLUMN chain BLOB;                        -- the last link
-- 1, 2, 3, ... in the chain of its reader; NULL in batches from before there was one. What comes
-- over a port and is committed together is a batch too: without file, `origin` is the port.
ALTER TABLE batch ADD COLUMN link INTEGER;
DROP INDEX batch_by_file;
CREATE INDEX batch_by_file ON batch (reader, inode, size) WHERE taken = 1 AND inode IS NOT NULL;

-- The same bytes at another time are another frame: only rows of files are known again by their bytes.
CREATE TABLE quarantine_new (
    id            INTEGER PRIMARY KEY,
    reader        INTEGER NOT NULL REFERENCES reader (id),
    batch         INTEGER NOT NULL REFERENCES batch (id),
    line          INTEGER NOT NULL,
    raw           BLOB NOT NULL,
    seen          INTEGER NOT NULL DEFAULT 0,  -- frames: Unix milliseconds of the first byte
    reason        TEXT NOT NULL,
    local         INTEGER,                -- the time it claims, when that could be read
    early         INTEGER NOT NULL DEFAULT 0 CHECK (early IN (0, 1)),  -- only its time has not come yet
    decoder       BLOB NOT NULL,          -- the rules that refused it
    released      INTEGER NOT NULL DEFAULT 0 CHECK (released IN (0, 1)),
    UNIQUE (reader, raw, seen)
);
INSERT INTO quarantine_new (id, reader, batch, line, raw, reason, local, early, decoder, released)
    SELECT id, reader, batch, line, raw, reason, local, early, decoder, released FROM quarantine;
DROP TABLE quarantine;
ALTER TABLE quarantine_new RENAME TO quarantine;
CREATE INDEX quarantine_held ON quarantine (reader) WHERE released = 0;

-- The port of a reader as it was last noted.
CREATE TABLE port (
    reader        INTEGER PRIMARY KEY REFERENCES reader (id),
    path          TEXT NOT NULL,
    state         TEXT NOT NULL,          -- open, gone, stopped
    since         INTEGER NOT NULL,       -- Unix seconds
    detail        TEXT NOT NULL,          -- why it is gone
    reads         INTEGER NOT NULL DEFAULT 0,  -- badges read, stored or known before
    repeats       INTEGER NOT NULL DEFAULT 0,  -- the same card still there: counted, not stored
    rejected      INTEGER NOT NULL DEFAULT 0,  -- frames that cannot be used
    unkept        INTEGER NOT NULL DEFAULT 0,  -- of these, how many were too many for quarantine
    lost          INTEGER NOT NULL DEFAULT 0   -- reads that found no place to wait for the store
);

-- When nobody listened to a reader: what was shown to it then will not come.
CREATE TABLE gap (
    id            INTEGER PRIMARY KEY,
    reader        INTEGER NOT NULL REFERENCES reader (id),
    begun         INTEGER NOT NULL,       -- Unix seconds
    ended         INTEGER,                -- Unix seconds; NULL while it lasts
    reason        TEXT NOT NULL
);
CREATE INDEX gap_open ON gap (reader) WHERE ended IS NULL;

-- Steps of the host's clock: times around them may be wrong.
CREATE TABLE clock_step (
    id            INTEGER PRIMARY KEY,
    before        INTEGER NOT NULL,       -- Unix seconds: the last look at the clock before it
    after         INTEGER NOT NULL,       -- Unix seconds: the first look after it
    milliseconds  INTEGER NOT NULL        -- how far it went; negative: back
);
