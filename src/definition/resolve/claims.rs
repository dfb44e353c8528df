//! What two exports both lay claim to: a tag, a field, a new audience, a name of the past.
//!
//! Administrators' exports come first, then what was in force before. Of two with equal rights neither is used, so that
//! nobody gets a tag by a name that sorts first.

use super::{
    folders::Admin,
    known::{Failure, Known},
};
use crate::definition::{
    Audience, AudienceCreate, AudienceRef, Columns, Export, FieldType, ListRef, Name, PlaceRef, Position, document::ExportDoc,
    documents::Written, report::Report,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What can belong to one export only, or be said by all in one way only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    /// A tag or list of an audience, its name as the platform compares it.
    List(String, String),
    Field(String, String),
    /// An audience that is to be made.
    Audience(String),
    /// An export's name, now or before: its state.
    Name(String),
}

/// How a claim can be shared: by those who say the same.
#[derive(Clone, PartialEq, Eq)]
enum Says {
    Mine(Name),
    Fills(Columns, Option<FieldType>),
    Creates(Box<AudienceCreate>),
}

struct Claim {
    thing: Thing,
    says: Says,
    at: Position,
    /// How it is called, and the segment behind it.
    name: String,
    segment: Name,
}

/// An export with its claims.
struct Claimant<'a> {
    written: &'a Written<ExportDoc>,
    export: Arc<Export>,
    claims: Vec<Claim>,
    /// The less, the better its rights.
    rank: (bool, u8),
}

/// Exports that clash: each that has not the better right gets an error that names the other, and cannot be used as it is.
pub fn check(documents: &[Written<ExportDoc>], exports: &mut Known<'_, Export>, admin: &Admin, report: &mut Report) {
    let mut clashing = existing(documents, exports, admin, report);
    let mut claimants: Vec<_> = documents.iter().filter_map(|written| Claimant::of(written, exports, admin)).collect();
    claimants.retain(|claimant| !clashing.contains_key(claimant.export.name.as_str()));
    claimants.sort_by_key(|claimant| claimant.rank);
    let mut held: BTreeMap<&Thing, (&Claimant<'_>, &Claim)> = BTreeMap::new();
    for equals in claimants.chunk_by(|a, b| a.rank == b.rank) {
        let mark = report.mark();
        let older: BTreeSet<_> = equals.iter().filter(|one| one.clashes(&held, report)).map(|one| &one.export.name).collect();
        let rest: Vec<_> = equals.iter().filter(|one| !older.contains(&one.export.name)).collect();
        let lost: Vec<_> = rest.iter().filter(|one| one.clashes(&of_others(one, &rest), report)).map(|one| &one.export.name).collect();
        let good = rest.iter().filter(|one| !lost.contains(&&one.export.name));
        good.for_each(|one| one.claims.iter().for_each(|claim| _ = held.entry(&claim.thing).or_insert((one, claim))));
        for name in older.into_iter().chain(lost) {
            let why = report.first_error_of(mark, &exports.items[name.as_str()].place.0).unwrap_or("it clashes with another export");
            clashing.insert(name.to_string(), why.to_owned());
        }
    }
    clashing.into_iter().for_each(|(name, why)| exports.give_up(&name, Failure { why, own: true }));
}

const NOT_PAST: &str = "it is for the name this export had before; delete the line, or the old export";

/// `renamedFrom` is for a name of the past: not its own, and not that of an older export that is broken just now.
fn existing(documents: &[Written<ExportDoc>], exports: &Known<'_, Export>, admin: &Admin, report: &mut Report) -> BTreeMap<String, String> {
    let mut wrong = BTreeMap::new();
    let rank = |written: &Written<ExportDoc>| (!admin.owns(&written.file), written.rank);
    for written in documents {
        let old = written.doc.as_ref().and_then(|doc| doc.renamed_from.as_ref());
        let (Some(id), Some(old)) = (&written.id, old) else { continue };
        let Some(existing) = exports.items.get(&old.value) else { continue };
        let older =
            || documents.iter().any(|other| other.id.as_ref().is_some_and(|id| id.name == old.value) && rank(other) < rank(written));
        if id.name == old.value || (existing.value.is_none() && older()) {
            let message = format!("`renamedFrom` names an export that exists: {}", existing.place());
            wrong.insert(id.name.clone(), message.clone());
            report.error(&written.file, old.at, message, NOT_PAST);
        }
    }
    wrong
}

/// What each thing is claimed for by the first of the others who says otherwise.
fn of_others<'a>(one: &Claimant<'_>, all: &[&'a Claimant<'a>]) -> BTreeMap<&'a Thing, (&'a Claimant<'a>, &'a Claim)> {
    let others = all.iter().copied().filter(|other| other.export.name != one.export.name);
    let claims = others.flat_map(|other| other.claims.iter().map(move |claim| (other, claim)));
    let differs = |claim: &Claim| one.claims.iter().any(|mine| mine.thing == claim.thing && mine.says != claim.says);
    let mut found = BTreeMap::new();
    claims.filter(|(_, claim)| differs(claim)).for_each(|(other, claim)| _ = found.entry(&claim.thing).or_insert((other, claim)));
    found
}

impl<'a> Claimant<'a> {
    fn of(written: &'a Written<ExportDoc>, exports: &Known<'_, Export>, admin: &Admin) -> Option<Self> {
        let export = exports.items.get(&written.id.as_ref()?.name)?.value.clone()?;
        let mut claims = lists(&export, written);
        claims.extend(fields(&export, written));
        claims.extend(audience(&export, written));
        claims.extend(names(&export, written));
        Some(Self { written, export, claims, rank: (!admin.owns(&written.file), written.rank) })
    }

    /// Whether another has what it claims; says each.
    fn clashes(&self, held: &BTreeMap<&Thing, (&Claimant<'_>, &Claim)>, report: &mut Report) -> bool {
        let mut clashes = false;
        for claim in &self.claims {
            let Some((other, theirs)) = held.get(&claim.thing) else { continue };
            if theirs.says != claim.says {
                let (message, hint) = self.words(claim, &other.export);
                report.error(&self.written.file, claim.at, message, hint);
                clashes = true;
            }
        }
        clashes
    }

    fn words(&self, claim: &Claim, other: &Export) -> (String, String) {
        let (name, kind) = (&claim.name, self.export.connection.kind);
        let both = format!("the exports `{}` ({}:{}) and `{}`", other.name, other.file.display(), other.line, self.export.name);
        match &claim.thing {
            Thing::List(..) => {
                let word = kind.sheet().list_word;
                let another = match kind.sheet().target_fields.contains(&"names") {
                    true => format!("add `target.names: {{{}: another name}}`", claim.segment),
                    false => "name another list, or put the segments into one export".to_owned(),
                };
                (format!("{both} both own the {word} `{name}`"), format!("a {word} belongs to one export; {another}"))
            }
            Thing::Field(..) => {
                let account = matches!(self.export.target.audience.place(), PlaceRef::Account);
                let place = if account { "account" } else { "audience" };
                let hint = "people in both would change with every run; use one column and type, or another field";
                (format!("{both} fill the field `{name}` of one {place} differently"), hint.into())
            }
            Thing::Audience(_) => {
                let hint = "say the same of it in both, or leave `create` to one of them";
                (format!("{both} create the audience `{name}` differently"), hint.into())
            }
            Thing::Name(_) if *name == other.name.as_str() => {
                let message = format!("`renamedFrom` names an export that exists: {}:{}", other.file.display(), other.line);
                (message, NOT_PAST.into())
            }
            Thing::Name(_) if *name == self.export.name.as_str() => {
                let message = format!("the export `{}` ({}:{}) says that it was `{name}`", other.name, other.file.display(), other.line);
                (message, "its state is that of the old name: delete the line `renamedFrom` there, or give this export another name".into())
            }
            Thing::Name(_) => {
                let hint = "one of them gets its state; delete the other's line";
                (format!("{both} both say that they were `{name}`"), hint.into())
            }
        }
    }
}

fn lists(export: &Arc<Export>, written: &Written<ExportDoc>) -> Vec<Claim> {
    let kind = export.connection.kind;
    let claim = |slot: crate::definition::Slot| {
        let at = if slot.name == Name::members() { written.head } else { segment_position(written, &slot.name) };
        let thing = Thing::List(list_place(export), kind.fold(&slot.container));
        Claim { thing, says: Says::Mine(export.name.clone()), at, name: slot.container, segment: slot.name }
    };
    export.slots().into_iter().map(claim).collect()
}

fn fields(export: &Arc<Export>, written: &Written<ExportDoc>) -> Vec<Claim> {
    let claim = |(field, spec): (&String, &crate::definition::AttributeSpec)| {
        let thing = Thing::Field(place(export), field.clone());
        let at = entry_position(written, "attributes", field);
        Claim { thing, says: Says::Fills(spec.columns.clone(), spec.kind), at, name: field.clone(), segment: Name::members() }
    };
    export.attributes.iter().map(claim).collect()
}

fn audience(export: &Arc<Export>, written: &Written<ExportDoc>) -> Option<Claim> {
    let Audience::Mailchimp(AudienceRef::Named { name, create: Some(create), .. }) = &export.target.audience else { return None };
    let at = written.node.get("target").map_or(written.head, |entry| entry.key_at);
    let (thing, says) = (Thing::Audience(place(export)), Says::Creates(create.clone()));
    Some(Claim { thing, says, at, name: name.clone(), segment: Name::members() })
}

/// Its name and the one before: each has a state of its own.
fn names(export: &Arc<Export>, written: &Written<ExportDoc>) -> Vec<Claim> {
    let own = written.node.get("name").map(|entry| (export.name.to_string(), entry.value.at));
    let old = written.doc.as_ref().and_then(|doc| doc.renamed_from.as_ref()).map(|old| (old.value.clone(), old.at));
    let claim = |(name, at): (String, Position)| {
        let (thing, says) = (Thing::Name(name.clone()), Says::Mine(export.name.clone()));
        Claim { thing, says, at, name, segment: Name::members() }
    };
    own.into_iter().chain(old).map(claim).collect()
}

/// An audience of a connection, as far as files can tell. Whether two connections lead to one account shows when they run.
fn place(export: &Export) -> String {
    match export.target.audience.place() {
        PlaceRef::Id(id) => format!("{}: id {id}", export.connection.name),
        PlaceRef::Named { name, .. } => format!("{}: name {name}", export.connection.name),
        PlaceRef::Account => format!("{}: account", export.connection.name),
    }
}

/// Where a list is one of its name. Ids are the platform's: the same one, by whichever connection.
fn list_place(export: &Export) -> String {
    match (&export.target.audience, export.target.audience.place()) {
        (Audience::ConstantContact(ListRef::Id(_)), _) => "id of a list".into(),
        (_, PlaceRef::Id(id)) => format!("id {id}"),
        _ => place(export),
    }
}

fn segment_position(written: &Written<ExportDoc>, segment: &Name) -> Position {
    let listed = written.doc.as_ref().and_then(|doc| doc.segments.as_ref()).map(|list| list.value.as_slice()).unwrap_or_default();
    listed.iter().find(|text| text.as_str() == segment.as_str()).map_or(written.head, |text| text.at)
}

fn entry_position(written: &Written<ExportDoc>, field: &str, key: &str) -> Position {
    written.node.get(field).and_then(|entry| entry.value.get(key)).map_or(written.head, |entry| entry.key_at)
}
