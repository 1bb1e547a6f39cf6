-- Amendments: with what each statement was made, and whether its month still computes to it.

-- Beside the statement, whose row ends with its data.
CREATE TABLE origin (
    statement     INTEGER PRIMARY KEY REFERENCES statement (id),
    basis         BLOB NOT NULL,          -- fingerprint of the configuration and the program that made it
    awaited       INTEGER NOT NULL,       -- 1: readers had not delivered past the end of the month
    author        TEXT,                   -- the system user who sent it by hand
    why           TEXT                    -- what that user said
);
CREATE INDEX statement_by_month ON statement (month, agreement, revision);
CREATE INDEX outbox_by_statement ON outbox (statement) WHERE statement IS NOT NULL;

-- What may have changed months that were sent, and what the last comparison knew. One row.
CREATE TABLE look (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    sent_until    INTEGER NOT NULL,       -- civil seconds: punches before this may belong to a sent month
    late          INTEGER NOT NULL,       -- how often such punches came
    basis         BLOB,                   -- the rest is of the last comparison; NULL before the first
    statement     INTEGER NOT NULL DEFAULT 0,
    seen_late     INTEGER NOT NULL DEFAULT 0,
    register      INTEGER NOT NULL DEFAULT 0,
    covers        BLOB NOT NULL DEFAULT x''
);
INSERT INTO look (id, sent_until, late)
    SELECT 1, ifnull(CAST(strftime('%s', max(month) || '-01', '+1 month', '+1 day') AS INTEGER), 0), 0 FROM statement;

-- Statements whose month computed to something else at the last comparison.
CREATE TABLE drift (
    statement     INTEGER PRIMARY KEY REFERENCES statement (id),
    fingerprint   BLOB NOT NULL,          -- SHA-256 of the differences
    cells         INTEGER NOT NULL,       -- how many cells differ
    since         INTEGER NOT NULL,       -- Unix seconds
    held          INTEGER NOT NULL CHECK (held IN (0, 1))
);

ALTER TABLE outbox ADD COLUMN release TEXT NOT NULL DEFAULT 'auto';   -- auto, approve, external
ALTER TABLE outbox ADD COLUMN release_at INTEGER;                     -- Unix seconds: it leaves without approval; NULL: never
