//! The server's own directory, as far as it decides what becomes of what is sent.

use super::OWN;
use crate::definition::{
    DefinitionId, Kept, Name, OnDelete, Rights, Snapshot,
    documents::{Document, Documents},
    files::{File, folder},
    piece,
    report::Report,
    resolve::{Admin, administrators},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

/// What there is, whose it is, and who had which name first.
pub struct Here<'a> {
    files: BTreeMap<&'a Path, &'a Arc<File>>,
    admin: Admin,
    pub kept: Vec<Kept>,
    /// Exports, each with its file and what becomes of it when it is deleted.
    exports: Vec<(Name, Arc<File>, OnDelete)>,
}

impl<'a> Here<'a> {
    pub fn of(own: &'a Snapshot) -> Self {
        let documents = Documents::of(&own.files, &mut Report::default());
        let kept = documents.all().filter_map(|document| {
            let (file, text) = (document.file().path.display().to_string(), piece::text(document.file(), document.piece()));
            Some(Kept { id: document.id()?.clone(), file, text, digest: document.digest().to_hex().to_string() })
        });
        let kept = kept.collect();
        let admin = administrators(&documents.settings, &mut Report::default());
        let exports = documents.exports.iter().filter_map(|export| {
            let on_delete = export.doc.as_ref().and_then(|doc| doc.on_delete).unwrap_or_default();
            Some((Name::new(&export.id.as_ref()?.name).ok()?, Arc::clone(&export.file), on_delete))
        });
        let exports = exports.collect();
        Self { files: own.files.iter().map(|file| (file.path.as_path(), file)).collect(), admin, kept, exports }
    }

    /// Whether what is wrong with a file or folder here matters to everyone.
    pub fn concerns(&self, path: &Path) -> bool {
        path.as_os_str().is_empty() || self.admin.owns_folder(&folder(path))
    }

    /// What administrators alone may say, from their own files.
    pub fn administrators(&self, report: &mut Report) -> Documents {
        let (theirs, others): (Vec<_>, Vec<_>) = self.files.values().map(|file| Arc::clone(file)).partition(|file| self.admin.owns(file));
        let root: Vec<_> = others.into_iter().filter(|file| file.folder.is_empty()).collect();
        let mut documents = Documents::of_kinds(&OWN, &theirs, report);
        documents.put_last(Documents::of_kinds(&OWN[..1], &root, report));
        documents
    }

    /// The files whose segments and exports are planned: what was sent, as far as the rights go; beyond them what is here.
    pub fn placed(&self, sent: &[Arc<File>], rights: &Rights, report: &mut Report) -> Vec<Arc<File>> {
        let mut files = Vec::new();
        for file in sent {
            let own = self.files.get(file.path.as_path());
            if let Some(own) = own.filter(|own| own.text == file.text) {
                files.push(Arc::clone(own));
            } else if !rights.contains(&file.folder) {
                self.outside(file, report);
                files.extend(own.map(|own| Arc::clone(own)));
            } else if self.admin.owns_folder(&file.folder) {
                files.extend(self.strangers(file, report));
            } else {
                files.push(Arc::clone(file));
            }
        }
        // Nor is it believed that a file is gone where nothing is believed that is there.
        let known: BTreeSet<_> = sent.iter().map(|file| file.path.as_path()).collect();
        let stays = |own: &&&Arc<File>| !known.contains(own.path.as_path()) && (self.admin.owns(own) || !rights.contains(&own.folder));
        files.extend(self.files.values().filter(stays).map(|own| Arc::clone(own)));
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    /// Exports of folders within the rights that are defined here, and no longer in what was sent. An administrators' file that
    /// was not sent is still there.
    pub fn deleted(&self, sent: &[Arc<File>], theirs: &Documents, rights: &Rights) -> BTreeMap<Name, OnDelete> {
        let known: BTreeSet<_> = sent.iter().map(|file| file.path.as_path()).collect();
        let stays = |file: &File| !known.contains(file.path.as_path()) && self.admin.owns(file);
        let ids = theirs.exports.iter().filter_map(|export| export.id.as_ref()).map(|id| id.name.as_str());
        let renamed = theirs.exports.iter().filter_map(|export| export.doc.as_ref()?.renamed_from.as_ref());
        let there: BTreeSet<&str> = ids.chain(renamed.map(|name| name.as_str())).collect();
        let gone =
            self.exports.iter().filter(|(name, file, _)| rights.contains(&file.folder) && !stays(file) && !there.contains(name.as_str()));
        gone.map(|(name, _, on_delete)| (name.clone(), *on_delete)).collect()
    }

    fn outside(&self, file: &File, report: &mut Report) {
        let message = "this file is outside the folders whose rights this plan has: the server's own is planned, if there is one";
        report.whole_warning(&file.path, message, "bring the branch up to date, or ask for a plan with the rights of this folder");
    }

    /// A file in an administrators' folder, as the sender says: only those of its documents that are there word for word are.
    fn strangers(&self, file: &Arc<File>, report: &mut Report) -> Vec<Arc<File>> {
        let of = |text: String, believed: bool| {
            let copy = File::new(file.path.clone(), &file.dir.join(file.path.file_name().unwrap_or_default()), text);
            Arc::new(File { believed, ..copy })
        };
        let documents = Documents::of(std::slice::from_ref(file), &mut Report::default());
        let whole = !documents.unreadable.is_empty() || !documents.odd.is_empty() || !documents.bare.is_empty();
        let here = |document: &&dyn Document| self.kept.iter().any(|kept| is(kept, *document));
        let ours: Vec<_> = documents.all().filter(|document| document.id().is_none_or(|id| !OWN.contains(&id.kind.as_str()))).collect();
        if whole || !ours.iter().all(here) {
            let message = "this file is not what the server has in this administrators' folder: what is new in it has not their rights";
            report.whole_warning(&file.path, message, "it may use what everyone may; it counts once it is in the server's directory");
        }
        match whole {
            true => vec![of(file.text.clone(), false)],
            false => ours.iter().map(|document| of(piece::text(file, document.piece()), here(document))).collect(),
        }
    }

    /// Says which of administrators' definitions in what was sent are not planned: new ones, and changed ones.
    pub fn not_planned(&self, sent: &[Arc<File>], report: &mut Report) {
        // What is wrong with documents that are not used is nobody's concern.
        let left_out = Documents::of_kinds(&OWN, sent, &mut Report::default());
        for document in left_out.all() {
            let Some(id) = document.id() else { continue };
            let digest = document.digest().to_hex();
            let message = match self.kept.iter().find(|kept| kept.id == *id) {
                Some(kept) if kept.digest == digest.as_str() => continue,
                Some(_) => format!("administrators' definitions are the server's own: the change of {} is not planned", words(id)),
                None => {
                    format!("administrators' definitions are the server's own, and it has no {}: what was sent is not used", words(id))
                }
            };
            report.whole_warning(&document.file().path, message, "they count once they are in the server's directory");
        }
    }
}

/// Whether a document is what was kept, where it was.
fn is(kept: &Kept, document: &dyn Document) -> bool {
    let same = document.id() == Some(&kept.id) && kept.digest == document.digest().to_hex().as_str();
    same && document.file().path == Path::new(&kept.file)
}

fn words(id: &DefinitionId) -> String {
    if id.name.is_empty() { "settings".into() } else { format!("{} `{}`", id.kind.to_lowercase(), id.name) }
}
