-- What was forgotten when its time had come, by whom. Append-only.
CREATE TABLE purge (
    id            INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,       -- Unix seconds
    author        TEXT NOT NULL,          -- the system user; `timbra` for the daemon
    what          TEXT NOT NULL,          -- quarantine, archive, configurations, agreement NAME
    before        TEXT NOT NULL,          -- YYYY-MM-DD: what was older
    counts        TEXT NOT NULL,          -- how much of each
    chain         BLOB NOT NULL           -- SHA-256 over the chain so far and this row
);

-- Of a forgotten entry the digest stays, so that the chain over it can still be checked.
ALTER TABLE register ADD COLUMN purge INTEGER REFERENCES purge (id);

-- Who said that the clock was right, whatever it had shown before.
CREATE TABLE clock_confirmation (
    id            INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,       -- Unix seconds, by the confirmed clock
    author        TEXT NOT NULL           -- the system user
);
