-- What the protocol office gave back: how it registered a document, and files that prove something.
CREATE TABLE protocol (
    outbox        INTEGER PRIMARY KEY REFERENCES outbox (id),
    number        TEXT NOT NULL,
    date          TEXT,                   -- YYYY-MM-DD
    register      TEXT,
    at            INTEGER NOT NULL        -- Unix seconds: when it was taken
);

CREATE TABLE evidence (
    id            INTEGER PRIMARY KEY,
    outbox        INTEGER NOT NULL REFERENCES outbox (id),
    at            INTEGER NOT NULL,       -- Unix seconds
    name          TEXT NOT NULL,          -- of the file, as it was given back
    sha256        BLOB NOT NULL,
    content       BLOB NOT NULL,
    UNIQUE (outbox, sha256)
);
