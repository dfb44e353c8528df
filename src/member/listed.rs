//! Addresses as people write them into lists of those who must be kept out: read generously, since whoever is missed would
//! be sent (E19).

use super::{Email, Key, address, text_of};
use crate::{definition::is_invisible, source::Cell};

/// What a cell of such a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub emails: Vec<Email>,
    /// Another person seems to be meant too, or alone, whose address cannot be read.
    pub unread: bool,
}

/// Every address in a cell: `mailto:`, `Name <a@b>`, several, trailing separators, invisible characters.
pub fn listed(cell: Cell<'_>) -> Listed {
    if let Ok(Some(email)) = address(cell) {
        // A spreadsheet's apostrophe, or a formula's sign, may be a part of an address, and is seldom meant to be: both are kept out.
        let bare = email.as_str().trim_start_matches(['\'', '=', '+', '`', '"']);
        let other = Email::parse(bare).ok().flatten().filter(|bare| *bare != email);
        return Listed { emails: std::iter::once(email).chain(other).collect(), unread: false };
    }
    let text: String = text_of(cell).replace("%40", "@").chars().filter(|c| !is_invisible(*c)).collect();
    let mut emails: Vec<Email> = words(&text).filter_map(one).collect();
    emails.dedup();
    Listed { unread: emails.is_empty() || is_partly_unread(&text), emails }
}

/// Whether a part of a list is meant as an address and is none: a word with an `@`, or a part without any address that is not the
/// beginning of a name (`Li, Ana <a@b>`).
fn is_partly_unread(text: &str) -> bool {
    let named = |part: &&str| part.contains('<');
    let parts = parts(text);
    let is_unread = |(at, part): (usize, &&str)| {
        let any = words(part).any(|word| one(word).is_some());
        let broken = words(part).any(|word| word.contains('@') && one(word).is_none());
        broken || (!any && !parts.get(at + 1).is_some_and(named))
    };
    parts.iter().enumerate().any(is_unread)
}

/// What separators make of a text, outside of quotes and brackets; nothing blank.
fn parts(text: &str) -> Vec<&str> {
    let (mut quoted, mut depth) = (false, 0_u32);
    let separates = |c: char| {
        match c {
            '"' => quoted = !quoted,
            '<' | '(' | '[' | '{' => depth += 1,
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        !quoted && depth == 0 && matches!(c, ',' | ';' | '|' | '\n' | '\r' | '\t')
    };
    let bare = |part: &&str| part.contains(char::is_alphanumeric) || part.contains('@');
    text.split(separates).filter(bare).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(separates)
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
    #[case("Li, Ana <ana@x.com>", &["ana@x.com"])]
    #[case("ana@x.com; ; ,", &["ana@x.com"])]
    #[case("Ana (born Bo, Oslo) <ana@x.com>", &["ana@x.com"])]
    #[case("ana at x.com", &[])]
    #[case("  ", &[])]
    fn addresses_are_found_whatever_is_around_them(#[case] text: &str, #[case] expected: &[&str]) {
        let found = listed(Cell::Text(text));
        assert_eq!(found.unread, found.emails.is_empty());
        assert_eq!(found.emails.iter().map(Email::as_str).collect::<Vec<_>>(), expected);
    }

    #[rstest]
    #[case::a_comma_for_a_point("ana@x.com; bo@x,com")]
    #[case::no_domain("ana@x.com, bo@")]
    #[case::in_words("ana@x.com; bo at x.com")]
    #[case::a_name("ana@x.com | Bo Li")]
    #[case::two_in_one("ana@x.com bo@x.com/cy@x.com")]
    #[case::first("bo@x,com; ana@x.com")]
    #[case::a_name_with_a_broken_address("Bo <bo@x>, Ana <ana@x.com>")]
    #[case::lines("ana@x.com\nbo")]
    fn what_cannot_be_read_beside_an_address_is_told(#[case] text: &str) {
        let found = listed(Cell::Text(text));
        assert!(found.unread && found.emails.iter().any(|email| email.as_str() == "ana@x.com"), "{found:?}");
    }

    #[test]
    fn a_number_or_nothing_holds_no_address() {
        let nobody = Listed { emails: Vec::new(), unread: true };
        assert_eq!((listed(Cell::Null), listed(Cell::Integer(7))), (nobody.clone(), nobody));
        assert_eq!(row_key(Cell::Null), row_key(Cell::Text(" ")));
    }
}
