use super::*;
use rstest::rstest;

const USUAL: DayOrder = DayOrder::MonthFirst;

fn kind(field_type: FieldType) -> FieldKind {
    FieldKind::plain(field_type)
}

fn plain(value: &Value) -> &str {
    match value {
        Value::Empty => "",
        Value::Text(text) | Value::Number(text) => text,
        Value::Parts(_) => "parts",
    }
}

#[rstest]
#[case(FieldType::Number, Cell::Integer(-7), "-7")]
#[case(FieldType::Number, Cell::Real(668.3), "668.3")]
#[case(FieldType::Number, Cell::Real(0.1 + 0.2), "0.3")]
#[case(FieldType::Number, Cell::Real(-0.0), "0")]
#[case(FieldType::Number, Cell::Real(9_007_199_254_740_992.0), "9007199254740992")]
#[case(FieldType::Number, Cell::Real(1e-7), "0.0000001")]
#[case(FieldType::Number, Cell::Text(" +0012.500 "), "12.5")]
#[case(FieldType::Number, Cell::Text("-.5"), "-0.5")]
#[case(FieldType::Number, Cell::Text("-0.0"), "0")]
#[case(FieldType::Number, Cell::Text("1.2E+05"), "120000")]
#[case(FieldType::Number, Cell::Text("12e-4"), "0.0012")]
#[case(FieldType::Number, Cell::Text("5."), "5")]
#[case(FieldType::Number, Cell::Null, "")]
#[case(FieldType::Number, Cell::Text("  "), "")]
#[case(FieldType::Date, Cell::Text("2024-02-29"), "2024-02-29")]
#[case(FieldType::Date, Cell::Text("2024-02-29T23:59:59.123+14:00"), "2024-02-29")]
#[case(FieldType::Date, Cell::Text("2024-02-29 08:00:00 UTC"), "2024-02-29")]
#[case(FieldType::Date, Cell::Text("2024-02-29 08:00Z"), "2024-02-29")]
#[case(FieldType::Birthday, Cell::Text("02/29"), "02/29")]
#[case(FieldType::Birthday, Cell::Text("1980-12-01"), "12/01")]
#[case(FieldType::Text, Cell::Text("  two  words "), "two  words")]
#[case(FieldType::Text, Cell::Text("jose\u{301}"), "jos\u{e9}")]
#[case(FieldType::Text, Cell::Integer(42), "42")]
#[case(FieldType::Text, Cell::Real(1234.0), "1234")]
#[case(FieldType::Zip, Cell::Text("01234"), "01234")]
#[case(FieldType::Phone, Cell::Integer(31201234567), "31201234567")]
#[case(FieldType::Url, Cell::Text("https://example.com/a?b=c"), "https://example.com/a?b=c")]
#[case(FieldType::Address, Cell::Null, "")]
fn canonical_values(#[case] field_type: FieldType, #[case] cell: Cell<'_>, #[case] expected: &str) {
    assert_eq!(plain(&canonical(cell, &kind(field_type), USUAL).unwrap()), expected);
}

#[rstest]
#[case(
    FieldType::Number,
    "1,234.5",
    "\"1,234.5\" is not a number: write it without thousands separators and with a decimal point, like 1234.5"
)]
#[case(FieldType::Number, "12 EUR", "\"12 EUR\" is not a number: a number is digits with at most one decimal point, like 1234.5")]
#[case(FieldType::Number, "1.2.3", "\"1.2.3\" is not a number: a number is digits with at most one decimal point, like 1234.5")]
#[case(FieldType::Number, "NaN", "\"NaN\" is not a number: a number is digits with at most one decimal point, like 1234.5")]
#[case(FieldType::Number, "1e999", "\"1e999\" has more than 40 digits")]
#[case(
    FieldType::Number,
    "dana@example.com",
    "a value with an @ in it is not a number: a number is digits with at most one decimal point, like 1234.5"
)]
#[case(FieldType::Date, "22/11/2026", "\"22/11/2026\" is not a date: write it YYYY-MM-DD, with or without a time after it")]
#[case(FieldType::Date, "2026-02-29", "\"2026-02-29\" is not a date: write it YYYY-MM-DD, with or without a time after it")]
#[case(FieldType::Date, "2026-01-01 25:00", "\"2026-01-01 25:00\" is not a date: write it YYYY-MM-DD, with or without a time after it")]
#[case(FieldType::Date, "2026-01-0١", "\"2026-01-0١\" is not a date: write it YYYY-MM-DD, with or without a time after it")]
#[case(FieldType::Birthday, "31/12", "\"31/12\" is not a birthday: the column is read month first, like MM/DD")]
#[case(FieldType::Birthday, "31/02", "\"31/02\" is not a birthday: write it as a date, YYYY-MM-DD, or as --MM-DD")]
#[case(FieldType::Url, "not a link", "\"not a link\" is not a link: there is a blank in it")]
#[case(FieldType::Address, "1 Main St", "an address is made of parts (addr1, city, state, zip), not of one text")]
fn refused_values(#[case] field_type: FieldType, #[case] given: &str, #[case] expected: &str) {
    assert_eq!(canonical(Cell::Text(given), &kind(field_type), USUAL).unwrap_err().0, expected);
}

#[test]
fn choices_are_exact_and_a_near_one_is_named() {
    let kind = FieldKind { choices: vec!["Gold".into(), "Silver".into()], ..kind(FieldType::Dropdown) };
    assert_eq!(canonical(Cell::Text(" Gold "), &kind, USUAL), Ok(Value::Text("Gold".into())));
    assert_eq!(canonical(Cell::Text(""), &kind, USUAL), Ok(Value::Empty));
    let near = canonical(Cell::Text("gold"), &kind, USUAL).unwrap_err();
    assert_eq!(near.0, "\"gold\" is not among the field's choices; did you mean \"Gold\"?");
    let far = canonical(Cell::Text("tin"), &kind, USUAL).unwrap_err();
    assert_eq!(far.0, "\"tin\" is not among the field's choices; they are \"Gold\", \"Silver\"");
}

#[test]
fn limits_hold_in_bytes_or_characters_and_required_refuses_blank() {
    let kind = FieldKind { max_bytes: Some(4), required: true, ..kind(FieldType::Text) };
    assert_eq!(canonical(Cell::Text("éé"), &kind, USUAL), Ok(Value::Text("éé".into())));
    assert_eq!(canonical(Cell::Text("ééé"), &kind, USUAL).unwrap_err().0, "\"ééé\" is 6 bytes long; the field takes at most 4");
    assert_eq!(canonical(Cell::Null, &kind, USUAL).unwrap_err().0, "it is empty, and the platform requires a value");
    let kind = FieldKind { max_bytes: None, max_chars: Some(2), ..kind };
    assert_eq!(canonical(Cell::Text("éé"), &kind, USUAL), Ok(Value::Text("éé".into())));
    assert_eq!(canonical(Cell::Text("éée"), &kind, USUAL).unwrap_err().0, "\"éée\" is 3 characters long; the field takes at most 2");
}

#[test]
fn a_long_value_is_shown_short() {
    let message = canonical(Cell::Text(&"x".repeat(500)), &kind(FieldType::Number), USUAL).unwrap_err().0;
    assert!(message.starts_with(&format!("\"{}\"…", "x".repeat(40))), "{message}");
}

#[test]
fn addresses_are_whole_or_none() {
    let kind = kind(FieldType::Address);
    let whole = [
        ("addr1", Cell::Text(" 1 Main St ")),
        ("city", Cell::Text("Paris")),
        ("state", Cell::Text("IdF")),
        ("zip", Cell::Integer(75001)),
        ("addr2", Cell::Null),
    ];
    let Ok(Value::Parts(parts)) = canonical_parts(whole, &kind) else { panic!("whole") };
    assert_eq!(
        parts.into_iter().collect::<Vec<_>>(),
        [("addr1", "1 Main St"), ("city", "Paris"), ("state", "IdF"), ("zip", "75001")].map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
    assert_eq!(canonical_parts([("addr1", Cell::Null), ("zip", Cell::Text(" "))], &kind), Ok(Value::Empty));
    let some =
        [("addr1", Cell::Text("12 High St")), ("city", Cell::Text("Leeds")), ("state", Cell::Text(" ")), ("country", Cell::Text("GB"))];
    assert_eq!(canonical_parts(some, &kind), Ok(Value::Empty), "no state: no address");
    assert_eq!(missing_parts(some.into_iter()), ["state", "zip"]);
    assert!(missing_parts([("addr1", Cell::Null), ("zip", Cell::Text(" "))].into_iter()).is_empty());
    let required = FieldKind { required: true, ..kind };
    assert!(canonical_parts([("addr1", Cell::Null)], &required).is_err());
    assert_eq!(
        canonical_parts(some, &required).unwrap_err().0,
        "the address is incomplete: state, zip are empty (the platform requires an address, and one needs addr1, city, state and zip)"
    );
}

#[rstest]
#[case(FieldType::Birthday, "28/02", "02/28")]
#[case(FieldType::Birthday, "9.6.1980", "06/09")]
#[case(FieldType::Birthday, "25/12/1980 00:00:00", "12/25")]
#[case(FieldType::Birthday, "--12-25", "12/25")]
#[case(FieldType::Birthday, "1980-06-09", "06/09")]
#[case(FieldType::Date, "06/09/1980", "1980-09-06")]
#[case(FieldType::Datetime, "6.9.1980 8:05", "1980-09-06T08:05:00Z")]
fn dates_in_a_column_that_is_day_first(#[case] field_type: FieldType, #[case] given: &str, #[case] expected: &str) {
    assert_eq!(plain(&canonical(Cell::Text(given), &kind(field_type), DayOrder::DayFirst).unwrap()), expected);
}

#[test]
fn a_birthday_goes_as_the_field_declares_it() {
    let kind = FieldKind { form: Form::DayFirst, ..kind(FieldType::Birthday) };
    for (given, order) in [("1980-06-09", USUAL), ("06/09", USUAL), ("09/06", DayOrder::DayFirst)] {
        assert_eq!(plain(&canonical(Cell::Text(given), &kind, order).unwrap()), "09/06", "{given}");
    }
    assert!(serde_json::to_string(&kind).unwrap().contains("day-first"));
    assert!(!serde_json::to_string(&FieldKind::plain(FieldType::Birthday)).unwrap().contains("form"), "as states of before have it");
}

#[rstest]
#[case("NULL")]
#[case(" null ")]
#[case("N/A")]
#[case("#N/A")]
#[case("\\N")]
#[case("-")]
fn a_word_for_nothing_is_no_phone_no_postcode_and_no_part_of_an_address(#[case] word: &str) {
    let cell = Cell::Text(word);
    assert_eq!(canonical(cell, &kind(FieldType::Phone), USUAL), Ok(Value::Empty));
    assert_eq!(canonical(cell, &kind(FieldType::Zip), USUAL), Ok(Value::Empty));
    assert_eq!(canonical(cell, &kind(FieldType::Address), USUAL), Ok(Value::Empty));
    let us = FieldKind { form: Form::UsPhone, ..kind(FieldType::Phone) };
    assert_eq!(canonical(cell, &us, USUAL), Ok(Value::Empty));
    assert_eq!(canonical(cell, &kind(FieldType::Text), USUAL), Ok(Value::Text(word.trim().into())), "may be a name");
    let parts =
        [("addr1", Cell::Text("Main St 1")), ("addr2", cell), ("city", Cell::Text("Oslo")), ("state", cell), ("zip", Cell::Text("01"))];
    assert_eq!(missing_parts(parts.into_iter()), ["state"]);
    assert_eq!(canonical_parts(parts, &kind(FieldType::Address)), Ok(Value::Empty));
    let whole = parts.map(|(part, cell)| (part, if part == "state" { Cell::Text("OS") } else { cell }));
    let Ok(Value::Parts(whole)) = canonical_parts(whole, &kind(FieldType::Address)) else { panic!("whole") };
    assert!(!whole.contains_key("addr2"), "{whole:?}");
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    const KINDS: [FieldType; 7] =
        [FieldType::Text, FieldType::Number, FieldType::Phone, FieldType::Date, FieldType::Url, FieldType::Birthday, FieldType::Zip];

    proptest! {
        #[test]
        fn canonical_twice_is_canonical_once(text in "\\PC{0,12}|[+-]?[0-9]{0,6}\\.?[0-9]{0,6}(e-?[0-9])?|[0-9]{4}-[01][0-9]-[0-3][0-9]", at in 0..KINDS.len()) {
            let kind = kind(KINDS[at]);
            if let Ok(value) = canonical(Cell::Text(&text), &kind, USUAL) {
                prop_assert_eq!(&canonical(Cell::Text(plain(&value)), &kind, USUAL).unwrap(), &value);
            }
        }

        #[test]
        fn a_real_and_its_text_are_one_value(value in -1e9f64..1e9) {
            let kind = kind(FieldType::Number);
            let real = canonical(Cell::Real(value), &kind, USUAL).unwrap();
            prop_assert_eq!(canonical(Cell::Text(plain(&real)), &kind, USUAL).unwrap(), real);
        }

        #[test]
        fn a_refusal_never_shows_an_address(local in "[a-z]{1,8}", at in 0..KINDS.len()) {
            let given = format!("x y {local}@example.com");
            if let Err(error) = canonical(Cell::Text(&given), &kind(KINDS[at]), USUAL) {
                prop_assert!(!error.0.contains("example.com"), "{}", error);
            }
        }

        #[test]
        fn a_canonical_number_is_equal_in_worth(whole in -1_000_000i64..1_000_000, cents in 0u8..100) {
            let text = format!("{whole}.{cents:02}");
            let value = canonical(Cell::Text(&text), &kind(FieldType::Number), USUAL).unwrap();
            prop_assert_eq!(plain(&value).parse::<f64>().unwrap(), text.parse::<f64>().unwrap());
        }
    }
}
