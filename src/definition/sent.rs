//! Definitions that somebody sent, understood among the directory's own.

use super::{Catalog, Snapshot, files::File, understand, yaml::mask_secrets};
use std::{path::PathBuf, sync::Arc};

/// A file as it was sent.
#[derive(Clone, Debug)]
pub struct SentFile {
    /// Relative to the root.
    pub path: PathBuf,
    pub text: String,
}

/// The catalog of what was sent, with the files directly in the root, which are the administrators', taken from the own
/// directory.
pub fn understand_sent(own: &Snapshot, sent: Vec<SentFile>) -> Catalog {
    let administrators = own.files.iter().filter(|file| file.folder.is_empty()).cloned();
    let others = sent.into_iter().filter(|file| file.path.components().count() > 1).map(|file| Arc::new(as_read(own, file)));
    let mut files: Vec<_> = administrators.chain(others).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let Snapshot { root, digest, unreadable, files: _, problems } = own;
    understand(
        &Snapshot { root: root.clone(), digest: digest.clone(), unreadable: unreadable.clone(), files, problems: problems.clone() },
        &[],
    )
}

fn as_read(own: &Snapshot, sent: SentFile) -> File {
    let parts = sent.path.parent().into_iter().flat_map(|path| path.components()).map(|part| part.as_os_str().to_string_lossy());
    let folder = parts.collect::<Vec<_>>().join("/");
    let dir = own.root.join(&folder);
    let masked = mask_secrets(&sent.text).into();
    File { path: sent.path, folder, dir, text: sent.text, masked }
}
