use super::*;
use crate::http::script;
use listkeeper_sandbox::{Fault, Faults};

/// A process ends while the vendor works on its import; the next one asks for it and sends nothing.
#[tokio::test]
async fn an_accepted_import_is_asked_for_after_a_restart() {
    let world = World::new().await;
    let rows = rows(&["a@example.com"]);
    let Submitted::Job(job) = world.submit(Operation::Join, &rows).await.unwrap() else { panic!("no job") };
    let next = open(&world.sandbox, &["first_name"], None);
    assert_eq!(outcomes(&*next, &job, &rows).await, ["unverified"]);
    assert_eq!(world.sandbox.counters().requests_of("POST", "/activities/contacts_file_import"), 1);
    assert_eq!(world.members().await.len(), 1);
}

#[tokio::test]
async fn what_failed_is_to_be_sent_again_and_what_is_forgotten_is_unknown() {
    let world = World::new().await;
    world.sandbox.set(VENDOR, &json!({"failures": 1})).unwrap();
    let rows = rows(&["a@example.com"]);
    assert_eq!(world.carry_out(Operation::Join, &rows).await, ["notdone"]);
    assert_eq!(world.carry_out(Operation::Join, &rows).await, ["unverified"]);
    let forgotten = JobId(format!("import/98dae057-958f-4b2f-9ed4-41f109afdc3f/{LIST}/"));
    assert_eq!(outcomes(&*world.destination, &forgotten, &rows).await, ["unconfirmed"]);
}

#[tokio::test]
async fn a_lost_answer_is_asked_again_and_ends_as_once() {
    let world = World::new().await;
    for fault in [Fault::LostAnswer, Fault::CutBody, Fault::Unavailable, Fault::TooManyRequests] {
        world.sandbox.set_faults(Faults::default().next(fault, "POST", "/activities/contacts_file_import")).unwrap();
        assert_eq!(world.carry_out(Operation::Join, &rows(&["a@example.com"])).await, ["unverified"], "{fault:?}");
    }
    assert_eq!(world.members().await.len(), 1);
    world.clean();
}

/// Refused in the vendor's two shapes; nothing more is sent that day.
#[tokio::test]
async fn a_spent_day_is_waited_for() {
    let world = World::new().await;
    for array in [false, true] {
        world.sandbox.set(VENDOR, &json!({"perDay": 1, "throttledAsArray": array})).unwrap();
        let _ = world.destination.verify().await;
        let before = world.sandbox.counters().of(VENDOR).requests;
        let error = world.submit(Operation::Join, &rows(&["a@example.com"])).await.unwrap_err();
        let ErrorKind::Wait { until: Some(until) } = error.kind else { panic!("{error:?}") };
        let midnight = until.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        assert!(midnight % 86_400 == 0 && until > std::time::SystemTime::now());
        assert_eq!(world.sandbox.counters().of(VENDOR).requests, before + 1, "asked once");
    }
}

/// A vendor that does not count an import which changes nothing as a change: the list itself is read before anyone is refused.
#[tokio::test(start_paused = true)]
async fn who_is_on_the_list_was_added_however_long_ago() {
    let activity = json!({"activity_id": "86b9", "state": "completed", "created_at": "2026-11-22T10:00:00Z",
        "status": {"items_total_count": 4, "person_count": 3, "error_count": 1}});
    let contact = |address: &str| json!({"contact_id": address, "email_address": {"address": address, "permission_to_send": "implicit"}, "list_memberships": [LIST]});
    let page = |addresses: &[&str]| json!({"contacts": addresses.iter().map(|address| contact(address)).collect::<Vec<_>>()}).to_string();
    let steps = [activity.to_string(), page(&["new@example.com"]), page(&["new@example.com", "old@example.com"])];
    let script = Arc::new(script::Script::new(steps.map(|step| script::json(200, &step)), script::json(500, "{}")));
    let destination = super::super::open(&connection(None), &attributes(&[]), None, &script::hub(&script), &nobody()).unwrap();
    let rows = rows(&["new@example.com", "old@example.com", "refused@example.com"]);
    let job = JobId(format!("import/86b9/{LIST}/"));
    let done = "done { standing: some(subscribed) }";
    assert_eq!(outcomes(&*destination, &job, &rows).await, [done, done, "rejected not-added"]);
    let seen: Vec<_> = script.seen.lock().unwrap().iter().map(|(_, line, _)| line.clone()).collect();
    let base = "GET https://api.cc.email/v3";
    assert_eq!(
        seen,
        [
            format!("{base}/activities/86b9"),
            format!("{base}/contacts?status=all&include=list_memberships&updated_after=2026-11-22T09%3A55%3A00Z&limit=500"),
            format!("{base}/contacts?lists={LIST}&status=all&limit=500"),
        ]
    );
}
