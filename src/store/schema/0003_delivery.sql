-- Delivery with proof: sealed bytes apart, how each attempt went, whom an alarm was told.

-- The bytes stand apart from the row that changes at every step, so that a step writes a page, not
-- the message again.
CREATE TABLE sealed (
    outbox        INTEGER PRIMARY KEY REFERENCES outbox (id),
    message       BLOB NOT NULL
);
INSERT INTO sealed (outbox, message) SELECT id, message FROM outbox;
ALTER TABLE outbox DROP COLUMN message;

ALTER TABLE outbox ADD COLUMN channel TEXT NOT NULL DEFAULT 'email';  -- pec, email, protocollo, altro
ALTER TABLE outbox ADD COLUMN resent INTEGER NOT NULL DEFAULT 0;      -- 1 after the one automatic second sending; 2: restored, none takes place
-- A pause after a failure, on the machine's own clock, which no setting of the time moves. Only
-- where `machine` is the present one; else `not_before` holds.
ALTER TABLE outbox ADD COLUMN machine TEXT;                           -- the machine's boot
ALTER TABLE outbox ADD COLUMN resume INTEGER;                         -- milliseconds since that boot

-- NULL in the events of older versions, whose links do not cover these.
ALTER TABLE outbox_event ADD COLUMN machine TEXT;                     -- the machine's boot
ALTER TABLE outbox_event ADD COLUMN uptime INTEGER;                   -- milliseconds since that boot
ALTER TABLE outbox_event ADD COLUMN evidence BLOB;                    -- SHA-256 of what it rests on: bytes, dialogue, receipt
CREATE INDEX outbox_event_by_message ON outbox_event (outbox);

-- The dialogue of each attempt, without secrets and without the message.
CREATE TABLE attempt (
    outbox        INTEGER NOT NULL REFERENCES outbox (id),
    number        INTEGER NOT NULL,       -- 1, 2, ...
    began_at      INTEGER NOT NULL,       -- Unix seconds
    ended_at      INTEGER NOT NULL,       -- Unix seconds
    dialogue      TEXT NOT NULL,
    PRIMARY KEY (outbox, number)
) WITHOUT ROWID;

-- What a person must be told. Raised once for each kind, subject, level and occasion while it stands.
CREATE TABLE alarm (
    id            INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,       -- Unix seconds
    kind          TEXT NOT NULL,
    level         TEXT NOT NULL,          -- yellow, orange, red
    subject       TEXT NOT NULL,          -- what it is about: a message, the mailbox, the clock
    occasion      TEXT NOT NULL,          -- tells repetitions apart; empty for most
    text          TEXT NOT NULL,          -- Italian, no personal data
    outbox        INTEGER REFERENCES outbox (id),
    cleared_at    INTEGER                 -- Unix seconds: it is over
);
CREATE UNIQUE INDEX alarm_standing ON alarm (kind, subject, level, occasion) WHERE cleared_at IS NULL;

-- By which ways an alarm has been told, so that a restart does not tell it again.
CREATE TABLE alarm_told (
    alarm         INTEGER NOT NULL REFERENCES alarm (id),
    way           TEXT NOT NULL,
    at            INTEGER NOT NULL,       -- Unix seconds
    PRIMARY KEY (alarm, way)
) WITHOUT ROWID;
