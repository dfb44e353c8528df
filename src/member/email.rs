//! Addresses: trim, NFC, lower-case, IDNA domain, syntax. No provider-specific rules (dots, plus): they merge people
//! that the platforms keep apart.

use super::strange::Strange;
use crate::definition::is_invisible;
use std::fmt;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Domains of mail providers with millions of users, which tell nothing of a person.
const PROVIDERS: [&str; 44] = [
    "163.com",
    "126.com",
    "aol.com",
    "att.net",
    "bol.com.br",
    "btinternet.com",
    "comcast.net",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "seznam.cz",
    "t-online.de",
    "uol.com.br",
    "verizon.net",
    "wanadoo.fr",
    "web.de",
    "wp.pl",
    "yahoo.co.jp",
    "yahoo.co.uk",
    "yahoo.com",
    "yandex.ru",
];

/// A normalised address, checked. `Debug` and [`Email::masked`] are safe to log; [`Email::as_str`] is not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(Box<str>);

/// Why an address was rejected: a closed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum EmailError {
    #[error("there is no @ in it")]
    NoAt,
    #[error("it is longer than 254 bytes")]
    TooLong,
    #[error("the part before the @ is not valid")]
    BadLocalPart,
    #[error("the domain is not valid")]
    BadDomain,
    #[error("it holds {0}")]
    BadCharacter(Strange),
}

impl EmailError {
    /// The code that reports and the state use.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoAt => "address-no-at",
            Self::TooLong => "address-too-long",
            Self::BadLocalPart => "address-bad-local-part",
            Self::BadDomain => "address-bad-domain",
            Self::BadCharacter(_) => "address-bad-character",
        }
    }
}

impl Email {
    /// Longest address that mail can be sent to (RFC 5321), in bytes after normalisation.
    pub const MAX_BYTES: usize = 254;

    /// Normalises and checks. `Ok(None)`: there is no address (empty or blank).
    pub fn parse(text: &str) -> Result<Option<Self>, EmailError> {
        if let Some(plain) = plain(text) {
            return Ok(Some(Self(plain.into())));
        }
        let text = text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
        if text.is_empty() {
            return Ok(None);
        }
        if let Some(strange) = Strange::first(text) {
            return Err(EmailError::BadCharacter(strange));
        }
        let normal = normalise(text)?;
        if normal.len() > Self::MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        check(&normal)?;
        Ok(Some(Self(normal.into())))
    }

    /// An address that [`Email::parse`] gave before, read back from where we wrote it.
    pub(crate) fn trusted(text: &str) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `d***@gmail.com`, `d***@…`: enough to recognise, too little to use. A domain is shown where millions share it; another
    /// may be the person's own.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let domain = if PROVIDERS.contains(&domain.to_ascii_lowercase().as_str()) { domain } else { "…" };
        format!("{}***@{domain}", local.chars().next().unwrap_or('*'))
    }
}

/// The addresses that nearly everyone has, in one pass: letters, digits, `._+-`, nothing to trim or compose. `None` says
/// nothing but that the whole way has to be gone.
fn plain(text: &str) -> Option<String> {
    let at = memchr::memchr(b'@', text.as_bytes())?;
    let (local, domain) = (&text.as_bytes()[..at], &text.as_bytes()[at + 1..]);
    let short = !local.is_empty() && local.len() <= 64 && text.len() <= Email::MAX_BYTES && domain.len() <= 253;
    if !short || !dotted(local, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'-')) {
        return None;
    }
    let (mut dots, mut label, mut letters) = (0, 0, false);
    for (n, byte) in domain.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => (label, letters) = (label + 1, true),
            b'0'..=b'9' => label += 1,
            b'-' if label > 0 && domain.get(n + 1).is_some_and(u8::is_ascii_alphanumeric) => label += 1,
            b'.' if label > 0 => (dots, label, letters) = (dots + 1, 0, false),
            _ => return None,
        }
        if label > 63 {
            return None;
        }
    }
    // The last label is a name, not a number.
    (dots > 0 && label > 0 && letters).then(|| text.to_ascii_lowercase())
}

/// Runs of good bytes with single dots between them.
fn dotted(bytes: &[u8], good: impl Fn(u8) -> bool) -> bool {
    let mut run = 0;
    for byte in bytes {
        match byte {
            b'.' if run > 0 => run = 0,
            byte if good(*byte) => run += 1,
            _ => return false,
        }
    }
    run > 0
}

fn normalise(text: &str) -> Result<String, EmailError> {
    let composed: std::borrow::Cow<'_, str> = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text.into(),
        _ => text.nfc().collect::<String>().into(),
    };
    let (local, domain) = composed.rsplit_once('@').ok_or(EmailError::NoAt)?;
    if domain.is_ascii() {
        return Ok(composed.to_lowercase());
    }
    let domain = idna::domain_to_ascii(domain).map_err(|_| EmailError::BadDomain)?;
    Ok(format!("{}@{domain}", local.to_lowercase()))
}

fn check(text: &str) -> Result<(), EmailError> {
    let (local, domain) = text.rsplit_once('@').ok_or(EmailError::NoAt)?;
    if local.is_empty() || local.len() > 64 || local.starts_with('"') {
        return Err(EmailError::BadLocalPart);
    }
    if !good_domain(domain) {
        return Err(EmailError::BadDomain);
    }
    let options = email_address::Options::default().without_display_text().without_domain_literal().with_required_tld();
    email_address::EmailAddress::parse_with_options(text, options).map(drop).map_err(|_| EmailError::BadLocalPart)
}

fn good_domain(domain: &str) -> bool {
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    domain.contains('.')
        && domain.len() <= 253
        && domain.split('.').all(label)
        && !domain.rsplit('.').next().is_some_and(|tld| tld.bytes().all(|b| b.is_ascii_digit()))
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("  Dana@Example.COM ", "dana@example.com")]
    #[case("DANA+news@sub.example.co.uk", "dana+news@sub.example.co.uk")]
    #[case("jose\u{301}@example.org", "jos\u{e9}@example.org")]
    #[case("post@b\u{fc}cher.example", "post@xn--bcher-kva.example")]
    #[case("\u{feff}a@b.io", "a@b.io")]
    #[case("\u{202a}a@b.io\u{202c}\u{2060}", "a@b.io")]
    fn normalises(#[case] given: &str, #[case] expected: &str) {
        assert_eq!(Email::parse(given).unwrap().unwrap().as_str(), expected);
    }

    #[rstest]
    #[case("nobody", EmailError::NoAt)]
    #[case("@example.com", EmailError::BadLocalPart)]
    #[case("a@", EmailError::BadDomain)]
    #[case("a@localhost", EmailError::BadDomain)]
    #[case("a@-x.com", EmailError::BadDomain)]
    #[case("a@1.2.3.4", EmailError::BadDomain)]
    #[case("a@b@example.com", EmailError::BadLocalPart)]
    #[case("a..b@example.com", EmailError::BadLocalPart)]
    #[case("\"quoted\"@example.com", EmailError::BadLocalPart)]
    fn rejects(#[case] given: &str, #[case] expected: EmailError) {
        assert_eq!(Email::parse(given), Err(expected));
    }

    #[test]
    fn too_long_is_rejected() {
        let long = format!("{}@{}.example", "a".repeat(60), vec!["b".repeat(60); 4].join("."));
        assert_eq!(Email::parse(&long), Err(EmailError::TooLong));
    }

    #[test]
    fn blank_is_no_address_and_debug_is_masked() {
        assert_eq!(Email::parse(" \t "), Ok(None));
        let email = Email::parse("dana@example.com").unwrap().unwrap();
        assert_eq!(format!("{email:?}"), "Email(d***@…)");
    }

    proptest::proptest! {
        #[test]
        fn the_short_way_says_what_the_long_one_says(text in "[a-zA-Z0-9._+-]{0,9}@?[a-zA-Z0-9.-]{0,12}(\\.(com|9|c-|-c))?") {
            if let Some(short) = plain(&text) {
                let long = normalise(&text).unwrap();
                proptest::prop_assert_eq!(check(&long), Ok(()));
                proptest::prop_assert_eq!(short, long);
            }
        }

        #[test]
        fn parsing_is_idempotent(text in "[a-zA-Z0-9.+é ]{1,12}@[a-zA-Zü]{1,8}\\.(com|org)") {
            if let Ok(Some(email)) = Email::parse(&text) {
                let again = Email::parse(email.as_str()).unwrap().unwrap();
                proptest::prop_assert_eq!(email, again);
            }
        }
    }
}
