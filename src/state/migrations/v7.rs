//! Rejected rows that stay listed until they are accepted or gone, and lists that others took someone off.

pub(super) const SQL: &str = "
ALTER TABLE member ADD COLUMN left_from INTEGER;        -- bits of lists that we had put them on and others took them off; never NULL in state 2
ALTER TABLE member ADD COLUMN refused_since_ms INTEGER; -- rejected for this reason since then,
ALTER TABLE member ADD COLUMN refused_run INTEGER;      -- first by this run,
ALTER TABLE member ADD COLUMN refused_bit INTEGER;      -- in this segment
UPDATE member SET left_from = 0 WHERE state = 2;
CREATE INDEX member_left ON member (export) WHERE left_from IS NOT NULL;
CREATE INDEX member_refused ON member (export) WHERE code IS NOT NULL;

ALTER TABLE rejected ADD COLUMN since_ms INTEGER;       -- listed for this reason since then,
ALTER TABLE rejected ADD COLUMN since_run INTEGER;      -- first by this run
CREATE INDEX rejected_row ON rejected (run, address, segment, code);
";
