use super::*;
use crate::{
    destination::{Capabilities, ContainerId, Passed, all_capabilities},
    member::{ChangeEntry, Email, RemainingFlags},
    plan::steps::Step,
    run::{
        Decision, Prepared,
        fake::{Like, World},
    },
    state::Store,
};
use rstest::rstest;

/// A prepared plan, and what its batches are made with.
struct Made {
    context: Context,
    view: View,
    ready: Ready,
    prepared: Prepared,
    remaining: Vec<RemainingEntry>,
}

const SEGMENTS: [(&str, &str); 1] = [("named", "First != ''")];

/// Two lists where the platform has several: everyone, and those with a name.
async fn world(like: Like, export: &str, rows: &str) -> World {
    let world = World::new(like, export).await.with_segments(&SEGMENTS, export);
    world.write(rows);
    run(&world).await;
    world
}

async fn run(world: &World) {
    let decide = |prepared: &Prepared| match prepared.plan.verdict.passes() {
        true => Decision::Go,
        false => Decision::Approve { by: "tests".into() },
    };
    world.deciding(&decide).await;
}

/// The next plan of a world that ran before.
async fn made(world: &World) -> Made {
    let engine = world.engine(None);
    let context = world.context(&engine);
    let mut prepared = engine.plan(&context).await.unwrap();
    let view = world.view();
    let state = view.export(&context.export.name).unwrap().unwrap();
    let place = state.place.unwrap();
    let containers = state.segments.iter().filter_map(|s| Some((s.bit, s.container.as_ref()?.remote.clone()))).collect();
    let ready = Ready { export: state.id, place: place.remote, row: place.row, containers, everyone_read: false };
    let remaining = std::mem::take(&mut prepared.work.desired.entries).into_iter().map(ChangeEntry::remaining).collect();
    Made { context, view, ready, prepared, remaining }
}

impl Made {
    fn part(&self, word: &str, list: Option<&str>) -> Part {
        let wanted = |step: &&Step| step.act.word() == word && step.list.as_deref() == list;
        let step = self.prepared.plan.steps.iter().find(wanted).unwrap_or_else(|| panic!("no {word}: {:?}", self.prepared.plan.steps));
        Part::of(step.task().unwrap(), &self.ready).unwrap()
    }

    fn batches(&self, part: &Part, rows: usize) -> Vec<Planned> {
        let permit = Permit::of([Passed::on_record(SubscriptionStatus::Subscribed)], Default::default());
        let mut batches = Batches::new(part, &self.view, &self.ready, &self.context).by(Some(permit));
        std::iter::from_fn(|| batches.next(&self.prepared.work, &self.remaining, rows).unwrap()).collect()
    }

    fn one(&self, word: &str, list: Option<&str>) -> Planned {
        let mut all = self.batches(&self.part(word, list), 100);
        assert_eq!(all.len(), 1);
        all.remove(0)
    }
}

fn emails(planned: &Planned) -> Vec<&str> {
    let mut emails: Vec<_> = planned.batch.rows.iter().map(|row| row.email.as_str()).collect();
    emails.sort_unstable();
    emails
}

const TWENTY: std::ops::Range<usize> = 0..20;

fn staying() -> String {
    TWENTY.map(|n| format!("p{n}@x.test,Pat\n")).collect()
}

/// Who is in which batch, and what is recorded of each: the attributes sent, the lists joined, whether it is the last.
#[tokio::test(start_paused = true)]
async fn batches_of_mailchimp() {
    let world = world(Like::Mailchimp, "mode: mirror", &format!("gone@x.test,Gus\nb@x.test,Bo\n{}", staying())).await;
    world.write(&format!("new@x.test,Nia\nb@x.test,Bob\n{}", staying()));
    let made = made(&world).await;
    let create = made.one("create", None);
    assert_eq!((create.batch.operation, create.batch.container.as_ref(), emails(&create)), (Operation::Create, None, vec!["new@x.test"]));
    assert_eq!(create.batch.rows[0].standing, Some(SubscriptionStatus::Subscribed), "the status chosen");
    let lists: Vec<_> = create.batch.rows[0].joins.iter().filter_map(|id| world.platform().list_name(&id.0)).collect();
    assert_eq!((create.told[0].0.is_some(), create.told[0].1.len(), lists), (true, 2, vec!["Everyone".into(), "named".into()]));
    let update = made.one("update-in-bulk", None);
    assert_eq!(
        (emails(&update), update.batch.rows[0].standing),
        (vec!["b@x.test"], Some(SubscriptionStatus::Subscribed)),
        "as it was answered"
    );
    assert!(made.prepared.plan.steps.iter().all(|step| step.act.word() != "add"), "they come with their lists");
    let remove = made.one("remove", Some("Everyone"));
    assert_eq!((emails(&remove), remove.told[0].0, remove.told[0].2), (vec!["gone@x.test"], None, After::Stays), "on the other list still");
}

/// Where a create puts nobody onto a list, that is done once the contact is made, and not before.
#[tokio::test(start_paused = true)]
async fn those_who_were_created_are_added() {
    let world = world(Like::Mailchimp, "", "a@x.test,Ana\n").await;
    world.write("a@x.test,Ana\nnew@x.test,Nia\n");
    let mut store = Store::open(&world.state(), world.now).unwrap();
    let place = store.export(&world.export().name).unwrap().unwrap().place.unwrap().row;
    store.record_creates_apart(place, world.now).unwrap();
    drop(store);
    let mut made = made(&world).await;
    let create = made.one("create", None);
    assert!(create.told[0].1.is_empty() && create.batch.rows[0].joins.is_empty(), "attributes, no list");
    assert!(made.batches(&made.part("add", Some("Everyone")), 100).is_empty());
    for entry in &mut made.remaining {
        entry.set_flags(entry.flags().without(RemainingFlags::ACTS));
    }
    for list in ["Everyone", "named"] {
        let add = made.one("add", Some(list));
        let list_of = add.batch.container.as_ref().and_then(|id| world.platform().list_name(&id.0));
        assert_eq!((emails(&add), list_of.as_deref()), (vec!["new@x.test"], Some(list)));
        assert!(add.batch.rows[0].attributes.is_empty() && add.told[0].0.is_none(), "they went with the create");
        assert_eq!(add.told[0].1.len(), 1, "one list at a time");
    }
}

/// Who failed is in no later batch.
#[tokio::test(start_paused = true)]
async fn those_who_failed_are_left_out() {
    let world = world(Like::Iterable, "", "a@x.test,Ana\n").await;
    world.write("a@x.test,Ana\nb@x.test,Bo\nc@x.test,Cleo\n");
    let mut made = made(&world).await;
    let failed = made.remaining[0].key();
    made.remaining[0].flag(RemainingFlags::FAILED);
    let add = made.one("add", Some("Everyone"));
    assert!(add.batch.rows.len() == 1 && add.batch.rows[0].key != failed);
}

/// The first list carries the attributes; for the second they are sent already.
#[tokio::test(start_paused = true)]
async fn attributes_go_with_the_first_list() {
    let world = world(Like::Iterable, "", "a@x.test,Ana\n").await;
    world.write("a@x.test,Ana\nb@x.test,Bo\n");
    let mut made = made(&world).await;
    let first = made.one("add", Some("Everyone"));
    assert_eq!((first.batch.rows[0].attributes.len(), first.told[0].0.is_some()), (1, true));
    let sent = &mut made.remaining[0];
    sent.set_flags(sent.flags().without(RemainingFlags::ACTS));
    let second = made.one("add", Some("named"));
    assert_eq!((second.batch.rows[0].attributes.len(), second.told[0].0), (0, None));
}

/// The last list that someone leaves is the last of them, unless they are archived afterwards.
#[rstest]
#[case("mode: mirror", After::Former)]
#[case("mode: mirror\nonLeave: archive", After::ToArchive)]
#[tokio::test(start_paused = true)]
async fn the_last_list_is_the_last_of_them(#[case] export: &str, #[case] after: After) {
    let world = world(Like::Mailchimp, export, &format!("gone@x.test,Gus\n{}", staying())).await;
    world.write(&staying());
    let mut made = made(&world).await;
    let first = made.part("remove", Some("Everyone"));
    assert_eq!(made.batches(&first, 100)[0].told[0].2, After::Stays, "of two lists");
    let bit = first.bit().unwrap();
    made.prepared.work.leavers[0].segments = made.prepared.work.leavers[0].segments.minus(SegmentMask::of(bit));
    assert_eq!(made.one("remove", Some("named")).told[0].2, after);
    if after == After::ToArchive {
        let archive = made.part("archive", None);
        assert!(made.batches(&archive, 100).is_empty(), "not while they are on a list");
        made.prepared.work.leavers[0].segments = SegmentMask::NONE;
        assert_eq!(emails(&made.one("archive", None)), ["gone@x.test"]);
    }
}

/// Constant Contact wants its own ids of those who leave, where they are known.
#[tokio::test(start_paused = true)]
async fn those_who_leave_go_by_id() {
    let world = world(Like::ConstantContact, "mode: mirror", &format!("gone@x.test,Gus\n{}", staying())).await;
    // A reading of what changed tells the ids.
    world.write(&format!("gone@x.test,Gus\nmore@x.test,Mo\n{}", staying()));
    run(&world).await;
    world.write(&format!("more@x.test,Mo\n{}", staying()));
    let remove = made(&world).await.one("remove", Some("Everyone"));
    assert_eq!(
        (emails(&remove), remove.batch.rows[0].contact.as_ref().map(|id| id.0.as_str())),
        (vec!["gone@x.test"], Some("id-gone@x.test"))
    );
}

/// As many rows as are asked for, each once, in the order of the work.
#[rstest]
#[case(1, &[1, 1, 1, 1, 1])]
#[case(2, &[2, 2, 1])]
#[case(5, &[5])]
#[case(9, &[5])]
#[tokio::test(start_paused = true)]
async fn rows_of_a_batch(#[case] rows: usize, #[case] expected: &[usize]) {
    let world = world(Like::Iterable, "", "a@x.test,Ana\n").await;
    world.write("a@x.test,Ana\nb@x.test,\nc@x.test,\nd@x.test,\ne@x.test,\nf@x.test,\n");
    let made = made(&world).await;
    let batches = made.batches(&made.part("add", Some("Everyone")), rows);
    assert_eq!(batches.iter().map(|planned| planned.batch.rows.len()).collect::<Vec<_>>(), expected);
    let places: Vec<usize> = batches.iter().flat_map(|planned| planned.places.clone()).collect();
    assert_eq!(places, [0, 1, 2, 3, 4]);
}

/// Bytes end a batch too; a row that is longer than a call goes alone.
#[tokio::test(start_paused = true)]
async fn bytes_of_a_batch() {
    let real = all_capabilities().into_iter().find(|capabilities| capabilities.vendor == "Iterable").unwrap();
    let small: &Capabilities = Box::leak(Box::new(Capabilities { batch_bytes: |_| 200, ..real.clone() }));
    let world = World::new(Like::Iterable, "").await.limited(small);
    world.write("a@x.test,Ana\n");
    run(&world).await;
    world.write(&format!("a@x.test,Ana\nb@x.test,{}\nc@x.test,Cy\nd@x.test,Di\ne@x.test,{}\n", "b".repeat(300), "e".repeat(300)));
    let made = made(&world).await;
    let part = made.part("add", Some("Everyone"));
    for planned in made.batches(&part, 100) {
        let bytes: usize = planned.batch.rows.iter().map(|row| made.context.destination.row_bytes(Operation::Join, row)).sum();
        assert!(bytes <= 200 || planned.batch.rows.len() == 1, "{bytes}: {:?}", emails(&planned));
    }
    let step = made.prepared.plan.steps.iter().find(|step| step.act.word() == "add").unwrap();
    assert_eq!(step.calls, Some(made.batches(&part, 100).len() as u64), "as planned");
}

/// A batch again has those who are still to be done.
#[tokio::test(start_paused = true)]
async fn a_batch_again_leaves_out_what_is_done() {
    let world = world(Like::Iterable, "", "a@x.test,Ana\n").await;
    world.write("a@x.test,Ana\nb@x.test,\nc@x.test,\n");
    let mut made = made(&world).await;
    let part = made.part("add", Some("Everyone"));
    made.remaining[1].flag(RemainingFlags::FAILED);
    let batches = Batches::new(&part, &made.view, &made.ready, &made.context);
    let again = batches.rebuilt(&made.prepared.work, &made.remaining, vec![0, 1]).unwrap();
    assert_eq!((again.places, again.attempt), (vec![0], 0));
}

/// A job is recorded with everything that its outcome needs later.
#[tokio::test(start_paused = true)]
async fn a_job_on_record() {
    let world = world(Like::ConstantContact, "", "a@x.test,Ana\n").await;
    world.write("a@x.test,Ana\nb@x.test,Bo\n");
    let made = made(&world).await;
    let planned = made.one("add", Some("Everyone"));
    let run = made.view.runs(None, 1).unwrap().pop().unwrap().id;
    let job = planned.job(run, JobId("j1".into()), world.now);
    let [row] = job.rows.as_slice() else { panic!("{job:?}") };
    assert_eq!((job.run, job.operation, job.at), (run, Operation::Join, world.now));
    assert_eq!((row.address.as_str(), row.told.is_some(), row.segments, row.after), ("b@x.test", true, 1, After::Stays));
}

/// What a job says of some, and of all the others.
#[tokio::test(start_paused = true)]
async fn outcomes_of_a_job() {
    let world = world(Like::ConstantContact, "", "a@x.test,Ana\n").await;
    world.write("a@x.test,Ana\nb@x.test,Bo\nc@x.test,Cy\n");
    let planned = made(&world).await.one("add", Some("Everyone"));
    let key = Key::of(&Email::parse("c@x.test").unwrap().unwrap());
    let outcomes = planned.outcomes(&JobOutcomes { rows: vec![(key, Outcome::Gone)], others: Outcome::Unverified });
    for (row, outcome) in planned.batch.rows.iter().zip(outcomes) {
        assert_eq!(outcome, if row.key == key { Outcome::Gone } else { Outcome::Unverified });
    }
}

/// A step about a list that is not there any more has no part.
#[tokio::test(start_paused = true)]
async fn a_list_that_is_gone_has_no_part() {
    let world = world(Like::Iterable, "", "a@x.test,Ana\n").await;
    world.write("a@x.test,Ana\nb@x.test,Bo\n");
    let mut made = made(&world).await;
    let task = made.part("add", Some("named")).task;
    made.ready.containers.retain(|(bit, _)| Some(*bit) != task.bit);
    assert!(Part::of(&task, &made.ready).is_none());
    made.ready.containers.push((task.bit.unwrap(), ContainerId("12".into())));
    assert_eq!(Part::of(&task, &made.ready).unwrap().container, Some((task.bit.unwrap(), ContainerId("12".into()))));
}
