//! Several definitions with one name: administrators' folders win, then the one whose last good text is in force; else none
//! is used. Nobody gets a name by sorting first, or by waiting until the other's file breaks.

use super::{LastGood, absent::Murk, words};
use crate::definition::{
    DefinitionId, Kept, Position, Snapshot,
    documents::{Document, Documents},
    files::{File, folder},
    report::Report,
    resolve::{Admin, administrators},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

/// A document of a directory: no two begin at one place.
type Spot = (PathBuf, usize);

fn spot(document: &dyn Document) -> Spot {
    (document.file().path.clone(), document.head().offset)
}

/// Leaves at most one document of each kind and name that may be used.
pub fn settle_names(documents: &mut Documents, memory: &LastGood<'_>, snapshot: Option<&Snapshot>, report: &mut Report) {
    settle(documents, memory, snapshot, &Admin::default(), |id| id.kind == "Settings", report);
    let admin = admin(documents, memory);
    settle(documents, memory, snapshot, &admin, |id| id.kind != "Settings", report);
    old_names(documents, memory, &admin, report);
}

/// By the settings that are going to be in force.
fn admin(documents: &Documents, memory: &LastGood<'_>) -> Admin {
    let sound = documents.settings.iter().any(|settings| settings.file.folder.is_empty() && settings.is_sound());
    let kept = if sound { Documents::default() } else { memory.read(memory.all().filter(|kept| kept.id.kind == "Settings")) };
    let settings = if kept.settings.is_empty() { &documents.settings } else { &kept.settings };
    administrators(settings, &mut Report::default())
}

fn settle(
    documents: &mut Documents,
    memory: &LastGood<'_>,
    snapshot: Option<&Snapshot>,
    admin: &Admin,
    of: impl Fn(&DefinitionId) -> bool,
    report: &mut Report,
) {
    let verdicts = {
        let murk = snapshot.map(|snapshot| Murk::of(memory, documents, snapshot));
        let contest = Contest { memory, admin, murk };
        let mut groups: BTreeMap<&DefinitionId, Vec<&dyn Document>> = BTreeMap::new();
        for document in documents.all() {
            if let Some(id) = document.id().filter(|id| of(id)) {
                groups.entry(id).or_default().push(document);
            }
        }
        groups.into_iter().fold(Verdicts::default(), |mut verdicts, (id, group)| {
            contest.judge(id, &group, &mut verdicts);
            verdicts
        })
    };
    verdicts.carry_out(documents, report);
}

/// What is to become of documents.
#[derive(Default)]
struct Verdicts {
    errors: Vec<(Arc<File>, Position, String, &'static str)>,
    out: BTreeSet<Spot>,
    /// Their names are known, and nothing else of them is used; why.
    given_up: BTreeMap<Spot, String>,
    /// What they define may be another's whose name was being edited.
    odd: Vec<Arc<File>>,
}

impl Verdicts {
    fn error(&mut self, document: &dyn Document, message: String, hint: &'static str) {
        self.errors.push((document.file().clone(), document.name_at(), message, hint));
    }

    fn lose(&mut self, document: &dyn Document, message: String, hint: &'static str) {
        self.error(document, message, hint);
        self.out.insert(spot(document));
        self.odd.push(document.file().clone());
    }

    fn carry_out(self, documents: &mut Documents, report: &mut Report) {
        self.errors.into_iter().for_each(|(file, at, message, hint)| report.error(&file, at, message, hint));
        documents.retain(|document| !self.out.contains(&spot(document)));
        documents.give_up(|document| self.given_up.get(&spot(document)).cloned());
        documents.odd.extend(self.odd);
    }
}

const ONE: &str = "rename or delete one of them";

struct Contest<'a> {
    memory: &'a LastGood<'a>,
    admin: &'a Admin,
    /// `None`: nothing is hidden.
    murk: Option<Murk<'a>>,
}

impl Contest<'_> {
    fn judge(&self, id: &DefinitionId, group: &[&dyn Document], verdicts: &mut Verdicts) {
        let kept = self.memory.get(id);
        if let Some(kept) = kept.filter(|kept| self.goes_on(kept, group)) {
            let message = format!("{} is defined in {}, which cannot be read now: this one is not used", words(id), kept.file);
            group.iter().for_each(|document| verdicts.lose(*document, message.clone(), "rename this one, or mend the other file first"));
        } else if let Some(winner) = self.winner(kept, group) {
            let message = format!("there are two {}: {}, which is used, and this", plural(id), place(winner));
            let losers = group.iter().filter(|document| spot(**document) != spot(winner));
            losers.for_each(|document| verdicts.lose(*document, message.clone(), ONE));
            self.reserved(id, kept, winner, verdicts);
        } else {
            none_of(id, group, verdicts);
        }
    }

    /// The one that has the name; `None`: neither has a better right than another.
    fn winner<'d>(&self, kept: Option<&Kept>, group: &[&'d dyn Document]) -> Option<&'d dyn Document> {
        let of_admin: Vec<_> = group.iter().copied().filter(|document| self.admin.owns(document.file())).collect();
        let rivals = if of_admin.is_empty() { group } else { &of_admin };
        let claim = |document: &&dyn Document| kept.map_or(0, |kept| claim(*document, kept));
        let best = rivals.iter().map(claim).min()?;
        let mut best = rivals.iter().filter(|document| claim(document) == best);
        best.next().copied().filter(|_| best.next().is_none())
    }

    /// Whether the last good text has the name although others claim it: it is not gone, it cannot be seen.
    fn goes_on(&self, kept: &Kept, group: &[&dyn Document]) -> bool {
        let home = folder(Path::new(&kept.file));
        let elsewhere = |document: &&dyn Document| document.file().folder != home && !self.admin.owns(document.file());
        group.iter().all(elsewhere) && self.murk.as_ref().is_some_and(|murk| murk.may_be_at_home(kept, self.admin))
    }

    /// A new definition waits while a file of administrators that cannot be read may hold the name.
    fn reserved(&self, id: &DefinitionId, kept: Option<&Kept>, winner: &dyn Document, verdicts: &mut Verdicts) {
        if kept.is_some() || self.admin.owns(winner.file()) {
            return;
        }
        if let Some(file) = self.murk.as_ref().and_then(|murk| murk.defined_by(id, self.admin)) {
            let message = format!("{} may be defined in {}, which cannot be read: this one is not used", words(id), file.path.display());
            verdicts.error(winner, message.clone(), "administrators' definitions have the name first: mend that file");
            verdicts.given_up.insert(spot(winner), message);
        }
    }
}

fn none_of(id: &DefinitionId, group: &[&dyn Document], verdicts: &mut Verdicts) {
    let places: Vec<_> = group.iter().map(|document| place(*document)).collect();
    let hint = if id.kind == "Settings" { "merge them: a directory has at most one" } else { ONE };
    for (n, document) in group.iter().enumerate() {
        let others: Vec<_> = places.iter().enumerate().filter(|(other, _)| *other != n).map(|(_, place)| place.as_str()).collect();
        let message = format!("there are two {}: {}, and this; neither is used", plural(id), others.join(", "));
        if n == 0 {
            verdicts.error(*document, message.clone(), hint);
            verdicts.given_up.insert(spot(*document), message);
        } else {
            verdicts.lose(*document, message, hint);
        }
    }
}

/// The less, the better its right to the name: in its file, in its folder, elsewhere; as it was before others.
fn claim(document: &dyn Document, kept: &Kept) -> u8 {
    let changed = kept.digest != document.digest().to_hex().as_str();
    if document.file().path == Path::new(&kept.file) {
        u8::from(changed)
    } else if document.file().folder == folder(Path::new(&kept.file)) {
        2 + u8::from(changed)
    } else {
        4
    }
}

fn plural(id: &DefinitionId) -> String {
    match id.kind.as_str() {
        "Settings" => "Settings".into(),
        kind => format!("{}s named `{}`", kind.to_lowercase(), id.name),
    }
}

fn place(document: &dyn Document) -> String {
    format!("{}:{}", document.file().path.display(), document.head().line)
}

/// An export's state moves to a new name only within its folder, or to administrators.
fn old_names(documents: &mut Documents, memory: &LastGood<'_>, admin: &Admin, report: &mut Report) {
    let mut given_up = BTreeMap::new();
    for export in &documents.exports {
        let Some(old) = export.doc.as_ref().and_then(|doc| doc.renamed_from.as_ref()) else { continue };
        let id = DefinitionId { kind: "Export".into(), name: old.value.clone() };
        let Some(kept) = memory.get(&id) else { continue };
        if folder(Path::new(&kept.file)) != export.file.folder && !admin.owns(&export.file) {
            let message = format!("the export `{}` belongs to {}: its state does not move to another folder", old.value, kept.file);
            let hint = "move the document first, under its old name; or ask an administrator";
            report.error(&export.file, old.at, message.clone(), hint);
            given_up.insert(spot(export), message);
        }
    }
    documents.give_up(|document| given_up.get(&spot(document)).cloned());
}
