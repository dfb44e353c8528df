//! What a definition may say of each platform, as people get to see it.

use super::{Audience, ListRef, Name, read};
use crate::platform::SubscriptionStatus;
use rstest::rstest;
use std::fs;

/// A directory with one connection and one export of these lines; what is wrong with it, with the hints.
fn told(connection: &str, export: &str) -> (super::Catalog, String) {
    let dir = tempfile::tempdir().unwrap();
    let yaml = format!(
        "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {{people: people.csv}}
---
apiVersion: listkeeper/v1
kind: Segment
name: vip
displayName: VIP & more
source: crm
table: people
---
apiVersion: listkeeper/v1
kind: Segment
name: lapsed
source: crm
table: people
---
apiVersion: listkeeper/v1
kind: Connection
name: account
{connection}
privacy: {{acceptedBy: privacy@contoso.test, acceptedOn: 2026-11-22}}
---
apiVersion: listkeeper/v1
kind: Export
name: news
connection: account
segments: [vip, lapsed]
match: {{email: Email}}
{export}
"
    );
    fs::write(dir.path().join("a.yaml"), yaml).unwrap();
    let catalog = read(dir.path());
    let all: Vec<_> = catalog.diagnostics.iter().map(|d| format!("{} ({})", d.message, d.hint.clone().unwrap_or_default())).collect();
    (catalog, all.join("\n"))
}

const OMNISEND: &str = "type: omnisend\ncredentials: {apiKey: {env: K}}";
const CONSTANT_CONTACT: &str = "type: constant-contact\ncredentials: {oauth: {clientId: abc}}";
const ITERABLE: &str = "type: iterable\nregion: eu\ncredentials: {apiKey: {env: K}}";

#[rstest]
#[case(OMNISEND, "target: {segment: true}\nnewContacts: {status: non-subscribed}", &["vip-more", "lapsed"])]
#[case(CONSTANT_CONTACT, "target: {list: Readers}", &["Readers"])]
#[case(CONSTANT_CONTACT, "target: {listId: 06526938-56DD-11e9-932a-fa163ea075fa}", &["06526938-56dd-11e9-932a-fa163ea075fa"])]
#[case(ITERABLE, "", &["VIP & more", "lapsed"])]
#[case(ITERABLE, "target: {names: {vip: Best, lapsed: best}, recreate: true}", &["Best", "best"])]
fn each_platform_has_containers_of_its_own(#[case] connection: &str, #[case] export: &str, #[case] containers: &[&str]) {
    let (catalog, wrong) = told(connection, export);
    assert_eq!(wrong, "");
    let export = &catalog.exports[&Name::new("news").unwrap()];
    assert_eq!(export.slots().iter().map(|slot| slot.container.as_str()).collect::<Vec<_>>(), containers);
    let segments: usize = export.slots().iter().map(|slot| slot.segments.len()).sum();
    assert_eq!(segments, 2, "every segment is in one of them");
}

#[rstest]
#[case(OMNISEND, "target: {audienceId: a1}\nnewContacts: {status: non-subscribed}", "Omnisend has no `audienceId`")]
#[case(OMNISEND, "target: {adopt: {lists: true}}\nnewContacts: {status: non-subscribed}", "write `adopt: {tags: true}`")]
#[case(OMNISEND, "target: {names: {vip: 'a: b'}}\nnewContacts: {status: non-subscribed}", "a tag is letters a-z")]
#[case(OMNISEND, "", "the field `newContacts` is missing")]
#[case(OMNISEND, "newContacts: {status: transactional}", "Omnisend has no status `transactional`")]
#[case(OMNISEND, "newContacts: {status: subscribed}", "`subscribed` needs the date of the consent")]
#[case(OMNISEND, "newContacts: {status: subscribed, consent: {column: Optin}}", "needs the date of the consent")]
#[case(OMNISEND, "newContacts: {status: unsubscribed}\nattributes: {shoe size: Size}", "is not the name of a property")]
#[case(CONSTANT_CONTACT, "", "the field `target` is missing (add `target: {list: NAME}`")]
#[case(CONSTANT_CONTACT, "target: {}", "the target names no list")]
#[case(CONSTANT_CONTACT, "target: {list: a, listId: 06526938-56dd-11e9-932a-fa163ea075fa}", "both `listId` and `list`")]
#[case(CONSTANT_CONTACT, "target: {listId: Readers}", "is not the id of a list")]
#[case(CONSTANT_CONTACT, "target: {list: a, names: {vip: b}}", "Constant Contact has no `names`")]
#[case(CONSTANT_CONTACT, "target: {list: a}\nnewContacts: {status: subscribed}", "decides the status of new contacts itself")]
#[case("type: constant-contact\ncredentials: {apiKey: {env: K}}", "target: {list: a}", "does not take `apiKey`")]
#[case("type: omnisend\ncredentials: {oauth: {clientId: a}}", "newContacts: {status: unsubscribed}", "does not take `oauth`")]
#[case(ITERABLE, "attributes: {userListIds: Lists}", "is kept by Iterable itself")]
#[case(ITERABLE, "target: {segment: true}", "Iterable has no `segment`")]
fn what_does_not_belong_is_told(#[case] connection: &str, #[case] export: &str, #[case] expected: &str) {
    let (_, wrong) = told(connection, export);
    assert!(wrong.contains(expected) && !wrong.contains('\n'), "{wrong}");
}

#[test]
fn a_choice_is_kept() {
    let export = "newContacts: {status: subscribed, consent: {column: Optin, at: OptinDate}}\nverify: always";
    let (catalog, wrong) = told(OMNISEND, export);
    assert_eq!(wrong, "");
    let export = &catalog.exports[&Name::new("news").unwrap()];
    assert_eq!(export.new_contacts.status, Some(SubscriptionStatus::Subscribed));
    assert!(matches!(export.target.audience, Audience::Omnisend { segment: false }));
    assert_eq!(export.turn(), "account", "what goes to one account takes turns");
    let (catalog, _) = told(CONSTANT_CONTACT, "target: {list: ' Readers '}");
    let export = &catalog.exports[&Name::new("news").unwrap()];
    assert!(matches!(&export.target.audience, Audience::ConstantContact(ListRef::Named(name)) if name == "Readers"));
}
