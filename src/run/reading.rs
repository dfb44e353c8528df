//! The source read whole: one thread steps the SQL, this one makes members of its rows.

use super::{Failure, FailureKind, Watch};
use crate::{
    definition::{Export, Name, Segment},
    member::{Collector, Desired, Key, Mapping, Orders, Undecided, address},
    segment::{self, Addresses, Asked, Input, Read},
    source::{Access, Ends, Isolation, Net, Notices, RowBatch, SourceError, SqlLimits},
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
    /// Of the suppression lists, and of what they are built on.
    pub suppression: Vec<Input>,
    /// Sources whose segments may be of several moments: who moved meanwhile may be in none of them.
    pub several: Vec<Name>,
    /// What was odd in any of them.
    pub notices: Notices,
    /// How the files of all of them end.
    pub ends: Ends,
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
    pub isolation: Isolation,
    /// Set: the scan under way ends with an error.
    pub stop: Arc<AtomicBool>,
}

/// Reads every segment of an export, each source at one moment as far as it has such (E20); blocking. Where a column's dates turn
/// out to be written otherwise than they were read, everything is read once more.
pub fn read(wanted: &Wanted) -> Result<Reading, Failure> {
    let orders = match pass(wanted, &wanted.mapping)? {
        Pass::Done(reading) => return Ok(*reading),
        Pass::Otherwise(orders) => orders,
    };
    wanted.watch.phase("reading the source again, its dates as its columns write them", None);
    match pass(wanted, &wanted.mapping.with_orders(orders))? {
        Pass::Done(reading) => Ok(*reading),
        Pass::Otherwise(_) => Err(Failure::new(FailureKind::Source, "the source changed while it was read: its dates").hint(NOTHING_SENT)),
    }
}

/// What one pass over the source came to.
enum Pass {
    Done(Box<Reading>),
    /// Its dates are written in these orders.
    Otherwise(Orders),
}

fn pass(wanted: &Wanted, mapping: &Mapping) -> Result<Pass, Failure> {
    let slots = &wanted.slots;
    let access = wanted.access();
    let mut collector = Collector::new(mapping, &wanted.temp)?;
    let mut reads = Vec::new();
    let (mut notices, mut ends) = (Notices::default(), Ends::default());
    let (suppressed, suppression) = suppressed(wanted, &access, (&mut notices, &mut ends))?;
    for (bit, segment) in slots {
        collector.segment(*bit)?;
        let mut read = stream(wanted, &access, segment, &mapping.columns(), |batch| collector.push(batch))?;
        notices.extend(std::mem::take(&mut read.notices));
        ends.extend(std::mem::take(&mut read.ends));
        reads.push(read);
    }
    let several = finish(&access)?;
    let orders = collector.orders().map_err(|undecided| undecided_dates(mapping, &undecided))?;
    if !collector.is_in_order() {
        return Ok(Pass::Otherwise(orders));
    }
    Ok(Pass::Done(Box::new(Reading { desired: collector.finish(suppressed)?, reads, suppression, several, notices, ends })))
}

fn undecided_dates(mapping: &Mapping, undecided: &[Undecided]) -> Failure {
    let line = |dates: &Undecided| {
        let (field, column) = (&mapping.fields()[dates.field].tag, mapping.column_of(dates.field));
        format!("attribute {field}: the dates in column {column:?} are ambiguous: {dates}")
    };
    let lines: Vec<_> = undecided.iter().map(line).collect();
    let failure = Failure::new(FailureKind::Stalled, lines.join("\n"));
    let hint = undecided.first().map(|dates| {
        let (column, (kind, day_first, month_first)) = (mapping.column_of(dates.field), dates.declared());
        format!(
            "say at the Source's table how {column} is written: `columns: {{{column}: {{type: {kind}, format: \"{day_first}\"}}}}` for day first, \
             `format: \"{month_first}\"` for month first; or let the query write YYYY-MM-DD (a birthday without its year: --MM-DD)"
        )
    });
    hint.into_iter().fold(failure, Failure::hint).hint(NOTHING_SENT)
}

/// Who of these is in any segment now: a reading of its own, of nothing but addresses; blocking. `people` is sorted.
pub fn present(wanted: &Wanted, people: &[Key]) -> Result<Vec<Key>, Failure> {
    let access = wanted.access();
    let mut present = Vec::new();
    for (_, segment) in &wanted.slots {
        stream(wanted, &access, segment, &[&wanted.export.matching.email], |batch| {
            let emails = (0..batch.len()).filter_map(|row| address(batch.cell(row, 0)).ok().flatten());
            present.extend(emails.map(|email| Key::of(&email)).filter(|key| people.binary_search(key).is_ok()));
            Ok(())
        })?;
    }
    finish(&access)?;
    present.sort_unstable();
    present.dedup();
    Ok(present)
}

fn finish(access: &Access) -> Result<Vec<Name>, Failure> {
    access.finish().map_err(|error| Failure::from(error).hint(NOTHING_SENT))
}

const NOTHING_SENT: &str = "nothing was sent or taken out: an incomplete reading is never used";

impl Wanted {
    /// For one reading of everything.
    fn access(&self) -> Access {
        let access = Access::new(SqlLimits::default(), Arc::clone(&self.stop), Some(self.net.clone()));
        let consent = self.export.new_contacts.consent.iter().flat_map(|consent| [Some(&consent.column), consent.at.as_ref()]);
        let vital = [&self.export.matching.email].into_iter().chain(consent.flatten()).map(String::as_str).collect::<Vec<_>>();
        access.isolated(self.isolation, self.export.read_limits, &self.temp).vital(&vital)
    }
}

/// Keys of the suppressed, sorted, and what they were read from.
fn suppressed(wanted: &Wanted, access: &Access, (notices, ends): (&mut Notices, &mut Ends)) -> Result<(Vec<Key>, Vec<Input>), Failure> {
    let (mut keys, mut inputs) = (Vec::new(), Vec::new());
    for segment in &wanted.export.suppress {
        let read = segment::people(segment, &wanted.export.matching.email, Addresses::Listed, access);
        if wanted.cancel.is_cancelled() {
            return Err(Failure::canceled());
        }
        let (people, read) = read.map_err(|error| in_segment(segment, error))?;
        wanted.watch.advance(people.len());
        keys.append(&mut people.into_inner());
        inputs.extend(read.inputs);
        notices.extend(read.notices);
        ends.extend(read.ends);
    }
    keys.sort_unstable();
    keys.dedup();
    Ok((keys, inputs))
}

fn stream(
    wanted: &Wanted,
    access: &Access,
    segment: &Segment,
    columns: &[&str],
    mut take: impl FnMut(&RowBatch) -> std::io::Result<()>,
) -> Result<Read, Failure> {
    let (to, from) = mpsc::sync_channel::<RowBatch>(IN_FLIGHT);
    thread::scope(|scope| {
        let reader = scope.spawn(move || read_segment(wanted, access, segment, columns, &to));
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

fn read_segment(
    wanted: &Wanted,
    access: &Access,
    segment: &Segment,
    columns: &[&str],
    to: &mpsc::SyncSender<RowBatch>,
) -> Result<Read, SourceError> {
    let asked = Asked { columns, email: &wanted.export.matching.email };
    segment::read(segment, asked, access, &mut |batch| to.send(batch).map_err(|_| SourceError::new("nobody reads on")))
}

fn in_segment(segment: &Segment, error: SourceError) -> Failure {
    let mut failure = Failure::from(error);
    failure.message = format!("segment {} ({}): {}", segment.name, segment.file.display(), failure.message);
    failure.hint(NOTHING_SENT)
}
