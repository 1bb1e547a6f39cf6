-- What the personnel office was reminded of, each once.
CREATE TABLE reminded (
    agreement     TEXT NOT NULL,
    month         TEXT NOT NULL,          -- YYYY-MM
    item          TEXT NOT NULL,          -- a date, or `message N`
    outbox        INTEGER NOT NULL REFERENCES outbox (id),
    at            INTEGER NOT NULL,       -- Unix seconds
    PRIMARY KEY (agreement, month, item)
) WITHOUT ROWID;
