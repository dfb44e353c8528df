//! Cells that mean something else than what is written: words for nothing, and the apostrophe of spreadsheets.

/// Words that stand for NULL, as a table's `nulls` lists them, and what else a cell's first byte may announce.
#[derive(Clone, Debug)]
pub struct Odd {
    nulls: Vec<Vec<u8>>,
    first: Box<[bool; 256]>,
}

impl Odd {
    pub fn new(nulls: &[String]) -> Self {
        let nulls: Vec<_> = nulls.iter().filter(|word| !word.is_empty()).map(|word| word.clone().into_bytes()).collect();
        let mut first = Box::new([false; 256]);
        first[usize::from(b'\'')] = true;
        nulls.iter().for_each(|word| first[usize::from(word[0])] = true);
        Self { nulls, first }
    }

    /// Whether a text that is not empty has to be looked at. Cheap: this is asked of every cell.
    #[inline]
    pub fn may_be(&self, text: &[u8]) -> bool {
        self.first[usize::from(text[0])]
    }

    /// What it means; `None`: NULL.
    #[cold]
    pub fn meaning<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        if self.nulls.iter().any(|word| word == text) {
            return None;
        }
        // A spreadsheet is told so that what follows is text; exports put it before what could be a formula. Before a letter it is a name's:
        // `'t Hooft`.
        Some(match text {
            [b'\'', rest @ ..] if matches!(rest.first(), Some(b'=' | b'+' | b'-' | b'@' | b'0'..=b'9')) => rest,
            _ => text,
        })
    }
}

/// What is in `="…"`, where nothing else is in the cell.
pub fn formula_text(text: &[u8]) -> Option<&[u8]> {
    let inner = text.strip_prefix(b"=\"")?.strip_suffix(b"\"")?;
    (!inner.contains(&b'"')).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("\\N", None)]
    #[case("NULL", None)]
    #[case("null", Some("null"))]
    #[case("NULLA", Some("NULLA"))]
    #[case("'+4791234567", Some("+4791234567"))]
    #[case("'0123", Some("0123"))]
    #[case("'=1+1", Some("=1+1"))]
    #[case("'@ana", Some("@ana"))]
    #[case("'t Hooft", Some("'t Hooft"))]
    #[case("'", Some("'"))]
    #[case("''1", Some("''1"))]
    fn cells_mean(#[case] text: &str, #[case] expected: Option<&str>) {
        let odd = Odd::new(&["\\N".to_owned(), "NULL".to_owned(), String::new()]);
        let meaning = if odd.may_be(text.as_bytes()) { odd.meaning(text.as_bytes()) } else { Some(text.as_bytes()) };
        assert_eq!(meaning, expected.map(str::as_bytes));
    }

    #[rstest]
    #[case("=\"0123\"", Some("0123"))]
    #[case("=\"\"", Some(""))]
    #[case("=\"", None)]
    #[case("=\"a\"&\"b\"", None)]
    #[case("=1", None)]
    fn formulas_that_are_texts(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(formula_text(text.as_bytes()), expected.map(str::as_bytes));
    }
}
