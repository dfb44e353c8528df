//! Who is in a segment: rows of a source, or of the segments it is built on, sampled and limited; streamed.
//!
//! May know: sources' rows, addresses. May not know: platforms' fields, plans, the state.
//!
//! People of different sources meet by e-mail address, as members do everywhere. A row without an address that can be used
//! is in no set: it is passed on, so that it is counted and reported, and nobody is sent because of it. An operand costs 16
//! bytes a person while the segment is read; rows are never kept.

mod input;
mod keys;
mod limit;
mod sample;
mod take;
#[cfg(test)]
mod tests;

use crate::{
    definition::{Members, Name, Rows, Segment, Selection},
    member::source_tag,
    source::{self, Access, Ends, Notices, QueryPlace, Report, RowBatch, SourceError},
};
use keys::Keys;
use std::time::SystemTime;
use take::Columns;

pub use input::{Input, Unreadable};
pub use keys::{Addresses, of as people};

/// What is asked of segments.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// In the order of the rows' cells; holds `email`.
    pub columns: &'a [&'a str],
    /// The column that people are known by.
    pub email: &'a str,
}

/// What a complete reading of a segment was of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Rows handed over.
    pub rows: u64,
    /// How fresh the stalest of its sources is; `None` where one of them cannot tell.
    pub newest: Option<SystemTime>,
    /// Of a segment built on others, or on a part of its rows: how it came about.
    pub made_of: Option<MadeOf>,
    /// Every segment it is built on, however deep.
    pub inputs: Vec<Input>,
    /// What was odd in it, and in everything it is built on.
    pub notices: Notices,
    /// How the files of all of that end.
    pub ends: Ends,
}

/// How many people each part gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeOf {
    /// In words: `union`, `intersect`, `except`; `None` for rows of a source.
    pub how: Option<&'static str>,
    /// Rows of the segments that rows are taken from, people of those they are compared with.
    pub parts: Vec<(Name, u64)>,
    /// Rows before sample and limit.
    pub rows: u64,
    /// Parts of a million; `None`: everyone.
    pub sample: Option<u32>,
    pub limit: Option<u64>,
}

type Sink<'s> = dyn FnMut(RowBatch) -> Result<(), SourceError> + 's;

/// Reads every row of a segment; blocking, whole or an error.
pub fn read(segment: &Segment, asked: Asked<'_>, access: &Access, sink: &mut Sink<'_>) -> Result<Read, SourceError> {
    if segment.sample.is_none() && segment.limit.is_none() {
        return set(segment, asked, access, sink);
    }
    let first = match &segment.limit {
        Some(limit) => Some(limit::first(segment, limit, asked, access)?),
        None => None,
    };
    let (mut read, rows) = part(segment, asked, access, first.as_ref().map(|first| &first.people), sink)?;
    if let Some(first) = first {
        first.same(segment, &read)?;
        read.notices.extend(first.notices());
    }
    let made = read.made_of.unwrap_or(MadeOf { how: None, parts: Vec::new(), rows: read.rows, sample: None, limit: None });
    let sample = segment.sample.as_ref().map(|sample| sample.share);
    let made_of = Some(MadeOf { sample, limit: segment.limit.as_ref().map(|limit| limit.people), ..made });
    Ok(Read { rows, newest: read.newest, made_of, inputs: read.inputs, notices: read.notices, ends: read.ends })
}

/// The rows of a segment that its sample and `people` leave, and how many they are.
fn part(
    segment: &Segment,
    asked: Asked<'_>,
    access: &Access,
    people: Option<&Keys>,
    sink: &mut Sink<'_>,
) -> Result<(Read, u64), SourceError> {
    let sample = segment.sample.as_ref();
    let columns = Columns::with(asked, sample.and_then(|sample| sample.by.as_deref()));
    let mut rows = 0;
    let read = set(segment, columns.asked(), access, &mut |batch| {
        let kept = columns.take(&batch, |row| {
            let person = columns.email_of(&batch, row);
            person.is_none_or(|email| {
                sample.is_none_or(|sample| sample::has(sample, &columns, &batch, row, &email)) && people.is_none_or(|p| p.has(&email))
            })
        });
        rows += kept.len() as u64;
        if kept.is_empty() { Ok(()) } else { sink(kept) }
    })?;
    Ok((read, rows))
}

/// A segment before its sample and limit.
fn set(segment: &Segment, asked: Asked<'_>, access: &Access, sink: &mut Sink<'_>) -> Result<Read, SourceError> {
    match &segment.of {
        Members::Rows(rows) => {
            let tag = source_tag(rows.source.name.as_str());
            let mut labelled = |batch: RowBatch| sink(batch.of_source(tag));
            let Report { rows, newest, notices, ends } =
                source::open(rows, access)?.read(asked.columns, &mut labelled).map_err(|error| placed(error, rows))?;
            Ok(Read { rows, newest, notices, ends, ..Read::default() })
        }
        Members::Union(of) => {
            let mut parts = Vec::new();
            for segment in of {
                parts.push((&**segment, read(segment, asked, access, sink)?));
            }
            Ok(made("union", parts, None))
        }
        Members::Intersect(of) => compared("intersect", of, asked, access, sink),
        Members::Except(of) => compared("except", of, asked, access, sink),
    }
}

/// With the place in the file, where the error knows its place in the query.
fn placed(error: SourceError, rows: &Rows) -> SourceError {
    let (Some(QueryPlace::At(line, column)), Some(written), Selection::Query(query)) = (error.query, &rows.written, &rows.select) else {
        return error;
    };
    let at = written.place(query, line, column);
    SourceError { message: format!("{} ({}:{}:{})", error.message, rows.file.display(), at.line, at.column), ..error }
}

/// Rows of the first of `of`, held against the people of the others.
fn compared(
    how: &'static str,
    of: &[std::sync::Arc<Segment>],
    asked: Asked<'_>,
    access: &Access,
    sink: &mut Sink<'_>,
) -> Result<Read, SourceError> {
    let Some((first, others)) = of.split_first() else { return Ok(Read::default()) };
    let mut parts = Vec::new();
    let mut people: Option<Keys> = None;
    let addresses = if how == "except" { Addresses::Listed } else { Addresses::Strict };
    for other in others {
        let (keys, read) = keys::of(other, asked.email, addresses, access)?;
        parts.push((&**other, Read { rows: keys.len(), ..read }));
        people = Some(match people {
            None => keys,
            Some(people) if how == "except" => people.with(keys),
            Some(people) => people.within(&keys),
        });
    }
    let people = people.unwrap_or_default();
    let columns = Columns::with(asked, None);
    let mut rows = 0;
    let read = read(first, asked, access, &mut |batch| {
        let kept = columns.take(&batch, |row| columns.email_of(&batch, row).is_none_or(|email| people.has(&email) == (how == "intersect")));
        rows += kept.len() as u64;
        if kept.is_empty() { Ok(()) } else { sink(kept) }
    })?;
    parts.insert(0, (&**first, read));
    Ok(made(how, parts, Some(rows)))
}

/// `rows`: those handed over, where that is not all of the parts'.
fn made(how: &'static str, parts: Vec<(&Segment, Read)>, rows: Option<u64>) -> Read {
    let rows = rows.unwrap_or_else(|| parts.iter().map(|(_, read)| read.rows).sum());
    let newest = parts.iter().map(|(_, read)| read.newest).min().flatten();
    let (mut inputs, mut notices, mut ends) = (Vec::new(), Notices::default(), Ends::default());
    let mut counts = Vec::new();
    for (segment, mut read) in parts {
        counts.push((segment.name.clone(), read.rows));
        inputs.append(&mut read.inputs);
        notices.extend(std::mem::take(&mut read.notices));
        ends.extend(std::mem::take(&mut read.ends));
        // One that is compared with is among its inputs already.
        if inputs.last().is_none_or(|input| input.segment != segment.name) {
            inputs.push(Input::of(segment, &read, read.rows));
        }
    }
    let made_of = Some(MadeOf { how: Some(how), parts: counts, rows, sample: None, limit: None });
    Read { rows, newest, made_of, inputs, notices, ends }
}
