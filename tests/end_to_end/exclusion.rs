//! What keeps people out is checked as hard as what lets them in (E19): suppression lists, the right side of `except`.

use super::world::{Defined, Sent, World, rows};
use listkeeper::state::{End, approve};
use rstest::rstest;
use std::fs;

/// A directory with a suppression list (`never.csv`), or with a segment of all but those on it.
struct Kept {
    world: World,
}

const SOURCE: &str = "---\napiVersion: listkeeper/v1\nkind: Source\nname: lists\ntype: files\ntables: {never: never.csv}\n";

impl Kept {
    async fn new(how: &str, expect: &str, people: u64, never: &str) -> Self {
        let world = World::new(&Defined::default(), &rows(0..people)).await;
        let kept = Self { world };
        kept.define(how, expect);
        kept.never(never);
        kept
    }

    fn define(&self, how: &str, expect: &str) {
        self.world.define(&Defined::default());
        let path = self.world.directory().join("listkeeper.yaml");
        let mut yaml = fs::read_to_string(&path).unwrap();
        yaml.push_str(SOURCE);
        yaml.push_str(&format!("---\napiVersion: listkeeper/v1\nkind: Segment\nname: never\nsource: lists\ntable: never\n{expect}"));
        match how {
            "suppress" => yaml.push_str("---\napiVersion: listkeeper/v1\nkind: Settings\nsuppress: never\n"),
            "own" => yaml = yaml.replace("newContacts:", "suppress: [never]\nnewContacts:"),
            "except" => {
                let all = "kind: Segment\nname: everyone\n";
                yaml = yaml.replace(all, "kind: Segment\nname: all\n");
                yaml.push_str(
                    "---\napiVersion: listkeeper/v1\nkind: Segment\nname: everyone\ndisplayName: Everyone\nexcept: [all, never]\n",
                );
                yaml = yaml.replace("name: all\ndisplayName: Everyone\n", "name: all\ndisplayName: All\n");
            }
            _ => {}
        }
        fs::write(path, yaml).unwrap();
    }

    fn never(&self, addresses: &str) {
        fs::write(self.world.directory().join("never.csv"), format!("Email\n{addresses}")).unwrap();
    }

    /// A second export of the same people to a tag of its own, which never ran.
    fn add_another(&self) {
        let path = self.world.directory().join("another.yaml");
        let yaml = "apiVersion: listkeeper/v1\nkind: Export\nname: second\nconnection: account\nsegments: [everyone]
target: {audienceId: cdp, names: {everyone: Second}}\nmatch: {email: Email, id: Id}
attributes: {FNAME: First, VALUE: {column: Value, type: number, onEmpty: clear}}\nnewContacts: {status: subscribed}\n";
        fs::write(path, yaml).unwrap();
    }

    async fn another_is_held(&self, why: &str) {
        let catalog = listkeeper::definition::read(&self.world.directory());
        let second = catalog.exports.values().find(|export| export.name.as_str() == "second").unwrap().clone();
        self.world.asked();
        let report = self.world.apply_export(&second).await;
        assert!(matches!(&report.end, End::Held { reason } if reason.contains(why)), "{:?}", report.end);
        assert_eq!(Sent::of(&self.world.asked()), Sent::default(), "a held plan sends nothing");
    }

    async fn held(&self, why: &str) -> String {
        self.world.asked();
        let report = self.world.apply().await;
        assert!(matches!(&report.end, End::Held { reason } if reason.contains(why)), "{:?}", report.end);
        assert_eq!(Sent::of(&self.world.asked()), Sent::default(), "a held plan sends nothing");
        report.plan.unwrap().digest.0
    }

    async fn members(&self) -> u64 {
        self.world.tags().await["Everyone"]
    }
}

#[rstest]
#[case::suppressed("suppress")]
#[case::of_the_export("own")]
#[case::except("except")]
#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_or_cut_list_is_held(#[case] how: &str) {
    let kept = Kept::new(how, "", 12, "p0@contoso.test\np1@contoso.test\np2@contoso.test\n").await;
    kept.world.succeed().await;
    assert_eq!(kept.members().await, 9);
    kept.never("");
    kept.held("segment never, which keeps people out, is empty").await;
    kept.never("p0@contoso.test\n");
    let digest = kept.held("segment never, which keeps people out, has 1 of 3 members").await;
    approve(&kept.world.state(), &digest, "dana", kept.world.now).unwrap();
    kept.world.succeed().await;
    assert_eq!(kept.members().await, 11);
    assert!(kept.world.plan().await.verdict.passes(), "what was approved is the size from now on");
    kept.never("p0@contoso.test\np5@contoso.test\n");
    kept.world.succeed().await;
    assert_eq!(kept.members().await, 10);
}

/// Renamed, or replaced by another segment, while it shrinks: its name is not what keeps people out.
#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_is_excepted_under_another_name_is_held() {
    let kept = Kept::new("except", "", 12, "p0@contoso.test\np1@contoso.test\np2@contoso.test\n").await;
    kept.world.succeed().await;
    let path = kept.world.directory().join("listkeeper.yaml");
    let rename = |from: &str, to: &str| {
        let yaml =
            fs::read_to_string(&path).unwrap().replace(&format!("name: {from}\nsource: lists"), &format!("name: {to}\nsource: lists"));
        fs::write(&path, yaml.replace(&format!("[all, {from}]"), &format!("[all, {to}]"))).unwrap();
    };
    rename("never", "out");
    kept.world.succeed().await;
    rename("out", "gone");
    kept.never("p0@contoso.test\n");
    let digest = kept.held("segment out kept people out in an earlier run").await;
    approve(&kept.world.state(), &digest, "dana", kept.world.now).unwrap();
    kept.world.succeed().await;
    assert_eq!(kept.members().await, 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_expected_of_a_suppression_list_holds_the_first_run_already() {
    let kept = Kept::new("suppress", "expect: {minMembers: 2}\n", 2, "p0@contoso.test\n").await;
    kept.held("segment never has 1 members, fewer than expect.minMembers (2)").await;
    kept.never("");
    kept.held("is empty").await;
    kept.define("suppress", "expect: {minMembers: 0}\n");
    kept.world.succeed().await;
}

#[rstest]
#[case::taken_out_of_the_settings("suppress")]
#[case::taken_out_of_the_export("own")]
#[tokio::test(flavor = "multi_thread")]
async fn a_suppression_list_that_is_no_longer_named_is_held(#[case] how: &str) {
    let kept = Kept::new(how, "", 5, "p0@contoso.test\n").await;
    kept.world.succeed().await;
    kept.define("", "");
    let digest = kept.held("the suppression list never was in force in the last run and is no longer named").await;
    approve(&kept.world.state(), &digest, "dana", kept.world.now).unwrap();
    kept.world.succeed().await;
    assert_eq!(kept.members().await, 5);
}

/// Who is meant is kept out, however the address is written; what holds none is asked about once.
#[tokio::test(flavor = "multi_thread")]
async fn addresses_in_a_suppression_list_are_read_generously() {
    let list = "mailto:p0@contoso.test\nPia <p1@contoso.test>;\n\"p2@contoso.test, p3@contoso.test\"\np4@\u{200b}contoso.test\n";
    let kept = Kept::new("suppress", "", 8, list).await;
    kept.world.succeed().await;
    assert_eq!(kept.members().await, 3);
    kept.never(&format!("{list}p5 at contoso\n"));
    let digest = kept.held("1 row of segment never, which keeps people out, hold no e-mail address").await;
    assert_eq!(kept.world.rejected()["p5 at contoso"], "no-address", "it is listed");
    approve(&kept.world.state(), &digest, "dana", kept.world.now).unwrap();
    kept.world.succeed().await;
    assert!(kept.world.plan().await.verdict.passes(), "a row that was approved as it is, is not asked about again");
    kept.never(&format!("{list}p5 at contoso\np6 at contoso\n"));
    kept.held("1 row of segment never").await;
}

/// What was in force for one export is in force for every one, also for one that never ran.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_export_is_held_by_a_list_of_the_settings_that_is_gone() {
    let kept = Kept::new("suppress", "", 5, "p0@contoso.test\n").await;
    kept.world.succeed().await;
    kept.define("", "");
    kept.add_another();
    kept.another_is_held("the suppression list never was in force in the last run and is no longer named").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_a_first_run_that_was_held_is_not_forgotten() {
    let kept = Kept::new("suppress", "", 5, "").await;
    kept.held("is empty").await;
    kept.define("", "");
    kept.held("the suppression list never was in force in the last run and is no longer named").await;
}

#[rstest]
#[case::suppressed("suppress")]
#[case::except("except")]
#[tokio::test(flavor = "multi_thread")]
async fn a_new_export_is_held_by_a_cut_list(#[case] how: &str) {
    let kept = Kept::new(how, "", 12, "p0@contoso.test\np1@contoso.test\np2@contoso.test\n").await;
    kept.world.succeed().await;
    kept.never("p0@contoso.test\n");
    kept.add_another();
    kept.another_is_held("segment never, which keeps people out, has 1 of 3 members").await;
}
