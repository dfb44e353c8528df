//! Words by which databases and spreadsheets write that there is nothing (V4).

/// As they stand in a cell, blanks around them aside.
const WORDS: [&str; 6] = ["NULL", "null", "N/A", "#N/A", "\\N", "-"];

/// The word for nothing that a text is. In columns of addresses, ids, telephone numbers and postcodes, and in parts of
/// postal addresses, all of them are no value; elsewhere `null` may be a name,
/// and what is one is the source's to say (`nulls`).
pub fn nothing_word(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if text.len() > 4 {
        return None;
    }
    WORDS.into_iter().find(|word| *word == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_cells_are_such_words() {
        assert_eq!(nothing_word(" NULL "), Some("NULL"));
        assert_eq!(nothing_word("\\N"), Some("\\N"));
        for text in ["", "Null", "Nullmeier", "n/a", "--", "N"] {
            assert_eq!(nothing_word(text), None, "{text}");
        }
    }
}
