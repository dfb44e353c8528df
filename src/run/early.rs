//! The source read while the platform is still being asked: what it wants of the source is known from the last run, and the
//! platform seldom disagrees.

use super::{
    Failure, Watch,
    prepare::remade,
    reading::{self, Reading, Wanted},
};
use crate::{
    definition::{Export, Segment},
    destination::{Destination, FieldFit, Fields, RemoteField, WantedField},
    http::Hub,
    member::{Key, Mapping},
    source::{Isolation, Net},
    state::View,
};
use chrono::{DateTime, Utc};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What is read: the fields' kinds and each segment's slot.
#[derive(Clone, Debug)]
pub struct Shape {
    pub kinds: Fields,
    /// How often each mapped field was made again, where it was.
    pub remade: BTreeMap<String, u32>,
    pub slots: Vec<(u8, Arc<Segment>)>,
}

/// What it takes to read.
#[derive(Clone, Copy)]
pub struct Reads<'a> {
    pub export: &'a Arc<Export>,
    pub watch: &'a Arc<dyn Watch>,
    pub cancel: &'a CancellationToken,
    pub temp: &'a Path,
    pub hub: &'a Hub,
    pub isolation: Isolation,
    /// When it is read.
    pub now: DateTime<Utc>,
}

/// A reading under way. Dropping it stops it.
pub struct Early {
    shape: Shape,
    mapping: Arc<Mapping>,
    task: JoinHandle<Result<Reading, Failure>>,
    stop: Arc<AtomicBool>,
    teller: JoinHandle<()>,
}

impl Shape {
    /// As the last run left it; `None` if the state cannot tell.
    pub fn recorded(export: &Export, destination: &dyn Destination, view: &View) -> Option<Self> {
        let state = view.export(&export.name).ok()??;
        let mut kinds = Fields::new();
        for (tag, spec) in &export.attributes {
            let kind = state.fields.get(tag)?.clone();
            let remote = RemoteField { id: String::new(), tag: tag.clone(), name: tag.clone(), kind };
            let FieldFit::Fits(kind) = destination.fit(&WantedField { tag, spec }, Some(&remote)) else { return None };
            kinds.insert(tag.clone(), kind);
        }
        let mut slots = Vec::new();
        for slot in export.slots() {
            let bit = state.segments.iter().find(|s| s.segment == slot.name)?.bit;
            slots.extend(slot.segments.into_iter().map(|segment| (bit, segment)));
        }
        Some(Self { kinds, remade: remade(export, &state.seen), slots })
    }

    fn same(&self, other: &Self) -> bool {
        let slots = |shape: &Self| shape.slots.iter().map(|(bit, segment)| (*bit, segment.name.clone())).collect::<Vec<_>>();
        self.kinds == other.kinds && self.remade == other.remade && slots(self) == slots(other)
    }
}

impl Early {
    /// Begins to read.
    pub fn begin(with: &Reads<'_>, shape: Shape) -> Self {
        let Reads { export, watch, cancel, now, .. } = *with;
        let consent = export.new_contacts.consent.as_ref().map(|consent| (consent, now));
        let mapping = Mapping::new(&export.matching, &export.attributes, &shape.kinds, consent);
        let mapping = Arc::new(mapping.with_remade(&shape.remade));
        let stop = Arc::new(AtomicBool::new(false));
        let wanted = with.wanted(&shape, &mapping, &stop);
        watch.phase("reading the source", None);
        let task = tokio::task::spawn_blocking(move || reading::read(&wanted));
        let teller = stopping(cancel, &stop);
        Self { shape, mapping, task, stop, teller }
    }

    /// Whether it reads what is wanted after all.
    pub fn is_of(&self, shape: &Shape) -> bool {
        self.shape.same(shape)
    }

    /// Waits for it.
    pub async fn finish(mut self) -> Result<(Arc<Mapping>, Reading), Failure> {
        let reading = (&mut self.task).await;
        let reading = reading.unwrap_or_else(|_| Err(stopped()));
        Ok((Arc::clone(&self.mapping), reading?))
    }
}

/// A scan that gives no rows for a while must hear of Ctrl-C too.
fn stopping(cancel: &CancellationToken, stop: &Arc<AtomicBool>) -> JoinHandle<()> {
    let (cancel, told) = (cancel.clone(), Arc::clone(stop));
    tokio::spawn(async move {
        cancel.cancelled().await;
        told.store(true, Ordering::Relaxed);
    })
}

impl Reads<'_> {
    fn wanted(&self, shape: &Shape, mapping: &Arc<Mapping>, stop: &Arc<AtomicBool>) -> Wanted {
        Wanted {
            export: Arc::clone(self.export),
            watch: Arc::clone(self.watch),
            cancel: self.cancel.clone(),
            temp: self.temp.to_owned(),
            slots: shape.slots.clone(),
            mapping: Arc::clone(mapping),
            isolation: self.isolation,
            stop: Arc::clone(stop),
            net: Net { hub: self.hub.stopped_by(self.cancel.clone()), runtime: tokio::runtime::Handle::current() },
        }
    }

    /// Reads everything once more; gives those of `people`, which are sorted, who are in a segment now.
    pub async fn present(&self, shape: &Shape, mapping: &Arc<Mapping>, people: Vec<Key>) -> Result<Vec<Key>, Failure> {
        let stop = Arc::new(AtomicBool::new(false));
        let (wanted, teller) = (self.wanted(shape, mapping, &stop), stopping(self.cancel, &stop));
        let read = tokio::task::spawn_blocking(move || reading::present(&wanted, &people)).await;
        teller.abort();
        read.unwrap_or_else(|_| Err(stopped()))
    }
}

fn stopped() -> Failure {
    Failure::new(super::FailureKind::Source, "reading the source stopped unexpectedly")
}

impl Drop for Early {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.teller.abort();
    }
}
