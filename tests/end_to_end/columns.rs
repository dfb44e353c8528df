//! A column that a condition looks at is gone from one of several files, though the last run had it in all: nobody is created or removed on
//! that (V5).

use super::world::{Defined, Sent, World};
use listkeeper::state::{End, approve};
use rstest::rstest;
use std::{collections::BTreeMap, fs};

/// Rows of a file: id, and what the column `Flag` holds.
type Rows = Vec<(u64, &'static str)>;

fn csv(rows: &Rows, columns: &str) -> String {
    let more = columns.split(',').count() - 1;
    let row = |(id, flag): &(u64, &str)| format!("{id},p{id}@contoso.test,F,7{}\n", format!(",{flag}").repeat(more));
    rows.iter().map(row).fold(format!("Id,Email,First,Value{columns}\n"), |text, row| text + &row)
}

fn ndjson(rows: &Rows, key: &str) -> String {
    let row = |(id, flag): &(u64, &str)| {
        let more = if key.is_empty() || flag.is_empty() { String::new() } else { format!(", {key:?}: {flag:?}") };
        format!("{{\"Id\": {id}, \"Email\": \"p{id}@contoso.test\", \"First\": \"F\", \"Value\": 7{more}}}\n")
    };
    rows.iter().map(row).collect()
}

struct Files {
    world: World,
    ending: &'static str,
}

impl Files {
    async fn new(sql: &str, ending: &'static str, export: &str) -> Self {
        let segments = vec![("everyone", sql.to_owned())];
        let world = World::new(&Defined { segments, ..Defined::default() }.export(export), &[]).await;
        let files = Self { world, ending };
        files.edit("people.csv", &format!("\"people-*.{ending}\""));
        fs::remove_file(files.world.directory().join("people.csv")).unwrap();
        files
    }

    fn edit(&self, from: &str, to: &str) {
        let path = self.world.directory().join("listkeeper.yaml");
        let yaml = fs::read_to_string(&path).unwrap();
        assert!(yaml.contains(from), "{from:?} is not in {yaml}");
        fs::write(path, yaml.replace(from, to)).unwrap();
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.world.directory().join(format!("people-{name}.{}", self.ending)), text).unwrap();
    }

    async fn members(&self) -> u64 {
        self.world.tags().await.get("Everyone").copied().unwrap_or(0)
    }

    /// Held for these files; the digest.
    async fn held(&self, files: &str) -> String {
        self.world.asked();
        let report = self.world.apply().await;
        let expected = format!(" in {files} of the table");
        let told = |reason: &str| reason.contains(&expected) && reason.contains("is missing, unlike in the last run");
        assert!(matches!(&report.end, End::Held { reason } if told(reason)), "{:?}", report.end);
        assert_eq!(Sent::of(&self.world.asked()), Sent::default(), "a held plan sends nothing");
        report.plan.unwrap().digest.0
    }

    async fn approve(&self, files: &str) {
        let digest = self.held(files).await;
        approve(&self.world.state(), &digest, "dana", self.world.now).unwrap();
    }
}

fn rows(ids: std::ops::Range<u64>, flag: &'static str) -> Rows {
    ids.map(|id| (id, flag)).collect()
}

const OPTED_OUT: &str = "SELECT * FROM people WHERE Flag IS NULL";

/// Who opted out is not created, and who is active not removed.
#[rstest]
#[case::opted_out(OPTED_OUT, "", "2026-01-01", 20)]
#[case::coalesce("SELECT * FROM people WHERE coalesce(Flag, \"0\") <> \"1\"", "0", "1", 20)]
#[case::active("SELECT * FROM people WHERE Flag = 1", "1", "1", 24)]
#[case::having("SELECT * FROM people GROUP BY Email HAVING max(coalesce(Flag, \"z\")) <> \"x\"", "a", "x", 20)]
#[case::exists("SELECT * FROM people p WHERE NOT EXISTS (SELECT 1 FROM people u WHERE u.Flag = \"x\" AND u.Email = p.Email)", "a", "x", 20)]
#[case::join("SELECT p.* FROM people p LEFT JOIN people u ON u.Email = p.Email AND u.Flag = \"x\" WHERE u.Email IS NULL", "a", "x", 20)]
#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_a_condition_is_gone(#[case] sql: &str, #[case] one: &'static str, #[case] other: &'static str, #[case] members: u64) {
    let sql = sql.replace('"', "'");
    let files = Files::new(&sql, "csv", "").await;
    files.write("1", &csv(&rows(0..20, one), ",Flag"));
    files.write("2", &csv(&rows(20..24, other), ",Flag"));
    files.world.succeed().await;
    assert_eq!(files.members().await, members);
    files.write("2", &csv(&rows(20..24, other), ""));
    files.held("people-2.csv").await;
    // A new file without it, too; and where it goes by another name that the others have as well.
    files.write("2", &csv(&rows(20..24, other), ",Flag"));
    files.write("3", &csv(&rows(30..32, other), ""));
    files.held("people-3.csv").await;
    files.write("3", &csv(&rows(30..32, other), ",Flag,Gone"));
    files.write("2", &csv(&rows(20..24, other), ",Gone"));
    assert!(!matches!(files.world.apply().await.end, End::Succeeded { .. }));
    assert_eq!(files.members().await, members);
}

/// The first run takes files as they are, with a notice; so does one that was approved, until a file has the column and loses it again.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_usual_or_approved_is_not_asked_about() {
    let files = Files::new(OPTED_OUT, "csv", "").await;
    files.write("1", &csv(&rows(0..20, ""), ",Flag"));
    files.write("2", &csv(&rows(20..24, ""), ""));
    assert!(files.world.plan().await.notices.iter().any(|notice| notice.text("1").contains("does not have this column")));
    files.world.succeed().await;
    files.write("1", &csv(&rows(0..21, ""), ",Flag"));
    files.world.succeed().await;
    files.write("2", &csv(&rows(20..24, ""), ",Flag"));
    files.world.succeed().await;
    files.write("2", &csv(&rows(20..25, ""), ""));
    files.approve("people-2.csv").await;
    files.world.succeed().await;
    assert_eq!(files.members().await, 25);
    files.write("1", &csv(&rows(0..22, ""), ",Flag"));
    files.world.succeed().await;
}

/// The first run of another export knows it; what is only selected is no condition.
#[tokio::test(flavor = "multi_thread")]
async fn another_export_knows_what_the_files_had() {
    let files = Files::new(OPTED_OUT, "csv", "").await;
    files.write("1", &csv(&rows(0..20, ""), ",Flag,Note"));
    files.write("2", &csv(&rows(20..24, "x"), ",Flag,Note"));
    files.world.succeed().await;
    files.write("2", &csv(&rows(20..24, "x"), ",Flag"));
    files.world.succeed().await;
    files.edit("\nname: news\n", "\nname: other\n");
    files.edit("displayName: Everyone", "displayName: Others");
    files.write("2", &csv(&rows(20..24, "x"), ""));
    files.held("people-2.csv").await;
}

/// A whole file without the key, of the condition or of the consent; lines may lack it.
#[rstest]
#[case::condition(OPTED_OUT, "", "", "2026-01-01")]
#[case::consent("SELECT * FROM people", "newContacts: {status: subscribed, consent: {column: Flag}}", "yes", "yes")]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_gone_from_a_whole_file(
    #[case] sql: &str,
    #[case] contacts: &str,
    #[case] one: &'static str,
    #[case] other: &'static str,
) {
    let files = Files::new(sql, "ndjson", "").await;
    if !contacts.is_empty() {
        files.edit("newContacts: {status: subscribed}", contacts);
    }
    let mut first = rows(0..20, one);
    first.push((90, "no"));
    files.write("1", &ndjson(&first, "Flag"));
    files.write("2", &ndjson(&[rows(20..24, other), rows(24..26, "")].concat(), "Flag"));
    files.world.succeed().await;
    let before: BTreeMap<_, _> = files.world.held().await;
    // Under another name: an error, or held.
    files.write("2", &ndjson(&rows(20..26, other), "Flags"));
    assert!(!matches!(files.world.apply().await.end, End::Succeeded { .. }));
    assert_eq!(files.world.held().await, before);
    files.write("2", &ndjson(&rows(20..26, other), ""));
    files.held("people-2.ndjson").await;
    assert_eq!(files.world.held().await, before);
}

/// Who is suppressed by a condition stays so.
#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_a_suppression_segment_is_gone() {
    let files = Files::new("SELECT * FROM people", "csv", "suppress: opted\n").await;
    let path = files.world.directory().join("listkeeper.yaml");
    let segment =
        "---\napiVersion: listkeeper/v1\nkind: Segment\nname: opted\nsource: crm\nquery: SELECT * FROM people WHERE Flag IS NOT NULL\n";
    fs::write(&path, fs::read_to_string(&path).unwrap() + segment).unwrap();
    files.write("1", &csv(&[rows(0..20, ""), rows(30..50, "x")].concat(), ",Flag"));
    files.write("2", &csv(&rows(20..24, "x"), ",Flag"));
    files.world.succeed().await;
    assert_eq!(files.members().await, 20);
    files.write("2", &csv(&rows(20..24, "x"), ""));
    files.held("people-2.csv").await;
}
