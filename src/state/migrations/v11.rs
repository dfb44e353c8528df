//! The order in which runs ended, which no clock that was wrong upsets.

pub(super) const SQL: &str = "
ALTER TABLE run ADD COLUMN ended_no INTEGER;  -- grows by one with every run that ends
UPDATE run SET ended_no = ended.no
FROM (SELECT id, row_number() OVER (ORDER BY ended_ms, id) AS no FROM run WHERE ended_ms IS NOT NULL) AS ended
WHERE ended.id = run.id;
CREATE INDEX run_ended ON run (ended_no);
";
