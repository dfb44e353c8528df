//! How much a child keeps on disk: files that have no name any more do not show in any folder, and still fill it.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

const BLOCK_BYTES: u64 = 512;

/// Bytes of this process's files in `home`, those without a name included where the system shows them (Linux).
pub fn used(home: &Path) -> u64 {
    open(home) + below(home)
}

/// Files that are open and were removed.
fn open(home: &Path) -> u64 {
    let Ok(open) = fs::read_dir("/proc/self/fd") else { return 0 };
    let nameless = |path: &Path| {
        let target = fs::read_link(path).ok()?;
        (target.starts_with(home) && !target.exists()).then(|| fs::metadata(path).ok().map(|file| file.blocks() * BLOCK_BYTES)).flatten()
    };
    open.flatten().filter_map(|entry| nameless(&entry.path())).sum()
}

fn below(folder: &Path) -> u64 {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten();
    files.filter_map(|entry| entry.metadata().ok()).filter(|file| file.is_file()).map(|file| file.blocks() * BLOCK_BYTES).sum()
}
