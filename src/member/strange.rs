//! The character of an address that has no place there, named so that it can be found; what is around it is not shown.

use crate::definition::is_invisible;
use std::fmt;

/// Characters shown before it.
const BEFORE: usize = 3;

/// A character that nobody sees, or that no address has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Strange {
    character: char,
    /// Directly before it; `None` where it is nearer to the beginning.
    before: [Option<char>; BEFORE],
}

impl Strange {
    /// The first one of an address. Joiners in a domain are a part of how some languages are written: what is right there is
    /// the domain's to say.
    pub fn first(address: &str) -> Option<Self> {
        let domain = address.rfind('@').unwrap_or(address.len());
        let joins = |at: usize, c: char| at > domain && matches!(c, '\u{200c}' | '\u{200d}');
        let strange = |c: char| c.is_control() || c.is_whitespace() || is_invisible(c);
        let (at, character) = address.char_indices().find(|(at, c)| strange(*c) && !joins(*at, *c))?;
        let mut before = [None; BEFORE];
        for (slot, c) in before.iter_mut().rev().zip(address[..at].chars().rev()) {
            *slot = Some(c);
        }
        Some(Self { character, before })
    }
}

impl fmt::Display for Strange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.character {
            ' ' => "a blank",
            c if c.is_whitespace() => "a kind of blank",
            c if c.is_control() => "a control character",
            _ => "an invisible character",
        };
        let before: String = self.before.iter().flatten().collect();
        write!(f, "U+{:04X}, {what}, after {before:?}", u32::from(self.character))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("an\u{200b}a@lk.test", "U+200B, an invisible character, after \"an\"")]
    #[case("ana\u{202e}@lk.test", "U+202E, an invisible character, after \"ana\"")]
    #[case("bo@lk-field\u{ad}.org", "U+00AD, an invisible character, after \"eld\"")]
    #[case("a b@example.com", "U+0020, a blank, after \"a\"")]
    #[case("somebody\u{a0}@example.com", "U+00A0, a kind of blank, after \"ody\"")]
    #[case("a\u{7}b@example.com", "U+0007, a control character, after \"a\"")]
    fn it_is_named_with_what_is_before_it(#[case] address: &str, #[case] expected: &str) {
        assert_eq!(Strange::first(address).unwrap().to_string(), expected);
    }

    #[test]
    fn joiners_are_the_domains_own() {
        assert_eq!(Strange::first("a@\u{646}\u{627}\u{645}\u{647}\u{200c}\u{627}.test"), None);
        assert!(Strange::first("a\u{200d}b@x.test").is_some());
    }
}
