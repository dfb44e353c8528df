//! Who someone is, whatever their address: an id of a source (E1).

use super::{Fingerprint, Signature, nothing::nothing_word};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// An id as a row gives it, as hashes: equal text of one source, equal person. Never leaves the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person {
    /// xxh3-64 of the id's text. States before format 8 hold this alone: whose it was is not known.
    pub plain: u64,
    /// Which source the row is of; see [`source_tag`].
    pub source: u64,
}

/// What stands for a source, or for a name that sources share their ids under.
pub fn source_tag(name: &str) -> u64 {
    xxh3_64(name.as_bytes())
}

impl Person {
    /// `None`: there is no id in the text. Words that databases print for nothing are none.
    pub fn of(text: &str, source: u64) -> Option<Self> {
        let text = whole(text.trim());
        let nothing = text.is_empty() || nothing_word(text).is_some();
        (!nothing).then(|| Self { plain: xxh3_64(text.as_bytes()), source })
    }

    /// As the state records it.
    pub fn id(self) -> u64 {
        self.under(self.source)
    }

    /// The same id as another source's, or as one of a space that sources share.
    pub fn under(self, source: u64) -> u64 {
        xxh3_64_with_seed(&self.plain.to_le_bytes(), source)
    }
}

impl Fingerprint {
    /// Values and id in one number, from which either can be had back by the other.
    pub fn with(self, person: Option<u64>) -> Signature {
        Signature(self.0 ^ person.map_or(0, spread))
    }
}

impl Signature {
    /// The fingerprint of the values, given the id that went in with them.
    pub fn without(self, person: Option<u64>) -> Fingerprint {
        Fingerprint(self.0 ^ person.map_or(0, spread))
    }
}

/// Ids are hashes already; this only keeps an id apart from values that hold the same number.
fn spread(person: u64) -> u64 {
    person.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) ^ 0x5bd1_e995_1b87_3593
}

/// `3.0` is `3`: a column of whole numbers that has an empty cell is written so by many tools. `03` is another id.
fn whole(text: &str) -> &str {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, zeros))
            if digits(whole.strip_prefix('-').unwrap_or(whole)) && !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') =>
        {
            whole
        }
        _ => text,
    }
}

/// `4.5E+11`: a spreadsheet rounded the id, and many people have the same one now.
pub fn is_scientific(text: &str) -> bool {
    let text = text.trim();
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let Some((whole, fraction)) = mantissa.split_once(['.', ',']) else {
        return digits(mantissa) && exponent.strip_prefix('+').is_some_and(digits);
    };
    digits(whole) && digits(fraction) && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("4.5E+11", true)]
    #[case(" 4,50123e11 ", true)]
    #[case("1E+12", true)]
    #[case("450123456789", false)]
    #[case("1E12", false)]
    #[case("C-4.5E", false)]
    #[case("4.5", false)]
    fn rounded_by_a_spreadsheet(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(is_scientific(text), expected);
    }

    #[rstest]
    #[case("")]
    #[case("  ")]
    #[case("NULL")]
    #[case("#N/A")]
    #[case("\\N")]
    #[case("-")]
    fn no_id(#[case] text: &str) {
        assert_eq!(Person::of(text, 1), None);
    }

    #[rstest]
    #[case("3.0", "3")]
    #[case(" 3.00 ", "3")]
    #[case("-3.0", "-3")]
    #[case("3.", "3.")]
    #[case("3.10", "3.10")]
    #[case("1.0.0", "1.0.0")]
    #[case("03.0", "03")]
    #[case("A3.0", "A3.0")]
    fn whole_numbers_with_a_point_are_the_same_ids(#[case] text: &str, #[case] same: &str) {
        assert_eq!(Person::of(text, 1).unwrap().plain, xxh3_64(same.as_bytes()));
    }

    #[test]
    fn one_id_of_two_sources_is_two_people() {
        let (crm, shop) = (Person::of(" 7", source_tag("crm")).unwrap(), Person::of("7 ", source_tag("shop")).unwrap());
        assert_ne!(crm.id(), shop.id());
        assert_eq!((crm.plain, crm.under(source_tag("ours"))), (shop.plain, shop.under(source_tag("ours"))));
    }

    proptest! {
        #[test]
        fn a_signature_gives_the_fingerprint_back(values in any::<u64>(), id in any::<Option<u64>>(), other in any::<u64>()) {
            let signature = Fingerprint(values).with(id);
            prop_assert_eq!(signature.without(id), Fingerprint(values));
            prop_assume!(id != Some(other));
            prop_assert_ne!(signature, Fingerprint(values).with(Some(other)));
        }
    }
}
