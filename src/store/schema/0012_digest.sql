-- What the home contacts were told of single days, before the month was over: each once.
CREATE TABLE digested (
    outbox        INTEGER NOT NULL REFERENCES outbox (id),
    agreement     TEXT NOT NULL,
    date          TEXT NOT NULL,          -- YYYY-MM-DD
    anomaly       TEXT NOT NULL,
    recipient     TEXT NOT NULL,          -- the address, in small letters
    at            INTEGER NOT NULL,       -- Unix seconds
    PRIMARY KEY (agreement, date, anomaly, outbox)
) WITHOUT ROWID;
