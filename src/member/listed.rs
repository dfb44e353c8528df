//! Addresses as people write them into lists of those who must be kept out: read generously, since whoever is missed would
//! be sent (E19).

use super::{Email, Key, address, text_of};
use crate::{definition::is_invisible, source::Cell};

/// Every address in a cell: `mailto:`, `Name <a@b>`, several, trailing separators, invisible characters. Empty: it holds none.
pub fn listed(cell: Cell<'_>) -> Vec<Email> {
    if let Ok(Some(email)) = address(cell) {
        // A spreadsheet's apostrophe, or a formula's sign, may be a part of an address, and is seldom meant to be: both are kept out.
        let bare = email.as_str().trim_start_matches(['\'', '=', '+', '`', '"']);
        let other = Email::parse(bare).ok().flatten().filter(|bare| *bare != email);
        return std::iter::once(email).chain(other).collect();
    }
    let text: String = text_of(cell).replace("%40", "@").chars().filter(|c| !is_invisible(*c)).collect();
    let mut found: Vec<Email> = text.split(separates).filter_map(one).collect();
    found.dedup();
    found
}

/// What stands for the text of a cell that holds no address: equal text, equal row.
pub fn row_key(cell: Cell<'_>) -> Key {
    Key(xxhash_rust::xxh3::xxh3_128(text_of(cell).trim().as_bytes()))
}

/// One word that may be an address, its wrapping taken off.
fn one(word: &str) -> Option<Email> {
    let word = strip_scheme(word);
    let word = word.split_once('?').map_or(word, |(address, _)| address);
    let word = word.trim_matches(|c: char| matches!(c, '.' | ':' | '\'' | '`' | '*' | '!'));
    Email::parse(word).ok().flatten()
}

fn strip_scheme(word: &str) -> &str {
    match word.split_at_checked(7) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto:") => rest,
        _ => word,
    }
}

fn separates(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '|' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | '"' | '\u{201c}' | '\u{201d}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("ana@x.com", &["ana@x.com"])]
    #[case("mailto:ana@x.com?subject=stop", &["ana@x.com"])]
    #[case("MAILTO:Ana%40x.com", &["ana@x.com"])]
    #[case("Ana Li <ana@x.com>", &["ana@x.com"])]
    #[case("\"Li, Ana\" <ana@x.com>;", &["ana@x.com"])]
    #[case("ana@x.com; bo@x.com, cy@x.com", &["ana@x.com", "bo@x.com", "cy@x.com"])]
    #[case("ana\u{200b}@x.com\u{202c}", &["ana@x.com"])]
    #[case("ana@x.com.", &["ana@x.com"])]
    #[case("'ana@x.com'", &["ana@x.com"])]
    #[case("o'hara@x.com", &["o'hara@x.com"])]
    #[case("'ana@x.com", &["'ana@x.com", "ana@x.com"])]
    #[case("=ana@x.com", &["=ana@x.com", "ana@x.com"])]
    #[case("=\"ana@x.com\"", &["ana@x.com"])]
    #[case("\u{a0}ana@x.com\u{a0}", &["ana@x.com"])]
    #[case("ana@x.com (work)\nbo@x.com", &["ana@x.com", "bo@x.com"])]
    #[case("ana at x.com", &[])]
    #[case("  ", &[])]
    fn addresses_are_found_whatever_is_around_them(#[case] text: &str, #[case] expected: &[&str]) {
        let found = listed(Cell::Text(text));
        assert_eq!(found.iter().map(Email::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_number_or_nothing_holds_no_address() {
        assert!(listed(Cell::Null).is_empty());
        assert!(listed(Cell::Integer(7)).is_empty());
        assert_eq!(row_key(Cell::Null), row_key(Cell::Text(" ")));
    }
}
