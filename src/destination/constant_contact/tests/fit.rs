use super::*;
use crate::{definition::OnEmpty, member::FieldKind};
use rstest::rstest;

/// The account's fields, one of each sort.
fn remote(tag: &str) -> Option<RemoteField> {
    let custom = [("Tier", FieldType::Dropdown), ("Since", FieldType::Date), ("Points", FieldType::Number), ("Note", FieldType::Text)];
    let custom = custom.map(|(tag, field_type)| RemoteField {
        id: "1".into(),
        tag: tag.into(),
        name: tag.into(),
        kind: FieldKind { max_chars: Some(255), ..FieldKind::plain(field_type) },
    });
    let standard = super::super::standard::all().map(RemoteField::from);
    standard.chain(custom).find(|field| field.tag.eq_ignore_ascii_case(tag))
}

fn told(wanted: &WantedField) -> String {
    match super::super::fields::fit(wanted, remote(wanted.tag).as_ref()) {
        FieldFit::Fits(kind) => format!("fits {:?} {:?}", kind.field_type, kind.max_chars),
        FieldFit::Create(kind) => format!("create {:?} {:?}", kind.field_type, kind.max_chars),
        FieldFit::Refused { why, .. } => why,
    }
}

#[rstest]
#[case("first_name", None, "fits Text Some(50)")]
#[case("street2", None, "fits Text Some(255)")]
#[case("birthday", None, "fits Birthday Some(5)")]
#[case("birthday", Some(FieldType::Date), "birthday is a birthday field at Constant Contact, and the definition says date")]
#[case("phone", Some(FieldType::Text), "fits Text Some(50)")]
#[case("First_Name", None, "the account spells this field \"first_name\"")]
#[case("Points", Some(FieldType::Integer), "fits Integer Some(255)")]
#[case("Points", Some(FieldType::Text), "Points is a number field at Constant Contact, and the definition says text")]
#[case("Tier", None, "fits Dropdown Some(255)")]
#[case("Since", None, "fits Date Some(255)")]
#[case("New", None, "create Text Some(255)")]
#[case("New", Some(FieldType::Boolean), "create Boolean Some(255)")]
#[case("New", Some(FieldType::Datetime), "create Datetime Some(255)")]
#[case("New", Some(FieldType::Radio), "the account has no field New, and a radio field cannot be created")]
#[case("Born", Some(FieldType::Birthday), "Constant Contact has one field for birthdays, and it is not Born")]
#[case("Email", None, "email is the address itself, not a field")]
fn attributes_by_name_and_type(#[case] tag: &str, #[case] kind: Option<FieldType>, #[case] expected: &str) {
    assert_eq!(told(&WantedField { tag, spec: &spec(kind) }), expected);
}

#[test]
fn what_an_import_cannot_do_is_refused_beforehand() {
    let clears = AttributeSpec { on_empty: OnEmpty::Clear, ..spec(None) };
    assert!(told(&WantedField { tag: "first_name", spec: &clears }).contains("does not document whether an import can empty a field"));
    let parts = AttributeSpec { columns: Columns::Parts([("city".to_owned(), "city".to_owned())].into()), ..spec(None) };
    assert!(told(&WantedField { tag: "street", spec: &parts }).contains("takes an address whole"));
}
