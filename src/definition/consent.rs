//! What counts as consent: the column, the words that say yes and those that say no, and what a withdrawal means (E13).
//!
//! Only a known yes is a yes. The words are in [`super::consent_words`]; a definition's own list replaces the known ones of
//! its side.

use super::consent_words;
use std::collections::BTreeSet;

/// The column that is evidence of consent: people whose row lacks it are neither created nor added to a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    pub column: String,
    /// The column that says when.
    pub at: Option<String>,
    pub words: ConsentWords,
    /// `None`: as the mode is. Mirror removes, upsert keeps.
    pub withdrawn: Option<Withdrawn>,
}

/// What becomes of a member whose consent is withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// Off every list that we put them on.
    Remove,
    Keep,
}

/// What a cell says of consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    Yes,
    No,
    /// Neither a known yes nor a known no: as good as no, and counted apart.
    Unknown,
}

/// Words of the definition's own; normalised. `None`: the known ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsentWords {
    yes: Option<BTreeSet<String>>,
    no: Option<BTreeSet<String>>,
}

impl Consent {
    /// With the words that are known.
    pub fn of(column: impl Into<String>, at: Option<String>) -> Self {
        Self { column: column.into(), at, words: ConsentWords::default(), withdrawn: None }
    }
}

impl ConsentWords {
    /// Takes words as people write them; none is on both lists.
    pub fn new(yes: Option<&[String]>, no: Option<&[String]>) -> Self {
        let set = |words: Option<&[String]>| words.map(|words| words.iter().flat_map(|word| meant(word)).collect());
        Self { yes: set(yes), no: set(no) }
    }

    /// What a word says, given as [`consent_words::normalised`]. A list of the definition's own comes before the known words.
    pub fn evidence(&self, word: &str) -> Evidence {
        let listed = |words: &Option<BTreeSet<String>>| words.as_ref().is_some_and(|words| words.contains(word));
        match (listed(&self.yes), listed(&self.no)) {
            (_, true) => Evidence::No,
            (true, false) => Evidence::Yes,
            (false, false) => match consent_words::known(word) {
                Evidence::Yes if self.yes.is_none() => Evidence::Yes,
                Evidence::No if self.no.is_none() => Evidence::No,
                _ => Evidence::Unknown,
            },
        }
    }

    /// A date says yes, unless the definition lists what does.
    pub fn dates_say_yes(&self) -> bool {
        self.yes.is_none()
    }
}

/// A listed word, normalised. A source that knows no truth values gives 1 and 0 for them.
pub fn meant(word: &str) -> BTreeSet<String> {
    let word = consent_words::normalised(word).into_owned();
    let number = match word.as_str() {
        "true" => Some("1".to_owned()),
        "false" => Some("0".to_owned()),
        _ => None,
    };
    std::iter::once(word).chain(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn words(yes: Option<&[&str]>, no: Option<&[&str]>) -> ConsentWords {
        let owned = |words: Option<&[&str]>| words.map(|words| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        ConsentWords::new(owned(yes).as_deref(), owned(no).as_deref())
    }

    #[rstest]
    #[case::known(None, None, "yes", Evidence::Yes)]
    #[case::known(None, None, "nein", Evidence::No)]
    #[case::neither(None, None, "maybe", Evidence::Unknown)]
    #[case::listed(Some(&["Double_Opt-In"][..]), None, "double opt in", Evidence::Yes)]
    #[case::the_list_replaces_the_known(Some(&["agreed"][..]), None, "yes", Evidence::Unknown)]
    #[case::of_its_side_only(Some(&["agreed"][..]), None, "no", Evidence::No)]
    #[case::a_list_turns_a_known_word_round(Some(&["false"][..]), None, "0", Evidence::Yes)]
    #[case::of_the_other_side(None, Some(&["subscribed"][..]), "subscribed", Evidence::No)]
    #[case::no_list_replaces_the_known(None, Some(&["out"][..]), "nein", Evidence::Unknown)]
    fn lists_of_the_definition(#[case] yes: Option<&[&str]>, #[case] no: Option<&[&str]>, #[case] word: &str, #[case] says: Evidence) {
        assert_eq!(words(yes, no).evidence(word), says);
    }
}
