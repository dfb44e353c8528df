//! How an address is spelt at the platform. It may tell addresses apart by case: a contact that somebody entered as
//! `Dana@example.com` would get a twin if it were called `dana@example.com`, as we write addresses.
//!
//! What is kept of a spelling is where its capitals are, never the address.

use super::super::{BatchRow, ContactId};
use crate::member::Email;
use std::borrow::Cow;

const CAPITALS: &str = "capitals/";

/// `None`: it is spelt as we do; or otherwise than by capitals, which the platform's own clean-up does.
pub(super) fn of(shown: &str, email: &Email) -> Option<ContactId> {
    let shown = shown.trim();
    if shown == email.as_str() || !shown.eq_ignore_ascii_case(email.as_str()) {
        return None;
    }
    let capitals = shown.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase()).map(|(at, _)| at.to_string());
    Some(ContactId(format!("{CAPITALS}{}", capitals.collect::<Vec<_>>().join("."))))
}

/// A row's address as the platform spelt it when it was read.
pub(super) fn spelt(row: &BatchRow) -> Cow<'_, str> {
    let email = row.email.as_str();
    let capitals = row.contact.as_ref().and_then(|contact| contact.0.strip_prefix(CAPITALS));
    match capitals {
        None => Cow::Borrowed(email),
        Some(capitals) => {
            let places: Vec<usize> = capitals.split('.').filter_map(|at| at.parse().ok()).collect();
            let letter = |(at, letter): (usize, char)| if places.contains(&at) { letter.to_ascii_uppercase() } else { letter };
            Cow::Owned(email.char_indices().map(letter).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::Key;
    use rstest::rstest;

    #[rstest]
    #[case("Dana@Example.com", Some("capitals/0.5"))]
    #[case("dana@example.com", None)]
    #[case(" dana@EXAMPLE.com ", Some("capitals/5.6.7.8.9.10.11"))]
    #[case("Ünal@Example.com", Some("capitals/6"))]
    fn a_spelling_comes_back_without_the_address_being_kept(#[case] shown: &str, #[case] kept: Option<&str>) {
        let email = Email::parse(shown).unwrap().unwrap();
        let contact = of(shown, &email);
        let ascii = shown.is_ascii();
        assert_eq!(contact.as_ref().map(|contact| contact.0.as_str()), kept.filter(|_| ascii));
        let row =
            BatchRow { key: Key::of(&email), email, attributes: Vec::new(), standing: None, joins: Vec::new(), consent_at: None, contact };
        assert_eq!(spelt(&row), if ascii { shown.trim() } else { row.email.as_str() });
    }
}
