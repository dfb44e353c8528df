//! What the guard of an export outside administrators' folders may allow at most.

use super::{scope::Scope, settings::additions, values::percentage};
use crate::definition::{
    Guard, MaxAdditions, Percentage, Position,
    document::{GuardCeilingDoc, GuardDoc, Text},
};

/// `guardCeiling` of the settings; `None`: no ceiling.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ceiling {
    max_removals: Option<Percentage>,
    max_additions: Option<MaxAdditions>,
    max_members: Option<u64>,
    max_rejected: Option<Percentage>,
}

pub fn resolve(doc: &GuardCeilingDoc, scope: &mut Scope<'_>) -> Ceiling {
    Ceiling {
        max_removals: doc.max_removals.as_ref().and_then(|text| percentage(text, "maxRemovals", scope)),
        max_additions: doc.max_additions.as_ref().and_then(|text| additions(text, scope)),
        max_members: doc.max_members.as_ref().map(|count| count.value),
        max_rejected: doc.max_rejected.as_ref().and_then(|text| percentage(text, "maxRejected", scope)),
    }
}

/// What an export inherits where it sets nothing: never more than it could set.
pub fn cap(guard: Guard, ceiling: Option<Ceiling>) -> Guard {
    let Some(most) = ceiling else { return guard };
    Guard {
        max_removals: least(guard.max_removals, most.max_removals),
        max_additions: least(guard.max_additions, most.max_additions),
        max_members: least(guard.max_members, most.max_members),
        max_rejected: least(guard.max_rejected, most.max_rejected),
    }
}

fn least<T: Ord>(value: T, most: Option<T>) -> T {
    match most {
        Some(most) => value.min(most),
        None => value,
    }
}

/// Complains of each limit that an export sets above the ceiling. `guard` is what it comes to.
pub fn check(written: Option<&GuardDoc>, guard: &Guard, ceiling: Option<Ceiling>, scope: &mut Scope<'_>) {
    let (Some(doc), Some(most)) = (written, ceiling) else { return };
    let at = |text: &Option<Text>| text.as_ref().map(|text| text.at);
    let members = doc.max_members.as_ref().map(|count| count.at);
    above("maxRemovals", at(&doc.max_removals), guard.max_removals, most.max_removals, scope);
    above("maxAdditions", at(&doc.max_additions), guard.max_additions, most.max_additions, scope);
    above("maxMembers", members, guard.max_members, most.max_members, scope);
    above("maxRejected", at(&doc.max_rejected), guard.max_rejected, most.max_rejected, scope);
}

fn above<T: Ord + std::fmt::Display>(field: &str, at: Option<Position>, value: T, most: Option<T>, scope: &mut Scope<'_>) {
    let (Some(at), Some(most)) = (at, most) else { return };
    if value > most {
        let message = format!("`{field}: {value}` is above the ceiling of {most}");
        let hint = "files outside administrators' folders may set at most what `guardCeiling` of the settings says: lower it, or ask an \
                    administrator";
        scope.error(at, message, hint);
    }
}
