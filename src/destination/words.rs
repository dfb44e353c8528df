//! The vendor's words, made fit to be shown: no address, no line ends, not endless.

use chrono::{DateTime, Utc};

/// Longest text kept, in characters.
const LONGEST: usize = 300;

/// A time as platforms write it (RFC 3339); `None`: nothing that we can read.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}

/// `text` without addresses (they become "this address"), on one line, shortened.
pub(super) fn clean(text: &str) -> String {
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(&without_address(word));
    }
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.chars().filter(|c| !c.is_control()).collect(),
    }
}

/// Punctuation around the address stays.
fn without_address(word: &str) -> std::borrow::Cow<'_, str> {
    if !word.contains(['@', '\u{ff20}']) && !word.to_ascii_lowercase().contains("%40") {
        return word.into();
    }
    let edge = |c: char| "\"'()[]<>{},;:!?.".contains(c);
    let start = word.len() - word.trim_start_matches(edge).len();
    let end = word.trim_end_matches(edge).len().max(start);
    format!("{}this address{}", &word[..start], &word[end..]).into()
}

#[cfg(test)]
mod tests {
    use super::clean;
    use rstest::rstest;

    #[rstest]
    #[case("a@b.io looks fake", "this address looks fake")]
    #[case("No: \"a@b.io\", (x@y.org).", "No: \"this address\", (this address).")]
    #[case("see https://x/?email=a%40b.io now", "see this address now")]
    #[case("two\n lines\u{7}", "two lines")]
    #[case("@", "this address")]
    #[case(".@.", ".this address.")]
    fn addresses_are_cut_out(#[case] text: &str, #[case] expected: &str) {
        let shown = clean(text);
        assert!(!shown.contains('@'), "{shown}");
        assert_eq!(shown, expected);
    }

    proptest::proptest! {
        #[test]
        fn nothing_with_an_at_survives(text in "\\PC{0,40}@\\PC{0,40}") {
            proptest::prop_assert!(!clean(&text).contains('@'));
        }
    }
}
