-- What the register changes of the agreements themselves, and who sent the message that an entry rests on.

-- The digest covers it where it is there; entries of earlier versions have none.
ALTER TABLE register ADD COLUMN sender TEXT;

-- Few entries change badges, term or profile; who computes days asks for them every time.
CREATE INDEX register_changes ON register (agreement)
    WHERE kind IN ('badge_issued', 'badge_returned', 'badge_lost', 'badge_replaced', 'withdrawn', 'profile_changed');
