//! The status of those who are about to be archived, read right before that and recorded: what each may go back to (E7). Whoever
//! opted out since the run's own reading comes back opted out, if at all, even where nobody hears what became of the archiving.

use super::{Failure, phase::Phase, standings};
use crate::{
    member::{Email, Key},
    plan::reads::FEW,
    platform::SubscriptionStatus,
    state::MemberState,
};
use futures::future::try_join_all;

pub async fn prepare(phase: &Phase<'_>) -> Result<(), Failure> {
    phase.recorder.flush().await?;
    let (row, people) = (phase.ready.row, about_to_be_archived(phase)?);
    let keys: Vec<Key> = people.iter().map(|(key, _)| *key).collect();
    if people.len() <= FEW {
        one_by_one(phase, people).await?
    } else {
        changed(phase).await?
    }
    phase.recorder.record(move |store| store.intend_archive(row, keys)).await
}

fn about_to_be_archived(phase: &Phase<'_>) -> Result<Vec<(Key, Email)>, Failure> {
    let mut people = Vec::new();
    for leaver in phase.work.leavers.iter().filter(|leaver| leaver.archive && leaver.segments.is_empty()) {
        let member = phase.view.member(phase.ready.export, leaver.key)?.filter(|member| member.state == MemberState::Leaving);
        people.extend(member.and_then(|member| Some((leaver.key, member.address?))));
    }
    Ok(people)
}

async fn one_by_one(phase: &Phase<'_>, people: Vec<(Key, Email)>) -> Result<(), Failure> {
    let (destination, place, row) = (&phase.context.destination, &phase.ready.place, phase.ready.row);
    let mut seen: Vec<(Key, SubscriptionStatus)> = Vec::new();
    for people in people.chunks(phase.context.connections.max(1) as usize) {
        let found = try_join_all(people.iter().map(|(_, email)| destination.find(place, email))).await?;
        seen.extend(people.iter().zip(found).filter_map(|((key, _), found)| Some((*key, found?.standing))));
    }
    phase.recorder.record(move |store| store.learn_standings(row, seen)).await
}

async fn changed(phase: &Phase<'_>) -> Result<(), Failure> {
    let Some(before) = phase.view.contacts_read(phase.ready.row)? else {
        return Err(Failure::new(super::FailureKind::Stalled, "contacts are to be archived, and their statuses were never read"));
    };
    phase.context.watch.phase("reading who opted out, before anyone is archived", None);
    standings::read_losses(phase.context, phase.recorder, phase.view, &phase.ready.place, phase.ready.row, before).await
}

#[cfg(test)]
mod tests {
    use crate::{
        platform::SubscriptionStatus,
        run::{
            Decision,
            fake::{Like, World},
        },
    };
    use rstest::rstest;

    fn rows(people: std::ops::Range<u32>) -> String {
        people.map(|n| format!("p{n:03}@x.test,P\n")).collect()
    }

    /// `leaving` of 300 leave, and the first of them opts out between the run's own reading and the archiving.
    #[rstest]
    #[case::looked_up_one_by_one(40)]
    #[case::read_by_what_changed(80)]
    #[tokio::test(start_paused = true)]
    async fn who_opts_out_before_they_are_archived_comes_back_opted_out(#[case] leaving: u32) {
        let world = World::new(Like::Mailchimp, "onLeave: archive").await;
        world.write(&rows(0..300));
        world.run().await;
        world.write(&rows(leaving..300));
        let platform = world.platform();
        let report = world
            .deciding(&|_| {
                platform.person("p000@x.test", SubscriptionStatus::Unsubscribed, &["Everyone"]);
                Decision::Go
            })
            .await;
        assert_eq!(report.counts.removed, u64::from(leaving), "{report:?}");
        let from = |email| world.contact(email).map(|contact| (contact.standing, contact.archived_from));
        assert_eq!(from("p000@x.test"), Some((SubscriptionStatus::Archived, Some(SubscriptionStatus::Unsubscribed))));
        assert_eq!(from("p001@x.test"), Some((SubscriptionStatus::Archived, Some(SubscriptionStatus::Subscribed))));
        world.write(&rows(0..300));
        world.run().await;
        let standing = |email| platform.find(email).map(|person| person.standing);
        assert_eq!(standing("p000@x.test"), Some(SubscriptionStatus::Unsubscribed));
        assert_eq!(standing("p001@x.test"), Some(SubscriptionStatus::Subscribed));
    }

    /// Somebody else archived them meanwhile: nobody's to restore.
    #[tokio::test(start_paused = true)]
    async fn who_is_archived_by_others_before_is_not_ours_to_restore() {
        let world = World::new(Like::Mailchimp, "onLeave: archive").await;
        world.write(&rows(0..20));
        world.run().await;
        world.write(&rows(1..20));
        let platform = world.platform();
        world
            .deciding(&|_| {
                platform.person("p000@x.test", SubscriptionStatus::Archived, &["Everyone"]);
                Decision::Go
            })
            .await;
        let contact = world.contact("p000@x.test").unwrap();
        assert_eq!((contact.standing, contact.archived_from), (SubscriptionStatus::Archived, None));
    }

    /// Killed wherever it may be, the run leaves no status to go back to that is higher than the one before the archiving.
    #[tokio::test(start_paused = true)]
    async fn a_kill_anywhere_gives_nobody_a_higher_status_back() {
        for requests in 0..12 {
            let world = World::new(Like::Mailchimp, "onLeave: archive").await;
            world.write(&rows(0..20));
            world.run().await;
            world.write(&rows(1..20));
            world.platform().person("p000@x.test", SubscriptionStatus::Unsubscribed, &["Everyone"]);
            world.killed_after(requests).await;
            world.run().await;
            let contact = world.contact("p000@x.test").unwrap();
            assert_eq!(contact.standing, SubscriptionStatus::Archived, "{requests} requests");
            assert_eq!(contact.archived_from, Some(SubscriptionStatus::Unsubscribed), "{requests} requests");
        }
    }
}
