//! What an audience was seen to do with calls: how many contacts it manages a page, and whether creates put anybody onto a list.

pub(super) const SQL: &str = "
ALTER TABLE place ADD COLUMN page_rows INTEGER;
ALTER TABLE place ADD COLUMN creates_apart_ms INTEGER;
";
