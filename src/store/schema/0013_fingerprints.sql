-- What shows that something was removed, or changed where no chain covered it.

-- How far each chain goes: rows that are gone at its end are missed. Counted up, so that rows that come
-- after them do not hide it.
CREATE TABLE head (
    name          TEXT PRIMARY KEY,       -- the table of the chain
    links         INTEGER NOT NULL,       -- how many were written
    chain         BLOB NOT NULL           -- the last of them
) WITHOUT ROWID;

-- The fingerprints of rows that stay as they are written. The last one of a row holds.
CREATE TABLE fingerprint (
    id            INTEGER PRIMARY KEY,    -- 1, 2, 3, ...
    kind          TEXT NOT NULL,          -- the table
    row           INTEGER NOT NULL,       -- its row
    first         INTEGER NOT NULL CHECK (first IN (0, 1)),  -- 0: it was changed by timbra itself
    digest        BLOB NOT NULL,          -- SHA-256 of what stays
    chain         BLOB NOT NULL           -- SHA-256 over the chain so far and this row
);

INSERT INTO head SELECT 'register', count(*), ifnull((SELECT chain FROM register ORDER BY id DESC LIMIT 1), x'') FROM register;
INSERT INTO head SELECT 'malfunction', count(*), ifnull((SELECT chain FROM malfunction ORDER BY id DESC LIMIT 1), x'') FROM malfunction;
INSERT INTO head SELECT 'outbox_event', count(*), ifnull((SELECT chain FROM outbox_event ORDER BY id DESC LIMIT 1), x'') FROM outbox_event;
INSERT INTO head SELECT 'misdirection', count(*), ifnull((SELECT chain FROM misdirection ORDER BY id DESC LIMIT 1), x'') FROM misdirection;
INSERT INTO head SELECT 'purge', count(*), ifnull((SELECT chain FROM purge ORDER BY id DESC LIMIT 1), x'') FROM purge;
INSERT INTO head VALUES ('fingerprint', 0, x'');
-- they are in the chain of the steps, each with its fingerprint, but not how many they are
INSERT INTO head SELECT 'attempt', count(*), x'' FROM attempt;

CREATE TRIGGER register_head AFTER INSERT ON register BEGIN
    UPDATE head SET links = links + 1, chain = new.chain WHERE name = 'register'; END;
CREATE TRIGGER malfunction_head AFTER INSERT ON malfunction BEGIN
    UPDATE head SET links = links + 1, chain = new.chain WHERE name = 'malfunction'; END;
CREATE TRIGGER outbox_event_head AFTER INSERT ON outbox_event BEGIN
    UPDATE head SET links = links + 1, chain = new.chain WHERE name = 'outbox_event'; END;
CREATE TRIGGER misdirection_head AFTER INSERT ON misdirection BEGIN
    UPDATE head SET links = links + 1, chain = new.chain WHERE name = 'misdirection'; END;
CREATE TRIGGER purge_head AFTER INSERT ON purge BEGIN
    UPDATE head SET links = links + 1, chain = new.chain WHERE name = 'purge'; END;
CREATE TRIGGER attempt_head AFTER INSERT ON attempt BEGIN
    UPDATE head SET links = links + 1 WHERE name = 'attempt'; END;
CREATE TRIGGER fingerprint_head AFTER INSERT ON fingerprint BEGIN
    UPDATE head SET links = links + 1, chain = new.chain WHERE name = 'fingerprint'; END;

-- The rows of a batch that are kept: how many of its punches and of its rows in quarantine, and the sum of
-- their checksums. What retention forgets is taken off.
ALTER TABLE batch ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN tally INTEGER NOT NULL DEFAULT 0;
