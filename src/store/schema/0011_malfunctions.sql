-- Malfunctions: what was said of each, append-only and chained; and which notices told of it.

CREATE TABLE malfunction (
    id            INTEGER PRIMARY KEY,    -- 1, 2, 3, ... over all malfunctions
    number        INTEGER NOT NULL,       -- the malfunction: 1, 2, 3, ...
    at            INTEGER NOT NULL,       -- Unix seconds
    author        TEXT NOT NULL,          -- the system user, or the program
    for_person    TEXT,                   -- the person for whom it was entered
    reference     TEXT,                   -- the message on which it rests
    step          TEXT NOT NULL,          -- opened, updated, restored, reopened, reported, confirmed, undone
    content       TEXT NOT NULL,          -- what it says: `key=value`, one a line; `\` and newline escaped
    digest        BLOB NOT NULL,          -- SHA-256 of all of the above
    chain         BLOB NOT NULL           -- SHA-256 over the chain so far and `digest`
);
CREATE INDEX malfunction_by_number ON malfunction (number, id);

-- Which messages told a home office of a malfunction. The facts are compared with what holds, to know
-- whether another notice is due.
CREATE TABLE malfunction_notice (
    outbox        INTEGER PRIMARY KEY REFERENCES outbox (id),
    number        INTEGER NOT NULL,       -- the malfunction
    recipient     TEXT NOT NULL,          -- the address, in small letters
    at            INTEGER NOT NULL,       -- Unix seconds
    matter        TEXT NOT NULL,          -- opened, updated, restored, combined, reopened, withdrawn
    facts         TEXT NOT NULL
);
CREATE INDEX malfunction_notice_by_number ON malfunction_notice (number, recipient, outbox);

-- What was written to be printed because mail was down, each once.
CREATE TABLE malfunction_print (
    number        INTEGER NOT NULL,
    recipient     TEXT NOT NULL,          -- the address, in small letters
    said          TEXT NOT NULL,          -- the matter, and the facts
    at            INTEGER NOT NULL,       -- Unix seconds
    PRIMARY KEY (number, recipient, said)
) WITHOUT ROWID;

ALTER TABLE look ADD COLUMN malfunction INTEGER NOT NULL DEFAULT 0;   -- the last event that a comparison knew
