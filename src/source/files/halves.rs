//! Half characters in JSON: programs that cut a text in the middle of an emoji write one half of it, `\ud83d`, which is no character.

use memchr::memchr;

/// The same JSON with U+FFFD in the place of each half, and how many there were; `None`: none.
pub fn replaced(json: &[u8]) -> Option<(Vec<u8>, u64)> {
    memchr::memmem::find(json, b"\\u")?;
    let mut whole = json.to_vec();
    let (mut at, mut halves) = (0, 0);
    while let Some(found) = whole.get(at..).and_then(|rest| memchr(b'\\', rest)) {
        at += found;
        match (unit(&whole, at), unit(&whole, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at += 12,
            (Some(0xd800..=0xdfff), _) => {
                whole[at + 2..at + 6].copy_from_slice(b"fffd");
                halves += 1;
                at += 6;
            }
            (Some(_), _) => at += 6,
            (None, _) => at += 2,
        }
    }
    (halves > 0).then_some((whole, halves))
}

/// The UTF-16 unit of the escape at a place.
fn unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u16::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::replaced;
    use rstest::rstest;

    #[rstest]
    #[case::high(r#""a\ud83d""#, Some((r#""a\ufffd""#, 1)))]
    #[case::low(r#""\uDE00b""#, Some((r#""\ufffdb""#, 1)))]
    #[case::two_highs(r#""\ud83d\ud83d\ude00""#, Some((r#""\ufffd\ud83d\ude00""#, 1)))]
    #[case::wrong_way_round(r#""\ude00\ud83d""#, Some((r#""\ufffd\ufffd""#, 2)))]
    #[case::whole(r#""\ud83d\ude00""#, None)]
    #[case::no_escape(r#""\\ud83d""#, None)]
    #[case::after_an_escape(r#""\\\ud83d""#, Some((r#""\\\ufffd""#, 1)))]
    #[case::cut(r#""\ud8"#, None)]
    #[case::plain(r#"{"a": 1}"#, None)]
    fn halves(#[case] json: &str, #[case] expected: Option<(&str, u64)>) {
        assert_eq!(replaced(json.as_bytes()), expected.map(|(json, halves)| (json.as_bytes().to_vec(), halves)));
    }
}
