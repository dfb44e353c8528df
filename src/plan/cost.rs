//! What a plan costs at the platform: a sum over its steps, time at the documented rates, share of a day's quota.

use super::{
    Cost, ResourceStep,
    steps::{Act, Step},
};
use crate::{
    definition::Limits,
    destination::{Capabilities, Operation},
    http::Rate,
};

/// `connections`: calls in flight at once.
pub fn cost(steps: &[Step], resources: &[ResourceStep], capabilities: &Capabilities, limits: &Limits, connections: u32) -> Cost {
    let calls: Vec<_> = capabilities.phases.iter().map(|operation| (*operation, of_operation(steps, *operation))).collect();
    let calls: Vec<_> = calls.into_iter().filter(|(_, n)| *n > 0).collect();
    let reads: u64 = steps.iter().filter(|step| step.task().is_none()).filter_map(|step| step.calls).sum();
    let changes = resources.iter().filter(|step| !matches!(step, ResourceStep::AdoptContainer { .. })).count() as u64;
    Cost {
        seconds: seconds(&calls, capabilities, limits),
        per_day: limits.per_day.or(capabilities.per_day),
        calls,
        other_calls: reads + changes,
        connections,
        connections_max: capabilities.connections_max,
    }
}

fn of_operation(steps: &[Step], operation: Operation) -> u64 {
    let of = |step: &&Step| matches!(step.act, Act::Members(task) if task.operation == operation);
    steps.iter().filter(of).filter_map(|step| step.calls).sum()
}

/// At the documented rates; `None` where none is known.
fn seconds(calls: &[(Operation, u64)], capabilities: &Capabilities, limits: &Limits) -> Option<u64> {
    let ours = limits.per_second.map(Rate::a_second).into_iter().chain(limits.per_minute.map(Rate::a_minute));
    let all = calls.iter().map(|(_, n)| n).sum();
    if let Some(slowest) = ours.map(|rate| rate.seconds(all)).reduce(f64::max) {
        return Some(slowest.ceil() as u64);
    }
    // Calls that share a rate share its window.
    let mut by_rate: Vec<(Rate, u64)> = Vec::new();
    for (operation, n) in calls {
        let rate = (capabilities.rate)(*operation)?;
        match by_rate.iter_mut().find(|(known, _)| *known == rate) {
            Some((_, sum)) => *sum += n,
            None => by_rate.push((rate, *n)),
        }
    }
    Some(by_rate.into_iter().map(|(rate, n)| rate.seconds(n)).sum::<f64>().ceil() as u64)
}

/// Warnings of limits that are set above what the platform documents.
pub fn above_documented(capabilities: &Capabilities, limits: &Limits, connections: u32) -> Vec<String> {
    let rates = capabilities.phases.iter().filter_map(|operation| (capabilities.rate)(*operation));
    let documented = rates.map(|rate| f64::from(rate.calls) / rate.per.as_secs_f64()).fold(0.0, f64::max);
    let over = |name: &str, ours: Option<u32>, theirs: f64| {
        let ours = ours.filter(|ours| theirs > 0.0 && f64::from(*ours) > theirs)?;
        let vendor = capabilities.vendor;
        Some(format!("limits.{name} is {ours}; {vendor} documents {theirs}: make sure that the contract allows more"))
    };
    let per_day = capabilities.per_day.map_or(0.0, f64::from);
    [
        over("connections", Some(connections), f64::from(capabilities.connections_max)),
        over("perSecond", limits.per_second, (documented * 100.0).round() / 100.0),
        over("perMinute", limits.per_minute, (documented * 60.0).round()),
        over("perDay", limits.per_day, per_day),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
#[path = "cost_tests.rs"]
mod tests;
