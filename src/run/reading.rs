//! The source read whole: one thread steps the SQL, this one makes members of its rows.

use super::{Failure, Watch};
use crate::{
    definition::{Export, Segment},
    member::{Collector, Desired, Key, Mapping, address},
    segment::{self, Asked, Read},
    source::{Access, Net, RowBatch, SourceError, SqlLimits},
};
use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool, mpsc},
    thread,
};
use tokio_util::sync::CancellationToken;

/// Batches on their way from the reader.
const IN_FLIGHT: usize = 8;

/// A complete reading.
pub struct Reading {
    pub desired: Desired,
    /// Of each segment in the order of reading.
    pub reads: Vec<Read>,
}

/// What to read, and who hears of it.
pub struct Wanted {
    pub export: Arc<Export>,
    pub watch: Arc<dyn Watch>,
    pub cancel: CancellationToken,
    pub temp: PathBuf,
    /// Each segment with its bit.
    pub slots: Vec<(u8, Arc<Segment>)>,
    pub mapping: Arc<Mapping>,
    /// For sources that are asked over HTTP.
    pub net: Net,
    /// Set: the scan under way ends with an error.
    pub stop: Arc<AtomicBool>,
}

/// Reads every segment of an export; blocking.
pub fn read(wanted: &Wanted) -> Result<Reading, Failure> {
    let Wanted { mapping, slots, .. } = wanted;
    let mut collector = Collector::new(mapping, &wanted.temp)?;
    let mut reads = Vec::new();
    let suppressed = suppressed(wanted)?;
    for (bit, segment) in slots {
        collector.segment(*bit)?;
        reads.push(stream(wanted, segment, &mapping.columns(), |batch| collector.push(batch))?);
    }
    Ok(Reading { desired: collector.finish(suppressed)?, reads })
}

/// Keys of those who are never to be sent, sorted.
fn suppressed(wanted: &Wanted) -> Result<Vec<Key>, Failure> {
    let Some(segment) = &wanted.export.suppress else { return Ok(Vec::new()) };
    let mut keys = Vec::new();
    stream(wanted, segment, &[&wanted.export.matching.email], |batch| {
        let people = (0..batch.len()).filter_map(|row| address(batch.cell(row, 0)).ok().flatten());
        keys.extend(people.map(|email| Key::of(&email)));
        Ok(())
    })?;
    keys.sort_unstable();
    Ok(keys)
}

fn stream(
    wanted: &Wanted,
    segment: &Segment,
    columns: &[&str],
    mut take: impl FnMut(&RowBatch) -> std::io::Result<()>,
) -> Result<Read, Failure> {
    let (to, from) = mpsc::sync_channel::<RowBatch>(IN_FLIGHT);
    thread::scope(|scope| {
        let reader = scope.spawn(move || read_segment(wanted, segment, columns, &to));
        let mut taken = Ok(());
        for batch in from {
            if wanted.cancel.is_cancelled() {
                break;
            }
            wanted.watch.advance(batch.len() as u64);
            taken = take(&batch);
            if taken.is_err() {
                break;
            }
        }
        let read = reader.join().unwrap_or_else(|_| Err(SourceError::new("the reader stopped unexpectedly")));
        if wanted.cancel.is_cancelled() {
            return Err(Failure::canceled());
        }
        taken?;
        read.map_err(|error| in_segment(segment, error))
    })
}

fn read_segment(wanted: &Wanted, segment: &Segment, columns: &[&str], to: &mpsc::SyncSender<RowBatch>) -> Result<Read, SourceError> {
    let access = Access { limits: SqlLimits::default(), cancel: Arc::clone(&wanted.stop), net: Some(wanted.net.clone()) };
    let asked = Asked { columns, email: &wanted.export.matching.email };
    segment::read(segment, asked, &access, &mut |batch| to.send(batch).map_err(|_| SourceError::new("nobody reads on")))
}

fn in_segment(segment: &Segment, error: SourceError) -> Failure {
    let mut failure = Failure::from(error);
    failure.message = format!("segment {} ({}): {}", segment.name, segment.file.display(), failure.message);
    failure.hint("nothing was sent or taken out: an incomplete reading is never used")
}
