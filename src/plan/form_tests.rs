//! The same plans as Markdown, as JSON, and member by member; and what a name cannot do to any of them.

use super::*;

#[test]
fn markdown_of_a_held_delta() {
    let plan = held(vec![reason(Code::Removals, Some("vip-customers"), 1200, 378, Some(1260))]);
    let comment = markdown(&plan);
    assert!(!comment.contains("***@"), "no address, not even a masked one");
    assert_snapshot!(comment, @r#"
    ### `vip-newsletter` → `Newsletter account (marketing team) (Mailchimp), audience "Contoso news" (a1b2c3d4e5, 12,345 contacts)`

    **12** new · **120** with changed attributes · **3** only joining or leaving · **20** taken out · **1,405** unchanged

    | segment | tag | before | join | leave | after |
    |---|---|--:|--:|--:|--:|
    | `vip-customers` | `VIP customers` | 1,260 | 15 | 20 | 1,255 |
    | `lapsed` | `Lapsed` | 300 | 0 | 0 | 300 |

    ```diff
    ! Held by the guard: nothing is sent
    !   1,200 removals from vip-customers are more than guard.maxRemovals allows: 378 of 1,260 (its largest size in 7 days)
          look at the query of vip-customers and at its source, or raise guard.maxRemovals
    If all of it is right, approve it for 24 hours: listkeeper approve 0123456789ab
    ```

    <details><summary>Details</summary>

    ```diff
    # Segments
    vip-customers, tag "VIP customers": 1,260 → 1,255 members
    + 15 join: in the segment, not yet in the tag
    - 20 leave: 17 no longer in the segment, 3 never to be sent (suppress)
    lapsed, tag "Lapsed": 300 members, no change
    # People
    + 12 new: 7 created; 4 known already, keeping their status; 1 archived by us, restored to the status they had
    ~ 120 with changed attributes
    ~ 3 only join or leave
    - 20 taken out of at least one tag, 5 of them archived
      1,405 unchanged
    ! 2 kept where they are: a row of theirs has an address that cannot be read
    # Rows
    1,540 rows read = 135 to sync + 1,405 unchanged
    # Read first
    the status of about 40 contacts changed since the last reading (1 call), so that none is changed
    # Calls
    127 calls: 1 create, 120 update, 1 join, 1 leave, 4 other (reads, resources); 8 at once, 10 allowed
    no rate is documented; at 1 s a call about 22 s
    # Note
    * Leaving a tag keeps the contact, its status and its cost
    ```

    </details>

    Plan `0123456789ab`
    "#);
}

#[test]
fn a_name_cannot_change_what_a_plan_looks_like() {
    let mut plan = small_delta();
    plan.segments[0].container = "a|b `@team` <img>\n```\n# x".into();
    plan.segments[0].segment = "`x`".into();
    plan.connection = "Acct\u{1b}[2J".into();
    let comment = markdown(&plan);
    assert_snapshot!(comment.lines().filter(|l| l.contains("img") || l.contains("Acct")).collect::<Vec<_>>().join("\n"), @r#"
    ### `vip-newsletter` → `Acct�[2J (Mailchimp), audience "Contoso news" (a1b2c3d4e5, 12,345 contacts)`
    | `` `x` `` | ````a\|b `@team` <img>�```�# x```` | 1,260 | 15 | 20 | 1,255 |
    `x`, tag "a|b `@team` <img>�```�# x": 1,260 → 1,255 members
    "#);
    assert_eq!(comment.lines().filter(|l| l.starts_with("```")).count(), 2, "{comment}");
    assert!(!text(&plan).contains('\u{1b}'));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a snapshot")]
fn json_for_programs() {
    let plan = json(&small_delta(), false).unwrap();
    assert!(!plan.contains("@example"), "{plan}");
    assert!(json(&small_delta(), true).unwrap().contains("\"joinSample\": [\n        \"d***@example.com\""));
    assert_snapshot!(plan, @r#"
    {
      "format": "listkeeper/plan/v1",
      "nothingToDo": false,
      "heldBecause": [],
      "callsTotal": 127,
      "estimated": false,
      "export": "vip-newsletter",
      "connection": "Newsletter account (marketing team)",
      "vendor": "Mailchimp",
      "words": {
        "place": "audience",
        "container": "tag"
      },
      "place": {
        "state": "existing",
        "id": "a1b2c3d4e5",
        "name": "Contoso news",
        "contacts": 12345,
        "adopted": false
      },
      "resources": [],
      "segments": [
        {
          "segment": "vip-customers",
          "container": "VIP customers",
          "members": 1255,
          "before": 1260,
          "joins": 15,
          "leaves": 20,
          "suppressedLeaves": 3,
          "dropped": false,
          "deleted": false,
          "mirror": true
        },
        {
          "segment": "lapsed",
          "container": "Lapsed",
          "members": 300,
          "before": 300,
          "joins": 0,
          "leaves": 0,
          "suppressedLeaves": 0,
          "dropped": false,
          "deleted": false,
          "mirror": true
        }
      ],
      "members": {
        "new": 12,
        "create": 7,
        "known": 4,
        "restore": 1,
        "unread": false,
        "update": 120,
        "moved": 3,
        "leave": 20,
        "archive": 5,
        "archiveOnly": 0,
        "unchanged": 1405,
        "protected": 2,
        "ids": 0
      },
      "reading": {
        "contacts": 40,
        "calls": 1,
        "first": false
      },
      "steps": [],
      "cost": {
        "calls": {
          "create": 1,
          "update": 120,
          "join": 1,
          "leave": 1
        },
        "otherCalls": 4,
        "connections": 8,
        "connectionsMax": 10
      },
      "rejected": {},
      "counts": {
        "read": 1540,
        "synced": 0,
        "unchanged": 1405,
        "rejected": 0,
        "notAddressable": 0,
        "duplicates": 0,
        "acrossSegments": 0,
        "suppressed": 0,
        "noConsent": 0,
        "left": 0,
        "unverified": 0,
        "pending": 135,
        "added": 0,
        "updated": 0,
        "keptStatus": 0,
        "removed": 0
      },
      "verdict": {
        "held": []
      },
      "notes": [
        "Leaving a tag keeps the contact, its status and its cost"
      ],
      "digest": "0123456789abcdef0123456789abcdef"
    }
    "#);
}

#[rstest]
#[case(MemberAction::Add, &["VIP customers"], &[], "+ dana@example.com joins VIP customers; new")]
#[case(MemberAction::AddKnown, &["VIP customers", "Lapsed"], &[], "+ dana@example.com joins VIP customers, Lapsed; known, keeps their status")]
#[case(MemberAction::Restore, &["Lapsed"], &[], "+ dana@example.com joins Lapsed; restored to the status they had")]
#[case(MemberAction::Update, &[], &[], "~ dana@example.com changed attributes")]
#[case(MemberAction::Move, &["Lapsed"], &["VIP customers"], "~ dana@example.com joins Lapsed; leaves VIP customers")]
#[case(MemberAction::Remove, &[], &["Lapsed"], "- dana@example.com leaves Lapsed")]
#[case(MemberAction::Archive, &[], &["Lapsed"], "- dana@example.com leaves Lapsed; archived")]
fn one_person_a_line(#[case] action: MemberAction, #[case] joins: &[&str], #[case] leaves: &[&str], #[case] expected: &str) {
    let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
    let line = MemberLine { address: "dana@example.com".into(), action, joins: names(joins), leaves: names(leaves), why: None };
    assert_eq!(text_member(&line), expected);
}
