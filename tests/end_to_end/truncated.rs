//! A file that is cut off inside its last cell looks whole, but for the line end that it lacks (V1).

use super::world::{Defined, Sent, World};
use listkeeper::{
    source::Notices,
    state::{End, approve},
};
use rstest::rstest;
use std::{fs, io::Write};

/// Addresses come last, so that a cut makes another one of them: `p9@contoso.te`.
fn people(numbers: std::ops::Range<u64>) -> String {
    let row = |n| format!("{n},First{n},7,p{n}@contoso.test\n");
    numbers.map(row).fold("Id,First,Value,Email\n".to_owned(), |text, row| text + &row)
}

fn cut(text: &str) -> &str {
    &text[..text.len() - 3]
}

struct Files {
    world: World,
}

impl Files {
    /// `pattern`: what the table's files are.
    async fn new(pattern: &str) -> Self {
        let files = Self { world: World::new(&Defined::default(), &[]).await };
        files.edit("{people: people.csv}", &format!("{{people: \"{pattern}\"}}"));
        fs::remove_file(files.world.directory().join("people.csv")).unwrap();
        files
    }

    fn edit(&self, from: &str, to: &str) {
        let path = self.world.directory().join("listkeeper.yaml");
        let yaml = fs::read_to_string(&path).unwrap();
        assert!(yaml.contains(from), "{from:?} is not in {yaml}");
        fs::write(path, yaml.replace(from, to)).unwrap();
    }

    async fn approve(&self, file: &str) {
        let digest = self.held(file).await;
        approve(&self.world.state(), &digest, "dana", self.world.now).unwrap();
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.world.directory().join(name);
        if name.ends_with(".gz") {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(text.as_bytes()).unwrap();
            fs::write(path, packed.finish().unwrap()).unwrap();
        } else {
            fs::write(path, text).unwrap();
        }
    }

    async fn held(&self, file: &str) -> String {
        self.world.asked();
        let report = self.world.apply().await;
        let expected = format!("{file}, ");
        let told = |reason: &str| reason.contains(&expected) && reason.contains("ends without a line end");
        assert!(matches!(&report.end, End::Held { reason } if told(reason)), "{:?}", report.end);
        assert_eq!(Sent::of(&self.world.asked()), Sent::default(), "a held plan sends nothing");
        report.plan.unwrap().digest.0
    }

    async fn members(&self) -> u64 {
        self.world.tags().await["Everyone"]
    }
}

/// Nobody is removed, and no stranger is subscribed; approved, the file is right as it is.
#[rstest]
#[case::fewer(9)]
#[case::as_many(12)]
#[case::more(15)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_cut_in_its_last_cell_is_held(#[case] number: u64, #[values("people.csv", "people.csv.gz")] name: &str) {
    let files = Files::new(name).await;
    files.write(name, &people(0..12));
    files.world.succeed().await;
    files.write(name, cut(&people(0..number)));
    let one = files.held(name).await;
    assert_eq!(files.members().await, 12);
    // Another cut is another file.
    files.write(name, cut(cut(&people(0..number))));
    assert_ne!(one, files.held(name).await);
    files.write(name, cut(&people(0..number)));
    let digest = files.held(name).await;
    approve(&files.world.state(), &digest, "dana", files.world.now).unwrap();
    files.world.succeed().await;
    assert!(files.world.plan().await.verdict.passes(), "what was approved is not asked about again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ndjson_file_without_its_last_line_end_is_held() {
    let files = Files::new("people.ndjson").await;
    let people: String =
        (0..12).map(|n| format!("{{\"Id\": {n}, \"First\": \"F\", \"Value\": 7, \"Email\": \"p{n}@contoso.test\"}}\n")).collect();
    files.write("people.ndjson", &people);
    files.world.succeed().await;
    files.write("people.ndjson", people.trim_end());
    files.held("people.ndjson").await;
}

/// The first run knows by the other file.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_files_is_held_on_the_first_run() {
    let files = Files::new("people-*.csv").await;
    files.write("people-1.csv", &people(0..5));
    files.write("people-2.csv", cut(&people(5..12)));
    let digest = files.held("people-2.csv").await;
    approve(&files.world.state(), &digest, "dana", files.world.now).unwrap();
    files.world.succeed().await;
    assert_eq!(files.members().await, 12);
    files.world.succeed().await;
    files.write("people-2.csv", &people(5..12));
    files.world.succeed().await;
}

/// Who writes files without a last line end is not asked.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_never_had_a_last_line_end_are_right() {
    let files = Files::new("people-*.csv").await;
    files.write("people-1.csv", people(0..5).trim_end());
    files.write("people-2.csv", people(5..12).trim_end());
    files.world.succeed().await;
    files.write("people-2.csv", people(5..11).trim_end());
    files.world.succeed().await;
    assert_eq!(files.members().await, 11);
}

/// Its last address would be let in (E19).
#[rstest]
#[case::suppressed("suppress")]
#[case::except("except")]
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_list_of_people_to_keep_out_is_held(#[case] how: &str) {
    let files = Files::new("people.csv").await;
    let path = files.world.directory().join("listkeeper.yaml");
    let head = "---\napiVersion: listkeeper/v1\nkind:";
    let mut yaml = fs::read_to_string(&path).unwrap();
    yaml += &format!("{head} Source\nname: lists\ntype: files\ntables: {{never: never.csv}}\n");
    yaml += &format!("{head} Segment\nname: never\nsource: lists\ntable: never\n");
    if how == "suppress" {
        yaml += &format!("{head} Settings\nsuppress: never\n");
    } else {
        yaml = yaml.replace("kind: Segment\nname: everyone\ndisplayName: Everyone\n", "kind: Segment\nname: all\ndisplayName: All\n");
        yaml += &format!("{head} Segment\nname: everyone\ndisplayName: Everyone\nexcept: [all, never]\n");
    }
    fs::write(path, yaml).unwrap();
    files.write("people.csv", &people(0..12));
    files.write("never.csv", "Email\np1@contoso.test\np2@contoso.test\n");
    files.world.succeed().await;
    assert_eq!(files.members().await, 10);
    files.write("never.csv", "Email\np1@contoso.test\np2@contoso.te");
    files.held("never.csv").await;
    assert_eq!(files.members().await, 10);
}

/// The first run of another export, of another source or table, knows what runs before it saw of the file.
#[rstest]
#[case::nothing_else("everyone", "all")]
#[case::table("people: \"people.csv\"", "customers: \"people.csv\"")]
#[case::another_pattern("people: \"people.csv\"", "people: \"people*.csv\"")]
#[case::source("crm", "shop")]
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_file_is_known_under_every_name(#[case] from: &str, #[case] to: &str, #[values(true, false)] same_export: bool) {
    let files = Files::new("people.csv").await;
    files.write("people.csv", &people(0..12));
    files.world.succeed().await;
    files.edit(from, to);
    if to.contains("customers") {
        files.edit("FROM people", "FROM customers");
    }
    if !same_export {
        files.edit("\nname: news\n", "\nname: other\n");
        files.edit("displayName: Everyone", "displayName: Others");
    }
    files.write("people.csv", cut(&people(0..12)));
    files.held("people.csv").await;
}

/// Transfers that break off at a block's end leave files of one length.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_for_what_the_file_holds() {
    let files = Files::new("people.csv").await;
    files.write("people.csv", &people(0..12));
    files.world.succeed().await;
    files.write("people.csv", cut(&people(0..12)));
    files.approve("people.csv").await;
    let other = people(0..12).replace("First3", "Third3");
    for _ in 0..2 {
        files.write("people.csv", cut(&other));
        files.held("people.csv").await;
        // The next one of that length comes after a file that was whole.
        files.write("people.csv", &people(0..12));
        files.world.succeed().await;
    }
}

/// What is no longer checked is said each time; not of files that never had a last line end.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_no_longer_checked_is_told() {
    let told = |notices: &Notices| notices.iter().any(|notice| notice.text("1").contains("a cut at the end would not be noticed"));
    let files = Files::new("people.csv").await;
    files.write("people.csv", people(0..12).trim_end());
    files.world.succeed().await;
    assert!(!told(&files.world.plan().await.notices));
    files.write("people.csv", &people(0..12));
    files.world.succeed().await;
    files.write("people.csv", people(0..12).trim_end());
    files.approve("people.csv").await;
    files.world.succeed().await;
    for number in [13, 14] {
        files.write("people.csv", people(0..number).trim_end());
        assert!(told(&files.world.plan().await.notices));
        files.world.succeed().await;
    }
    files.write("people.csv", &people(0..12));
    assert!(!told(&files.world.succeed().await.plan.unwrap().notices));
    files.write("people.csv", cut(&people(0..12)));
    files.held("people.csv").await;
}
