//! Readings: watermarks by the platform's clock, for each status that a reading covered.
//!
//! What was recorded before was our own clock's, and said nothing of the statuses: it goes back a week, and whether changes to
//! `subscribed` were read is not known. Who was being taken out may be archived by now, from the status that was known then.

pub(super) const SQL: &str = "
CREATE TABLE watermark (                -- up to when changes to a status are known, by the platform's clock
  place INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
  standing INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (place, standing)
) STRICT, WITHOUT ROWID;

INSERT INTO watermark
  SELECT place.id, s.column1, (CAST(strftime('%s', read_watermark) AS INTEGER) - 7 * 86400) * 1000
  FROM place, (VALUES (1), (2), (3), (4), (5)) AS s WHERE strftime('%s', read_watermark) IS NOT NULL;

UPDATE contact SET archived_from = standing
  WHERE archived_from IS NULL AND standing != 5 AND EXISTS (
    SELECT 1 FROM export e JOIN member m ON m.export = e.id
    WHERE e.place = contact.place AND m.key = contact.key AND m.state = 3);
";
