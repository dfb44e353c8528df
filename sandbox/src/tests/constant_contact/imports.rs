use super::{Bench, error, row, slow, text};
use rstest::rstest;
use serde_json::{Value, json};

fn counts(total: u64, error: u64, correctable: u64, cannot_add: u64) -> Value {
    json!({
        "items_total_count": total, "person_count": total, "error_count": error, "correctable_count": correctable,
        "cannot_add_to_list_count": cannot_add,
    })
}

#[rstest]
#[tokio::test]
async fn what_is_sent_changes_and_lists_stay(#[values(true, false)] blanks_clear: bool) {
    let quick = json!({"perSecond": 10_000, "perDay": 1_000_000, "delayMinMs": 0, "delayMaxMs": 0, "blanksClear": blanks_clear});
    let bench = Bench::with(quick).await;
    let (first, second) = (bench.list("First").await, bench.list("Second").await);
    bench.field("Favorite fruit").await;
    let full = json!({"email": "A@contoso.test", "first_name": "Ada", "last_name": "Example", "cf:Favorite_fruit": "Apple"});
    assert_eq!(bench.import(&first, json!([full])).await, counts(1, 0, 0, 0));
    let change = json!({"email": "a@Contoso.test", "first_name": "Eva", "last_name": "", "cf:Favorite_fruit": " "});
    bench.later(5_000);
    bench.import(&second, json!([change])).await;
    let contact = bench.contact("a@contoso.test").await;
    let kept = |value: &str| if blanks_clear { Value::Null } else { json!(value) };
    assert_eq!((&contact["first_name"], &contact["last_name"]), (&json!("Eva"), &kept("Example")));
    assert_eq!(contact["custom_fields"][0]["value"], kept("Apple"), "{contact}");
    assert_eq!(contact["list_memberships"], json!([first, second]));
    let email = &contact["email_address"];
    assert_eq!((&email["permission_to_send"], &email["opt_in_source"]), (&json!("implicit"), &json!("Account")));
    assert_eq!((&contact["created_at"], &contact["updated_at"]), (&json!("2026-11-22T00:00:00Z"), &json!("2026-11-22T00:00:05Z")));
    assert!(bench.violations().is_empty(), "{:?}", bench.violations());
}

#[tokio::test]
async fn bad_rows_are_counted_and_not_named() {
    let bench = Bench::new().await;
    let list = bench.list("List").await;
    bench.person("refused@contoso.test", &list, "refused-row");
    bench.person("gone@contoso.test", &list, "unsubscribed");
    let rows = json!([
        row("a@contoso.test"), row("no address"), {"email": "b@contoso.test", "birthday_month": 2},
        {"email": "c@contoso.test", "anniversary": "soon"}, {"first_name": "Ada"}, row("refused@contoso.test"), row("gone@contoso.test"),
    ]);
    assert_eq!(bench.import(&list, rows).await, counts(7, 1, 4, 1));
    assert_eq!(bench.get(&format!("/contacts?lists={list}&include_count=true")).await["contacts_count"], 1);
    assert_eq!(bench.contact("gone@contoso.test").await["list_memberships"], json!([]));
}

#[rstest]
#[case(json!({"email": format!("{}@contoso.test", "a".repeat(38))}), "import_data.email is too long (maximum is 50 characters)")]
#[case(json!({"email": "a@contoso.test", "cf:Unknown": "x"}), "cf:Unknown is not a custom field")]
#[case(json!({"email": "a@contoso.test", "cf:Known": "x".repeat(256)}), "import_data.cf:Known is too long (maximum is 255 characters)")]
#[case(json!({"email": "a@contoso.test", "colour": "red"}), "import_data.colour is not known")]
#[case(json!({"email": "a@contoso.test", "home_country": "FR"}), "import_data.home_country is not known")]
#[case(json!({"email": "a@contoso.test", "home country": "FR"}), "")]
#[case(json!({"email": "a@contoso.test", "first_name": null}), "import_data.first_name is invalid")]
#[tokio::test]
async fn one_row_outside_the_contract_refuses_all(#[case] wrong: Value, #[case] why: &str) {
    let bench = Bench::new().await;
    let list = bench.list("List").await;
    bench.field("Known").await;
    let body = json!({"import_data": [row("good@contoso.test"), wrong], "list_ids": [list]});
    let (status, answer) = bench.ask("POST /activities/contacts_json_import", body).await;
    if why.is_empty() {
        assert_eq!(status, 201, "{answer}");
        return;
    }
    assert_eq!((status, error(&answer)), (400, ("contacts.api.validation.error".into(), why.into())));
    assert_eq!(bench.violations().len(), 1);
    assert!(bench.contact("good@contoso.test").await.is_null());
}

#[rstest]
#[case(json!({"import_data": [{"email": "a@contoso.test"}]}), "list_ids is missing")]
#[case(json!({"import_data": [], "list_ids": ["06526938-56dd-11e9-932a-fa163ea075fa"]}), "list_ids names an unknown list")]
#[case(json!({"import_data": [], "list_ids": ["7"]}), "list_ids is in an invalid format")]
#[case(json!({"import_data": [], "list_ids": [], "tags": []}), "tags is not known")]
#[tokio::test]
async fn bodies_that_are_refused(#[case] body: Value, #[case] why: &str) {
    let bench = Bench::new().await;
    let (status, answer) = bench.ask("POST /activities/contacts_json_import", body).await;
    assert_eq!((status, error(&answer).1.as_str()), (400, why));
}

/// Rows of just so many bytes.
fn wide(count: usize, bytes: usize) -> Vec<Value> {
    let row = |n: usize| {
        let empty = json!({"email": format!("m{n:06}@contoso.test"), "city": "", "state": ""}).to_string().len();
        let (city, state) = ((bytes - empty).min(50), (bytes - empty).saturating_sub(50));
        json!({"email": format!("m{n:06}@contoso.test"), "city": "x".repeat(city), "state": "y".repeat(state)})
    };
    (0..count).map(row).collect()
}

/// Nobody waits for the end of these imports: what is read of them is known at once.
async fn dropped(bench: &Bench, made: (u16, Value)) -> i64 {
    assert_eq!(made.0, 201, "{}", made.1);
    let dropped = bench.observed("rowsDropped");
    assert_eq!(bench.violations(), [format!("{dropped} rows beyond the limits of an import were dropped")]);
    dropped
}

#[rstest]
#[case(40_001, 60, 40_000)]
#[case(27_000, 150, 26_489)] // 16 bytes before the first row, and a comma before every other
#[tokio::test]
async fn what_is_beyond_the_limits_is_dropped_without_a_word(#[case] sent: usize, #[case] bytes: usize, #[case] read: i64) {
    let bench = Bench::with(slow()).await;
    let list = bench.list("List").await;
    let body = json!({"import_data": wide(sent, bytes), "list_ids": [list]});
    let made = bench.ask("POST /activities/contacts_json_import", body).await;
    assert_eq!(dropped(&bench, made).await, sent as i64 - read);
}

#[tokio::test]
async fn the_line_of_headings_counts() {
    let bench = Bench::with(slow()).await;
    let list = bench.list("List").await;
    let file: String = std::iter::once("email\n".to_owned()).chain((0..40_000).map(|n| format!("m{n}@contoso.test\n"))).collect();
    let made = bench.upload(&list, file.trim_end()).await;
    assert_eq!(dropped(&bench, made).await, 1);
}

#[tokio::test]
async fn a_file_is_cut_where_the_body_reaches_four_million_bytes() {
    let bench = Bench::with(slow()).await;
    let list = bench.list("List").await;
    let lines = (0..35_000).map(|n| format!("m{n:06}@contoso.test,{},{}\n", "x".repeat(50), "y".repeat(50)));
    let file: String = std::iter::once("email,city,state\n".to_owned()).chain(lines).collect();
    let head = "--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nemail,city,state\n".len();
    let made = bench.upload(&list, &file).await;
    assert_eq!(dropped(&bench, made).await, 35_000 - (4_000_000 - head as i64) / 123, "the part's head counts too");
}

#[tokio::test]
async fn the_line_of_headings_is_an_item() {
    let bench = Bench::new().await;
    let list = bench.list("List").await;
    let (_, made) = bench.upload(&list, "email\na@contoso.test\nb@contoso.test").await;
    let figures = &bench.done(&made).await["status"];
    assert_eq!((&figures["items_total_count"], &figures["person_count"]), (&json!(3), &json!(2)));
}

#[rstest]
#[tokio::test]
async fn a_file_changes_what_it_has_columns_for(#[values(true, false)] blanks_clear: bool) {
    let quick = json!({"perSecond": 10_000, "perDay": 1_000_000, "delayMinMs": 0, "delayMaxMs": 0, "blanksClear": blanks_clear});
    let bench = Bench::with(quick).await;
    let list = bench.list("List").await;
    bench.field("Fruit").await;
    bench.import(&list, json!([{"email": "a@contoso.test", "first_name": "Ada", "cf:Fruit": "Apple"}])).await;
    let file = "email,first_name,cf:Fruit\na@contoso.test,,\"Pear, ripe\"\nb@contoso.test,Bo\nc@contoso.test,Cy,";
    let (_, made) = bench.upload(&list, file).await;
    let figures = bench.done(&made).await["status"].clone();
    assert_eq!((&figures["error_count"], &figures["correctable_count"]), (&json!(0), &json!(1)), "a line too short is nobody");
    let contact = bench.contact("a@contoso.test").await;
    assert_eq!(
        (&contact["first_name"], &contact["custom_fields"][0]["value"]),
        (&(if blanks_clear { Value::Null } else { json!("Ada") }), &json!("Pear, ripe"))
    );
    for (file, why) in [
        ("first_name\nAda", "the file has no column email"),
        ("email,cf:None\na@contoso.test,x", "cf:None is not a column of an import"),
        ("email,email\na@contoso.test,x", "the file has a column twice"),
    ] {
        let (status, answer) = bench.upload(&list, file).await;
        assert_eq!((status, error(&answer).1.as_str()), (400, why));
    }
}

#[tokio::test]
async fn an_address_twice_is_outside_the_contract() {
    let bench = Bench::new().await;
    let list = bench.list("List").await;
    bench.import(&list, json!([row("a@contoso.test"), row("b@contoso.test"), row("A@contoso.test")])).await;
    assert_eq!(bench.violations(), ["1 rows repeat an address of the same import"]);
    assert_eq!(bench.observed("rowsRepeated"), 1);
}

#[tokio::test]
async fn twenty_five_custom_fields_a_contact() {
    let bench = Bench::new().await;
    let list = bench.list("List").await;
    let mut first = row("a@contoso.test");
    for n in 0..26 {
        bench.field(&format!("F{n}")).await;
        if n < 25 {
            first[format!("cf:F{n}")] = json!("x");
        }
    }
    assert_eq!(bench.import(&list, json!([first])).await["error_count"], 0);
    let one_more = json!({"email": "a@contoso.test", "first_name": "Ada", "cf:F25": "x"});
    assert_eq!(bench.import(&list, json!([one_more])).await["error_count"], 1);
    assert!(bench.contact("a@contoso.test").await["first_name"].is_null(), "nothing of the row was taken");
    let fields = bench.get("/contact_custom_fields?limit=1").await;
    let (status, _) =
        bench.ask(&format!("DELETE /contact_custom_fields/{}", text(&fields["custom_fields"][0]["custom_field_id"])), Value::Null).await;
    assert_eq!(status, 204);
    let again = json!({"email": "a@contoso.test", "cf:F25": "x"});
    assert_eq!(bench.import(&list, json!([again])).await["error_count"], 0, "a deleted field leaves room");
}

#[tokio::test]
async fn fifty_lists_a_contact() {
    let bench = Bench::new().await;
    let mut lists = Vec::new();
    for n in 0..51 {
        lists.push(bench.list(&format!("List {n}")).await);
    }
    let last = lists.pop().unwrap();
    let body = json!({"import_data": [row("a@contoso.test")], "list_ids": lists});
    let made = bench.made("POST /activities/contacts_json_import", body).await;
    assert_eq!(bench.done(&made).await["status"]["cannot_add_to_list_count"], 0);
    assert_eq!(bench.import(&last, json!([row("a@contoso.test")])).await["cannot_add_to_list_count"], 1);
    assert_eq!(bench.contact("a@contoso.test").await["list_memberships"], json!(lists));
}
