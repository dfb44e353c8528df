//! What is odd about the ids of a reading, in words.

use super::words::{counted, grouped, plain};
use crate::member::IdNotes;

/// Warnings: several people with one id, ids that a spreadsheet rounded. `samples`: with examples.
pub(super) fn lines(ids: &IdNotes, samples: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let examples = |of: &[String]| if samples && !of.is_empty() { format!(" (e.g. {})", plain(&of.join(", "))) } else { String::new() };
    if ids.shared > 0 {
        let several = counted(ids.shared, "id (match.id) is shared by", "ids (match.id) are shared by");
        lines.push(format!(
            "! {several} {}{}: each id counts as one person, and one who said no under any of them gets no new address",
            counted(ids.shared_addresses, "address", "addresses"),
            examples(&ids.shared_examples)
        ));
    }
    if ids.scientific > 0 {
        lines.push(format!(
            "! {} an id in scientific notation{}: a spreadsheet rounded it, and several people have the same one; export the column \
             as text",
            if ids.scientific == 1 { "1 row has".to_owned() } else { format!("{} rows have", grouped(ids.scientific)) },
            examples(&ids.scientific_examples)
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_ids_are_named_with_their_count_and_examples() {
        let ids = IdNotes {
            shared: 2,
            shared_addresses: 1005,
            shared_examples: vec!["a…@x.test".into()],
            scientific: 1000,
            scientific_examples: vec!["4.5E+11".into()],
        };
        let [shared, rounded] = &lines(&ids, true)[..] else { panic!("two lines") };
        assert!(shared.starts_with("! 2 ids (match.id) are shared by 1,005 addresses (e.g. a…@x.test):"), "{shared}");
        assert!(rounded.starts_with("! 1,000 rows have an id in scientific notation (e.g. 4.5E+11):"), "{rounded}");
        assert!(!lines(&ids, false).concat().contains("e.g."));
        assert!(lines(&IdNotes::default(), true).is_empty());
    }
}
