//! `readLimits` of the settings, field by field over the defaults.

use super::{
    scope::Scope,
    values::{duration, size},
};
use crate::definition::{
    ReadLimits,
    document::{ReadLimitsDoc, Text},
};
use std::{ops::RangeInclusive, time::Duration};

/// Less, and not even the process starts.
const MEMORY: RangeInclusive<u64> = 64 << 20..=1 << 44;
const DISK: RangeInclusive<u64> = 1 << 20..=1 << 50;
/// As many as an export may have members at most.
const ROWS: RangeInclusive<u64> = 1..=100_000_000;

pub fn resolve(doc: Option<&ReadLimitsDoc>, scope: &mut Scope<'_>) -> ReadLimits {
    let mut limits = ReadLimits::default();
    let Some(doc) = doc else { return limits };
    limits.memory_bytes = bytes(doc.memory.as_ref(), "memory", &MEMORY, scope).unwrap_or(limits.memory_bytes);
    limits.disk_bytes = bytes(doc.disk.as_ref(), "disk", &DISK, scope).unwrap_or(limits.disk_bytes);
    limits.cpu = seconds(doc.cpu.as_ref(), "cpu", scope).unwrap_or(limits.cpu);
    limits.time = seconds(doc.time.as_ref(), "time", scope).unwrap_or(limits.time);
    if let Some(rows) = &doc.rows {
        limits.rows = rows.value;
        if !ROWS.contains(&rows.value) {
            scope.error(rows.at, "`rows` is 1 to 100000000", "split the segment beyond that");
        }
    }
    limits
}

fn bytes(text: Option<&Text>, field: &str, within: &RangeInclusive<u64>, scope: &mut Scope<'_>) -> Option<u64> {
    let text = text?;
    let found = size(text, field, scope)?;
    if within.contains(&found) {
        return Some(found);
    }
    let hint = format!("write {} MiB to {} GiB", within.start() >> 20, within.end() >> 30);
    scope.error(text.at, format!("`{}` of `{field}` is out of range", text.value), hint);
    None
}

fn seconds(text: Option<&Text>, field: &str, scope: &mut Scope<'_>) -> Option<Duration> {
    let text = text?;
    let found = duration(text, field, scope)?;
    if found.is_zero() {
        scope.error(text.at, format!("`{field}` is 0"), "at least `1s`");
        return None;
    }
    Some(found)
}
