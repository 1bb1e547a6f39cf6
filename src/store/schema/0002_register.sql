-- The register: what the home office communicates and the host enters. Append-only.

CREATE TABLE register (
    id            INTEGER PRIMARY KEY,    -- 1, 2, 3, ... in the order of entering
    at            INTEGER NOT NULL,       -- Unix seconds
    author        TEXT NOT NULL,          -- the system user
    for_person    TEXT,                   -- the person for whom it was entered
    reference     TEXT,                   -- the message on which it rests
    agreement     TEXT NOT NULL,
    late          INTEGER NOT NULL CHECK (late IN (0, 1)),  -- entered after the day had begun
    kind          TEXT NOT NULL,
    content       TEXT NOT NULL,          -- what it says: `key=value`, one a line; `\` and newline escaped
    digest        BLOB NOT NULL,          -- SHA-256 of all of the above
    chain         BLOB NOT NULL           -- SHA-256 over the chain so far and `digest`, so that contents can be forgotten
);
CREATE INDEX register_by_agreement ON register (agreement, id);
