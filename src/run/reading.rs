//! The source read whole: one thread steps the SQL, this one makes members of its rows.

use super::{Failure, Watch};
use crate::{
    definition::{Export, Members, Segment},
    member::{Collector, Desired, Email, Key, Mapping},
    source::{self, Access, Cell, Net, Report, RowBatch, SourceError, SqlLimits},
};
use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool, mpsc},
    thread,
    time::SystemTime,
};
use tokio_util::sync::CancellationToken;

/// Batches on their way from the reader.
const IN_FLIGHT: usize = 8;

/// A complete reading, and how fresh each segment's source is.
pub struct Reading {
    pub desired: Desired,
    /// Of each segment in the order of reading, where known.
    pub newest: Vec<Option<SystemTime>>,
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
    let mut newest = Vec::new();
    let suppressed = suppressed(wanted)?;
    for (bit, segment) in slots {
        collector.segment(*bit)?;
        let report = stream(wanted, segment, &mapping.columns(), |batch| collector.push(batch))?;
        newest.push(report.newest);
    }
    Ok(Reading { desired: collector.finish(suppressed)?, newest })
}

/// Keys of those who are never to be sent, sorted.
fn suppressed(wanted: &Wanted) -> Result<Vec<Key>, Failure> {
    let Some(segment) = &wanted.export.suppress else { return Ok(Vec::new()) };
    let mut keys = Vec::new();
    stream(wanted, segment, &[&wanted.export.matching.email], |batch| {
        keys.extend((0..batch.len()).filter_map(|row| match batch.cell(row, 0) {
            Cell::Text(text) => Email::parse(text).ok().flatten().map(|email| Key::of(&email)),
            _ => None,
        }));
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
) -> Result<Report, Failure> {
    let (to, from) = mpsc::sync_channel::<RowBatch>(IN_FLIGHT);
    thread::scope(|scope| {
        let reader = scope.spawn(move || read_segment(segment, columns, &wanted.stop, &wanted.net, &to));
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
        let report = reader.join().unwrap_or_else(|_| Err(SourceError::new("the reader stopped unexpectedly")));
        if wanted.cancel.is_cancelled() {
            return Err(Failure::canceled());
        }
        taken?;
        report.map_err(|error| in_segment(segment, error))
    })
}

fn read_segment(
    segment: &Segment,
    columns: &[&str],
    stop: &Arc<AtomicBool>,
    net: &Net,
    to: &mpsc::SyncSender<RowBatch>,
) -> Result<Report, SourceError> {
    let Members::Rows(rows) = &segment.of else { return Err(SourceError::new("segments on segments are not read by this version")) };
    let access = Access { limits: SqlLimits::default(), cancel: Arc::clone(stop), net: Some(net.clone()) };
    let mut reader = source::open(rows, &access)?;
    reader.read(columns, &mut |batch| to.send(batch).map_err(|_| SourceError::new("nobody reads on")))
}

fn in_segment(segment: &Segment, error: SourceError) -> Failure {
    let mut failure = Failure::from(error);
    failure.message = format!("segment {} ({}): {}", segment.name, segment.file.display(), failure.message);
    failure.hint("nothing was sent or taken out: an incomplete reading is never used")
}
