//! What a plan costs at the vendor: calls, time at the documented rates, share of a day's quota.

use super::{Context, Failure, assemble::Parts};
use crate::{
    destination::{BatchRow, Capabilities, Operation, Reading},
    member::ChangeFlags,
    plan::Cost,
};
use std::collections::BTreeMap;

/// Rows that the size of a row is judged by.
const SAMPLE: usize = 200;

/// `reads`: calls that read contacts first.
pub fn cost(parts: &Parts<'_>, reads: u64) -> Result<Cost, Failure> {
    let capabilities = parts.context.destination.capabilities();
    let mut calls = Vec::new();
    for operation in capabilities.phases {
        let n = of_operation(parts, *operation)?;
        if n > 0 {
            calls.push((*operation, n));
        }
    }
    let other_calls = reads + parts.settled.resources.steps.len() as u64;
    Ok(Cost {
        seconds: seconds(&calls, capabilities, parts.context),
        per_day: parts.context.export.connection.limits.per_day.or(capabilities.per_day),
        calls,
        other_calls,
        connections: parts.context.connections,
        connections_max: capabilities.connections_max,
    })
}

fn of_operation(parts: &Parts<'_>, operation: Operation) -> Result<u64, Failure> {
    let capabilities = parts.context.destination.capabilities();
    let (tally, resolved) = (&parts.work.tally, parts.resolved);
    let told = if parts.work.mapping.fields().is_empty() { 0 } else { resolved.known + tally.updated };
    let rows = rows_a_call(parts, operation)?;
    let each = |map: &BTreeMap<u8, u64>| map.values().map(|n| n.div_ceil(rows)).sum::<u64>();
    Ok(match operation {
        Operation::Create => resolved.create.div_ceil(rows),
        Operation::Update if capabilities.join_tells => stayers(parts).div_ceil(rows),
        Operation::Update => told.div_ceil(rows),
        Operation::Restore => resolved.restore.div_ceil(rows),
        Operation::Join if capabilities.join_updates => (parts.resolved.joins.values().sum::<u64>() + stayers(parts)).div_ceil(rows),
        Operation::Join if create_joins(parts) => joins_of_known(parts).values().map(|n| n.div_ceil(rows)).sum(),
        Operation::Join => each(&resolved.joins),
        Operation::Leave => each(&tally.leaves),
        Operation::Archive => resolved.archive.div_ceil(rows),
    })
}

/// Whether people are put into their containers as they are created; a plan made before the first reading says what comes after it.
fn create_joins(parts: &Parts<'_>) -> bool {
    let capabilities = parts.context.destination.capabilities();
    let everyone = parts.settled.everyone_read || parts.resolved.unread;
    capabilities.create_joins && (everyone || capabilities.reading != Reading::Everyone)
}

/// People with changed attributes who join nothing.
fn stayers(parts: &Parts<'_>) -> u64 {
    let desired = &parts.work.desired;
    let stays = |e: &&crate::member::ChangeEntry| e.flags().has(ChangeFlags::UPDATE) && desired.sets.mask(e.set()).is_empty();
    desired.entries.iter().filter(stays).count() as u64
}

fn joins_of_known(parts: &Parts<'_>) -> BTreeMap<u8, u64> {
    let (desired, mut joins) = (&parts.work.desired, BTreeMap::new());
    for entry in desired.entries.iter().filter(|e| !e.flags().has(ChangeFlags::CREATE)) {
        desired.sets.mask(entry.set()).bits().for_each(|bit| *joins.entry(bit).or_default() += 1);
    }
    joins
}

/// As many as fit, by count and by the size of some of the rows.
fn rows_a_call(parts: &Parts<'_>, operation: Operation) -> Result<u64, Failure> {
    let capabilities = parts.context.destination.capabilities();
    let (rows, bytes) = ((capabilities.batch_rows)(operation) as u64, (capabilities.batch_bytes)(operation));
    if bytes == usize::MAX || operation.removes() {
        return Ok(rows);
    }
    let (mut size, mut seen) = (0, 0);
    for entry in parts.work.desired.entries.iter().take(SAMPLE) {
        let record = parts.work.desired.spool.read(entry.offset())?;
        let fields = parts.work.mapping.fields().iter().map(|field| field.tag.clone());
        let attributes = fields.zip(record.values).collect();
        let row = BatchRow {
            key: entry.key(),
            email: record.email,
            attributes,
            standing: None,
            joins: Vec::new(),
            consent_at: None,
            contact: None,
        };
        size += parts.context.destination.row_bytes(operation, &row);
        seen += 1;
    }
    Ok((bytes * seen).checked_div(size).map_or(rows, |fit| rows.min(fit.max(1) as u64)))
}

/// At the documented rates; `None` where none is known.
fn seconds(calls: &[(Operation, u64)], capabilities: &Capabilities, context: &Context) -> Option<u64> {
    let limits = &context.export.connection.limits;
    let ours = limits.per_second.map(f64::from).or(limits.per_minute.map(|n| f64::from(n) / 60.0));
    let mut seconds = 0.0;
    for (operation, n) in calls {
        let rate = ours.or((capabilities.per_second)(*operation))?;
        seconds += *n as f64 / rate;
    }
    Some(seconds.ceil() as u64)
}

/// Warnings of limits that are set above what the vendor documents.
pub fn above_documented(context: &Context) -> Vec<String> {
    let (limits, capabilities) = (&context.export.connection.limits, context.destination.capabilities());
    let documented = capabilities.phases.iter().filter_map(|operation| (capabilities.per_second)(*operation)).fold(0.0, f64::max);
    let over = |name: &str, ours: Option<u32>, theirs: f64| {
        let ours = ours.filter(|ours| theirs > 0.0 && f64::from(*ours) > theirs)?;
        let vendor = capabilities.vendor;
        Some(format!("limits.{name} is {ours}; {vendor} documents {theirs}: make sure that the contract allows more"))
    };
    let per_day = capabilities.per_day.map_or(0.0, f64::from);
    [
        over("connections", Some(context.connections), f64::from(capabilities.connections_max)),
        over("perSecond", limits.per_second, (documented * 100.0).round() / 100.0),
        over("perMinute", limits.per_minute, (documented * 60.0).round()),
        over("perDay", limits.per_day, per_day),
    ]
    .into_iter()
    .flatten()
    .collect()
}
