//! Segments built on segments: which ones, in which order they are resolved, and that none is built on itself.

use super::{scope::Scope, segment::World};
use crate::definition::{
    Members, Name, Segment,
    document::{SegmentDoc, Text},
    documents::Written,
    yaml::At,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Sets nest so deep at most; a longer chain is nothing that anybody could read.
const DEEPEST: usize = 16;
const MOST: usize = 60;
/// Segments beneath one, counted as often as they are named: each is read that often.
const BENEATH: usize = 1_000;

/// Segments that are built on themselves, with the way round in words.
pub type Cycles = BTreeMap<String, String>;

/// Whether a segment is built on others.
pub fn any(doc: &SegmentDoc) -> bool {
    doc.union.is_some() || doc.intersect.is_some() || doc.except.is_some()
}

fn named(doc: &SegmentDoc) -> impl Iterator<Item = &Text> {
    [&doc.union, &doc.intersect, &doc.except].into_iter().flatten().flat_map(|names| &names.value)
}

/// The documents, each after those it is built on, otherwise as written.
pub fn order(documents: &[Written<SegmentDoc>]) -> (Vec<&Written<SegmentDoc>>, Cycles) {
    let name = |at: usize| documents[at].node.get("name").and_then(|entry| entry.value.text());
    let mut first = BTreeMap::new();
    for at in 0..documents.len() {
        if let Some(name) = name(at) {
            first.entry(name).or_insert(at);
        }
    }
    let mut walk = Walk { documents, first, done: BTreeSet::new(), order: Vec::new(), cycles: Cycles::new() };
    (0..documents.len()).for_each(|at| walk.visit(at, &mut Vec::new()));
    (walk.order.into_iter().map(|at| &documents[at]).collect(), walk.cycles)
}

struct Walk<'a> {
    documents: &'a [Written<SegmentDoc>],
    first: BTreeMap<&'a str, usize>,
    done: BTreeSet<usize>,
    order: Vec<usize>,
    cycles: Cycles,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, at: usize, path: &mut Vec<(usize, &'a str)>) {
        if let Some(from) = path.iter().position(|(other, _)| *other == at) {
            let round: Vec<_> = path[from..].iter().map(|(_, name)| *name).collect();
            let way = format!("{} → {}", round.join(" → "), round[0]);
            for name in round {
                self.cycles.entry(name.to_owned()).or_insert_with(|| way.clone());
            }
            return;
        }
        if self.done.contains(&at) {
            return;
        }
        let name = self.documents[at].node.get("name").and_then(|entry| entry.value.text()).unwrap_or_default();
        path.push((at, name));
        for operand in self.documents[at].doc.iter().flat_map(named) {
            if let Some(next) = self.first.get(operand.as_str()).copied() {
                self.visit(next, path);
            }
        }
        path.pop();
        self.done.insert(at);
        self.order.push(at);
    }
}

/// The set operation of a segment that is built on others.
pub fn members(
    doc: &SegmentDoc,
    segment: Option<&Name>,
    world: &World<'_>,
    hasher: &mut blake3::Hasher,
    scope: &mut Scope<'_>,
) -> Option<Members> {
    if let Some(way) = segment.and_then(|name| world.cycles.get(name.as_str())) {
        let at = named(doc).next().map_or(scope.head, |name| name.at);
        scope.error(at, format!("the segment is built on itself: {way}"), "take one of them out");
        return None;
    }
    let one: fn(Vec<Arc<Segment>>) -> Members = match (&doc.union, &doc.intersect, &doc.except) {
        (Some(_), None, None) => Members::Union,
        (None, Some(_), None) => Members::Intersect,
        (None, None, Some(_)) => Members::Except,
        _ => {
            scope.error(
                scope.head,
                "the segment has several of `union`, `intersect` and `except`",
                "keep one; a segment of its own holds the other",
            );
            return None;
        }
    };
    if let Some(text) = [&doc.source, &doc.query, &doc.table].into_iter().flatten().next() {
        let hint = "give the rows a segment of their own, and name it";
        scope.error(text.at, "a segment is rows of a source or built on segments, not both", hint);
        return None;
    }
    let names = [&doc.union, &doc.intersect, &doc.except].into_iter().flatten().next()?;
    let segments = find(names, world, hasher, scope)?;
    // First: what is within it is soon walked, however often its parts name each other.
    if segments.iter().map(|segment| 1 + beneath(segment)).sum::<usize>() > BENEATH {
        scope.error(names.at, format!("the segment is built on more than {BENEATH} others"), "build it on fewer");
        return None;
    }
    if segments.iter().map(|segment| depth(segment)).max().unwrap_or(0) >= DEEPEST {
        scope.error(names.at, format!("segments are built on segments more than {DEEPEST} deep"), "build it on fewer");
        return None;
    }
    Some(one(segments))
}

fn find(names: &At<Vec<Text>>, world: &World<'_>, hasher: &mut blake3::Hasher, scope: &mut Scope<'_>) -> Option<Vec<Arc<Segment>>> {
    if names.value.len() < 2 || names.value.len() > MOST {
        scope.error(names.at, format!("{} segments are named", names.value.len()), format!("name from two to {MOST}"));
        return None;
    }
    let mut found = Vec::new();
    for (at, name) in names.value.iter().enumerate() {
        if names.value[..at].iter().any(|other| other.value == name.value) {
            scope.error(name.at, format!("the segment `{}` is named twice", name.value), "name it once");
        }
        if let Some((item, segment)) = world.segments.find(name, scope) {
            world.grants().segment(name, segment, scope);
            hasher.update(item.digest.as_bytes());
            found.push(Arc::clone(segment));
        }
    }
    (found.len() == names.value.len()).then_some(found)
}

fn beneath(segment: &Segment) -> usize {
    segment.operands().iter().map(|operand| 1 + beneath(operand)).sum()
}

fn depth(segment: &Segment) -> usize {
    1 + segment.operands().iter().map(|operand| depth(operand)).max().unwrap_or(0)
}
