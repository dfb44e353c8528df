//! What is noticed before a plan: people whom others put back onto our lists (E18), and fields that are defined anew.

use super::{Context, Failure, Recorder, observe::Settled, pages::Pages};
use crate::{
    definition::Verify,
    destination::{ContactRecord, ContainerId, PlaceId, Reading},
    member::{Key, SegmentMask},
    platform::SubscriptionStatus,
    state::{ExportId, Seen, View},
};

/// An export's people who were removed externally, and its lists.
#[derive(Debug)]
pub struct Back {
    pub export: ExportId,
    /// In order.
    gone: Vec<Key>,
    lists: Vec<(u8, ContainerId)>,
}

impl Back {
    /// `lists`: by slot, those in the audience that is read.
    pub fn of(view: &View, export: ExportId, lists: Vec<(u8, ContainerId)>) -> Result<Self, Failure> {
        Ok(Self { export, gone: view.removed_externally(export)?, lists })
    }

    /// Nobody is missed.
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty()
    }

    /// Those of a page who are on lists of the export again. Where a reading does not tell lists, nobody is: on a doubt they stay
    /// removed. An archived contact is on no list, whatever it carries.
    pub fn among(&self, contacts: &[ContactRecord]) -> Vec<Seen> {
        let back = contacts.iter().filter(|contact| contact.standing != SubscriptionStatus::Archived);
        back.filter_map(|contact| self.seen(contact, self.inside(contact.containers.as_ref()?))).collect()
    }

    /// The same of a list's own members.
    pub fn on_list(&self, bit: u8, contacts: &[ContactRecord]) -> Vec<Seen> {
        let back = contacts.iter().filter(|contact| contact.standing != SubscriptionStatus::Archived);
        back.filter_map(|contact| self.seen(contact, SegmentMask::of(bit))).collect()
    }

    fn inside(&self, lists: &[ContainerId]) -> SegmentMask {
        let ours = self.lists.iter().filter(|(_, list)| lists.contains(list));
        ours.fold(SegmentMask::NONE, |mask, (bit, _)| mask.union(SegmentMask::of(*bit)))
    }

    fn seen(&self, contact: &ContactRecord, inside: SegmentMask) -> Option<Seen> {
        let key = Key::of(&contact.email);
        let missed = !inside.is_empty() && self.gone.binary_search(&key).is_ok();
        missed.then(|| Seen { key, address: contact.email.clone(), segments: inside.0 })
    }
}

/// Reads the lists of an export that misses people, where no reading of contacts tells who is back.
pub async fn look(context: &Context, recorder: &Recorder, view: &View, settled: &Settled) -> Result<(), Failure> {
    let Some(state) = settled.state.as_ref().filter(|_| !context.export.removed) else { return Ok(()) };
    let Some(place) = &state.place else { return Ok(()) };
    let told = context.capabilities.reading != Reading::Nothing && context.export.verify != Some(Verify::Always);
    let there = |list: &ContainerId| settled.observed.containers.iter().any(|seen| seen.id == *list);
    let here = |segment: &crate::state::SegmentSlot| segment.container.clone().filter(|c| c.place == place.row && there(&c.remote));
    let lists: Vec<_> = state.segments.iter().filter_map(|s| Some((s.bit, here(s)?.remote))).collect();
    let back = Back::of(view, state.id, lists)?;
    if told || back.is_empty() {
        return Ok(());
    }
    context.watch.phase("reading who is back on a list", None);
    for (bit, list) in &back.lists {
        read(context, recorder, &back, &place.remote, *bit, list).await?;
    }
    recorder.flush().await
}

async fn read(context: &Context, recorder: &Recorder, back: &Back, place: &PlaceId, bit: u8, list: &ContainerId) -> Result<(), Failure> {
    let mut pages = Pages::of_list(context, place, list);
    while let Some(contacts) = pages.next().await? {
        put_back(recorder, back.export, back.on_list(bit, &contacts))?;
    }
    Ok(())
}

/// Records people as back.
pub fn put_back(recorder: &Recorder, export: ExportId, seen: Vec<Seen>) -> Result<(), Failure> {
    if seen.is_empty() {
        return Ok(());
    }
    recorder.write(move |store| store.put_back(export, &seen))
}

/// A field that is another one now: what was rejected because of it is asked again, by this very run.
pub async fn fields_defined_anew(recorder: &Recorder, settled: &Settled) -> Result<(), Failure> {
    let Some(state) = &settled.state else { return Ok(()) };
    let Some(place) = state.place.as_ref().map(|place| place.row) else { return Ok(()) };
    // Also where nothing is to be sent: which fields these are is asked again when one of them is gone.
    if settled.resources.seen != state.seen {
        let seen = settled.resources.seen.clone();
        recorder.record(move |store| store.record_seen_fields(place, &seen)).await?;
    }
    let mut announced = crate::destination::Fields::new();
    let mapped = settled.resources.kinds.iter().filter(|(tag, _)| settled.observed.fields.iter().any(|field| field.tag == **tag));
    let mut changed = false;
    for (tag, kind) in mapped {
        if let Some(known) = state.fields.get(tag) {
            changed |= known != kind;
            announced.insert(tag.clone(), kind.clone());
        }
    }
    if !changed {
        return Ok(());
    }
    let shown = settled.observed.fields.iter().map(|field| (field.tag.clone(), field.kind.clone())).collect();
    recorder.record(move |store| store.record_fields(place, &shown, &announced)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::Email;

    fn record(address: &str, standing: SubscriptionStatus, lists: Option<&[&str]>) -> ContactRecord {
        let containers = lists.map(|lists| lists.iter().map(|list| ContainerId((*list).to_owned())).collect());
        ContactRecord { containers, ..ContactRecord::new(Email::trusted(address), standing) }
    }

    #[test]
    fn only_who_is_missed_and_seen_on_a_list_of_ours_is_back() {
        let key = |address| Key::of(&Email::trusted(address));
        let mut gone = vec![key("a@x.test"), key("b@x.test"), key("c@x.test"), key("d@x.test")];
        gone.sort_unstable();
        let dir = tempfile::tempdir().unwrap();
        let state = crate::state::StateDir::resolve(Some(dir.path())).unwrap();
        let mut store = crate::state::Store::open(&state, chrono::Utc::now()).unwrap();
        let export = store.ensure_export(&crate::definition::Name::new("news").unwrap(), None).unwrap();
        let back = Back { export, gone, lists: vec![(0, ContainerId("1".into())), (2, ContainerId("3".into()))] };
        let page = [
            record("a@x.test", SubscriptionStatus::Unsubscribed, Some(&["3", "9"])),
            record("b@x.test", SubscriptionStatus::Subscribed, Some(&["9"])),
            record("c@x.test", SubscriptionStatus::Archived, Some(&["1"])),
            record("d@x.test", SubscriptionStatus::Subscribed, None),
            record("e@x.test", SubscriptionStatus::Subscribed, Some(&["1"])),
        ];
        let seen = back.among(&page);
        assert_eq!(seen, [Seen { key: key("a@x.test"), address: Email::trusted("a@x.test"), segments: 0b100 }]);
        assert_eq!(back.on_list(0, &page).len(), 3, "a list's members are on it");
    }
}
