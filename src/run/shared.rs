//! An audience that several exports share: a field of it is filled from one column (E16).
//!
//! Definitions alone show this within one connection. Here the account and the audience are known, so that it holds whatever
//! connections lead there. The other exports are those of the definitions as they are now: what a deleted one filled is free.

use super::{Context, Failure, FailureKind, observe};
use crate::{
    definition::{Export, PlaceRef},
    destination::PlaceId,
    plan::PlacePlan,
    state::{PlaceRecord, View},
};

/// Refuses to fill a field of the audience in another way than another export does.
pub fn check(context: &Context, view: Option<&View>, place: &PlacePlan) -> Result<(), Failure> {
    let (Some(view), PlacePlan::Existing { id, .. }) = (view, place) else { return Ok(()) };
    let id = PlaceId(id.clone());
    for other in context.exports.values().filter(|other| other.name != context.export.name && !other.removed) {
        let recorded = observe::known(other, view)?.and_then(|state| state.place);
        if shares(other, recorded.as_ref(), &context.account.id, &id)
            && let Some(field) = clash(&context.export, other)
        {
            return Err(refused(other, &context.export, field, context.capabilities.place_word));
        }
    }
    Ok(())
}

/// Whether the other export writes to this audience, by what it asks for and by where it wrote.
fn shares(other: &Export, recorded: Option<&PlaceRecord>, account: &str, id: &PlaceId) -> bool {
    let wrote = recorded.is_some_and(|place| place.account == account && place.remote == *id);
    match other.target.audience.place() {
        PlaceRef::Id(wanted) => wanted == id.0,
        PlaceRef::Named { name, .. } => wrote && recorded.is_some_and(|place| place.name == name),
        PlaceRef::Account => wrote,
    }
}

/// A field that both fill, and not alike.
fn clash<'a>(export: &'a Export, other: &Export) -> Option<&'a str> {
    let alike = |tag: &str| {
        let (one, other) = (&export.attributes[tag], other.attributes.get(tag));
        other.is_none_or(|other| one.columns == other.columns && one.kind == other.kind)
    };
    export.attributes.keys().map(String::as_str).find(|tag| !alike(tag))
}

fn refused(other: &Export, export: &Export, field: &str, word: &str) -> Failure {
    let message = format!(
        "the exports `{}` ({}:{}) and `{}` fill the field `{field}` of one {word} differently",
        other.name,
        other.file.display(),
        other.line,
        export.name
    );
    Failure::new(FailureKind::Stalled, message)
        .hint("people in both would change with every run; use one column and type, or another field")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        definition::{self, Name},
        state::{Origin, Store},
    };
    use rstest::rstest;
    use std::{collections::BTreeMap, sync::Arc};

    fn exports(targets: [&str; 2], columns: [&str; 2]) -> BTreeMap<Name, Arc<Export>> {
        let mut yaml = "apiVersion: listkeeper/v1\nkind: Source\nname: crm\ntype: files\ntables: {people: people.csv}
---\napiVersion: listkeeper/v1\nkind: Segment\nname: all\nsource: crm\ntable: people\n"
            .to_owned();
        for (n, (target, column)) in targets.into_iter().zip(columns).enumerate() {
            yaml += &format!(
                "---\napiVersion: listkeeper/v1\nkind: Connection\nname: c{n}\ntype: mailchimp\ncredentials: {{apiKey: {{env: KEY}}}}
privacy: {{acceptedBy: dana@example.com, acceptedOn: 2026-11-22}}
---\napiVersion: listkeeper/v1\nkind: Export\nname: e{n}\nconnection: c{n}\nsegments: [all]\nmatch: {{email: Email}}
newContacts: {{status: subscribed}}\ntarget: {{{target}, names: {{all: e{n}}}}}\nattributes: {{FNAME: {column}}}\n"
            );
        }
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("all.yaml"), yaml).unwrap();
        let catalog = definition::read(dir.path());
        assert!(!catalog.has_errors(), "{:?}", catalog.diagnostics);
        catalog.exports
    }

    fn recorded(account: &str, id: &str) -> PlaceRecord {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(&dir.path().to_path_buf().into(), chrono::Utc::now()).unwrap();
        let remote = PlaceId(id.into());
        let row = store.ensure_place(account, &remote, "Shop", Origin::Named).unwrap();
        PlaceRecord { row, account: account.into(), remote, name: "Shop".into(), origin: Origin::Named }
    }

    const BY_ID: &str = "audienceId: a1";
    const BY_NAME: &str = "audience: {name: Shop}";

    #[rstest]
    #[case::by_its_id_before_it_ever_ran(BY_ID, None, true)]
    #[case::another_id(BY_ID, Some(("acc", "a1", "b2")), false)]
    #[case::by_a_name_that_was_found(BY_NAME, Some(("acc", "a1", "a1")), true)]
    #[case::by_a_name_that_was_not_looked_up_yet(BY_NAME, None, false)]
    #[case::moved_away_by_its_definition("audience: {name: Store}", Some(("acc", "a1", "a1")), false)]
    #[case::of_another_account(BY_NAME, Some(("other", "a1", "a1")), false)]
    fn who_shares_an_audience(#[case] target: &str, #[case] state: Option<(&str, &str, &str)>, #[case] expected: bool) {
        let exports = exports([BY_ID, target], ["First", "Name"]);
        let other = &exports[&Name::new("e1").unwrap()];
        let record = state.map(|(account, at, _)| recorded(account, at));
        let id = PlaceId(state.map_or("a1", |(.., id)| id).into());
        assert_eq!(shares(other, record.as_ref(), "acc", &id), expected);
    }

    #[rstest]
    #[case::alike(["First", "First"], None)]
    #[case::from_another_column(["First", "Name"], Some("FNAME"))]
    #[case::of_another_type(["First", "{column: First, type: number}"], Some("FNAME"))]
    fn what_clashes(#[case] columns: [&str; 2], #[case] expected: Option<&str>) {
        let exports = exports([BY_ID, BY_ID], columns);
        let mut both = exports.values();
        let (one, other) = (both.next().unwrap(), both.next().unwrap());
        assert_eq!(clash(one, other), expected);
    }
}
