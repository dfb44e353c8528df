//! Fields that were deleted at the platform and made again: they are empty, whatever their members were sent before (E2). Pure.
//!
//! | seen last | shown now | then |
//! |---|---|---|
//! | never | yes | seen, with its id |
//! | with an id | the same id | nothing |
//! | with an id | another id | made again |
//! | with an id | no, and it is mapped | made again, by this plan or by its first value |
//! | gone | yes | nothing more: it was counted when it was gone |
//! | before ids were kept | yes | its id is learned |

use crate::destination::{RemoteField, SeenField, SeenFields};

/// What is known of the fields after this look. Only of fields that are `mapped` it is known that they are not there: a platform
/// need not be asked for others.
pub fn look(known: &SeenFields, shown: &[RemoteField], mapped: &dyn Fn(&str) -> bool) -> SeenFields {
    let mut seen = known.clone();
    for field in shown {
        let entry = seen.entry(field.tag.clone()).or_insert_with(|| SeenField { id: Some(field.id.clone()), remade: 0 });
        let another = entry.id.as_ref().is_some_and(|id| !id.is_empty() && *id != field.id);
        *entry = SeenField { id: Some(field.id.clone()), remade: entry.remade + u32::from(another) };
    }
    for (tag, entry) in seen.iter_mut().filter(|(tag, _)| mapped(tag)) {
        if entry.id.is_some() && !shown.iter().any(|field| field.tag == *tag) {
            *entry = SeenField { id: None, remade: entry.remade + 1 };
        }
    }
    seen
}

/// How often a field was made again.
pub fn times(seen: &SeenFields, tag: &str) -> u32 {
    seen.get(tag).map_or(0, |field| field.remade)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{definition::FieldType, member::FieldKind};
    use rstest::rstest;

    /// The ids that a field `LTV` had at each look; an empty text: it was not there.
    fn after(looks: &[&str]) -> u32 {
        let shown = |id: &&str| {
            let field = RemoteField { id: (*id).into(), tag: "LTV".into(), name: "LTV".into(), kind: FieldKind::plain(FieldType::Number) };
            if id.is_empty() { Vec::new() } else { vec![field] }
        };
        let seen = looks.iter().fold(SeenFields::new(), |seen, id| look(&seen, &shown(id), &|tag| tag == "LTV"));
        times(&seen, "LTV")
    }

    #[rstest]
    #[case(&["5", "5", "5"], 0)]
    #[case(&["", "", "5", "5"], 0)]
    #[case(&["5", "6", "6"], 1)]
    #[case(&["5", "", "", "6", "6"], 1)]
    #[case(&["5", "", "6", "7", ""], 3)]
    fn a_field_is_counted_once_each_time_it_is_made_again(#[case] looks: &[&str], #[case] expected: u32) {
        assert_eq!(after(looks), expected);
    }

    #[test]
    fn fields_that_nobody_asks_for_are_not_gone_and_ids_are_learned() {
        let before = SeenFields::from([("LTV".to_owned(), SeenField { id: Some(String::new()), remade: 0 })]);
        assert_eq!(look(&before, &[], &|_| false), before);
        let field = RemoteField { id: "9".into(), tag: "LTV".into(), name: "LTV".into(), kind: FieldKind::plain(FieldType::Number) };
        let learned = look(&before, &[field], &|_| true);
        assert_eq!(learned["LTV"], SeenField { id: Some("9".into()), remade: 0 });
        assert_eq!(times(&look(&before, &[], &|_| true), "LTV"), 1, "gone, whichever it was");
    }
}
