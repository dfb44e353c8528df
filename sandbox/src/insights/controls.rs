//! What the control surface changes, in JSON: how the environments behave, and single people.

use super::{
    Insights,
    settings::{Form, Headers},
    store::{Table, Walk, broken},
};
use crate::{Error, draw, vendor::Held};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Everything that can be set; what is absent stays.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Set {
    token_seconds: Option<i64>,
    change_tracking: Option<bool>,
    segments_as: Option<Form>,
    sparse: Option<bool>,
    definitions: Option<bool>,
    cut_memberships: Option<usize>,
    cut_profiles: Option<usize>,
    headers: Option<Headers>,
    dataverse_calls: Option<u32>,
    api_calls: Option<u32>,
    partition_rows: Option<i64>,
    /// Columns that people have from now on, with nothing in them; those that are there stay as they are.
    columns: Vec<String>,
    refresh: Option<Moment>,
    segments: BTreeMap<String, SetSegment>,
}

/// The system's own work: memberships of one half of the people change when it begins, of the other when it ends.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Moment {
    Begin,
    End,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct SetSegment {
    /// `active`, `inactive`, …
    state: Option<String>,
    /// `CompletedSuccess`, `Failed`, `Running`.
    status: Option<String>,
    count_off: Option<i64>,
}

/// Something about one person.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetPerson {
    customer_id: String,
    is: PersonIs,
    #[serde(default)]
    segment: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum PersonIs {
    /// The profile is gone, the memberships are still there.
    Dropped,
    /// In the segment from now on.
    In,
    /// No longer in the segment.
    Out,
}

impl Insights {
    pub(super) fn set(&self, json: &Value) -> Result<(), Error> {
        let set = Set::deserialize(json).map_err(|error| Error::Refused(error.to_string()))?;
        self.set_plain(&set);
        self.store().add_columns(&set.columns).map_err(broken)?;
        for (name, change) in &set.segments {
            self.set_segment(name, change)?;
        }
        match set.refresh {
            Some(Moment::Begin) => self.begin_refresh(),
            Some(Moment::End) => self.end_refresh(),
            None => Ok(()),
        }
    }

    fn set_plain(&self, set: &Set) {
        let mut settings = self.settings();
        let now = settings.clone();
        settings.token_seconds = set.token_seconds.unwrap_or(now.token_seconds);
        settings.change_tracking = set.change_tracking.unwrap_or(now.change_tracking);
        settings.segments_as = set.segments_as.unwrap_or(now.segments_as);
        settings.sparse = set.sparse.unwrap_or(now.sparse);
        settings.definitions = set.definitions.unwrap_or(now.definitions);
        settings.cut_memberships = set.cut_memberships.unwrap_or(now.cut_memberships);
        settings.cut_profiles = set.cut_profiles.unwrap_or(now.cut_profiles);
        settings.headers = set.headers.unwrap_or(now.headers);
        settings.dataverse_calls = set.dataverse_calls.unwrap_or(now.dataverse_calls);
        settings.api_calls = set.api_calls.unwrap_or(now.api_calls);
        settings.partition_rows = set.partition_rows.unwrap_or(now.partition_rows).max(1);
    }

    fn set_segment(&self, name: &str, change: &SetSegment) -> Result<(), Error> {
        let store = self.store();
        let mut segment = store.segment(name).map_err(broken)?.ok_or_else(|| no_segment(name))?;
        segment.state = change.state.clone().unwrap_or(segment.state);
        segment.status = change.status.clone().unwrap_or(segment.status);
        segment.count_off = change.count_off.unwrap_or(segment.count_off);
        store.keep_segment(&segment).map_err(broken)
    }

    pub(super) fn set_person(&self, json: &Value) -> Result<(), Error> {
        let set = SetPerson::deserialize(json).map_err(|error| Error::Refused(error.to_string()))?;
        let mut store = self.store();
        let nobody = || Error::Refused(format!("there is no customer {}", set.customer_id));
        if set.is == PersonIs::Dropped {
            return if store.drop_person(&set.customer_id).map_err(broken)? { Ok(()) } else { Err(nobody()) };
        }
        let id = store.person(&set.customer_id).map_err(broken)?.ok_or_else(nobody)?;
        let name = set.segment.as_deref().unwrap_or_default();
        if store.segment(name).map_err(broken)?.is_none() {
            return Err(no_segment(name));
        }
        let moved = store.within(|store| {
            let (version, mut change) = (store.next_version()?, store.segments_of(id, &set.customer_id)?);
            match set.is {
                PersonIs::In => drop(change.segments.insert(name.to_owned())),
                _ => drop(change.segments.remove(name)),
            }
            store.apply(&[change], version)?;
            store.recount()
        });
        moved.map_err(broken)
    }

    /// The segment is there, with a stable part of the people.
    pub(super) fn ensure(&self, friendly: &str) -> Result<(), Error> {
        let name = output_name(friendly);
        let mut store = self.store();
        let known = store.segment(&name).map_err(broken)?.is_some();
        if known || name == super::api::CUSTOMER {
            return Ok(());
        }
        if name.is_empty() || name.len() > 200 {
            return Err(Error::Refused(format!("\"{friendly}\" is not a segment's name: use letters, digits and _")));
        }
        let seed = xxhash_rust::xxh3::xxh3_64(name.as_bytes());
        let made = store.within(|store| {
            let version = store.next_version()?;
            store.add_segment(&name, friendly)?;
            store.change(Walk::all(Table::People), version, |person| {
                let stable = xxhash_rust::xxh3::xxh3_64(person.customer.as_bytes());
                if draw::chance(seed, stable, 0) < 0.4 {
                    person.segments.insert(name.clone());
                }
            })?;
            store.recount()
        });
        made.map_err(broken)
    }

    /// Who there is, what is in which state, and whether the system is at work.
    pub(super) fn observed(&self) -> Result<Value, Error> {
        let refreshing = self.refresh().runs();
        let store = self.store();
        let (people, segments) = (store.extent().map_err(broken)?.1, store.segments().map_err(broken)?);
        let told = |s: &super::store::Segment| json!({"name": s.name, "state": s.state, "status": s.status, "members": s.members, "said": s.said()});
        Ok(json!({"people": people, "refreshing": refreshing, "segments": segments.iter().map(told).collect::<Vec<_>>()}))
    }

    pub(super) fn held(&self) -> Result<Vec<Held>, Error> {
        let segments = self.store().segments().map_err(broken)?;
        let held = |s: super::store::Segment| Held { kind: "segment", id: s.name, name: s.friendly, members: s.members };
        Ok(segments.into_iter().map(held).collect())
    }
}

/// What Customer Insights makes of a display name.
fn output_name(friendly: &str) -> String {
    friendly.trim().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn no_segment(name: &str) -> Error {
    Error::Refused(format!("there is no segment \"{name}\"; make it with POST to containers, or ask GET for those there are"))
}
