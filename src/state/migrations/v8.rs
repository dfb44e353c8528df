//! Persons: ids across the exports of one audience.
//!
//! What stood beside each member alone is now known of the audience, and outlives members and exports. Ids of before are
//! hashes that do not say whose ids they are; they go on being recognised as they are. A trigger has its statement's way with
//! conflicts, so none may arise in it.

pub(super) const SQL: &str = "
CREATE TABLE person (                  -- who was ever seen under which address; hashes only
  place INTEGER NOT NULL,
  person INTEGER NOT NULL,             -- of match.id and its source; before this step of match.id alone
  key BLOB NOT NULL,
  PRIMARY KEY (place, person, key)
) STRICT, WITHOUT ROWID;
INSERT INTO person
  SELECT DISTINCT e.place, m.person, m.key FROM member m JOIN export e ON e.id = m.export
  WHERE m.person IS NOT NULL AND e.place IS NOT NULL;
DROP INDEX member_person;

CREATE TABLE person_source (           -- sources whose ids are on record: hashes of their names
  source INTEGER PRIMARY KEY
) STRICT;

CREATE TRIGGER member_person_new AFTER INSERT ON member WHEN NEW.person IS NOT NULL BEGIN
  INSERT INTO person SELECT e.place, NEW.person, NEW.key FROM export e WHERE e.id = NEW.export AND e.place IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM person p WHERE p.place = e.place AND p.person = NEW.person AND p.key = NEW.key);
END;
CREATE TRIGGER member_person_changed AFTER UPDATE OF person ON member WHEN NEW.person IS NOT NULL AND NEW.person IS NOT OLD.person BEGIN
  INSERT INTO person SELECT e.place, NEW.person, NEW.key FROM export e WHERE e.id = NEW.export AND e.place IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM person p WHERE p.place = e.place AND p.person = NEW.person AND p.key = NEW.key);
END;
CREATE TRIGGER export_place_changed AFTER UPDATE OF place ON export WHEN NEW.place IS NOT NULL AND NEW.place IS NOT OLD.place BEGIN
  INSERT INTO person SELECT DISTINCT NEW.place, m.person, m.key FROM member m WHERE m.export = NEW.id AND m.person IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM person p WHERE p.place = NEW.place AND p.person = m.person AND p.key = m.key);
END;
";
