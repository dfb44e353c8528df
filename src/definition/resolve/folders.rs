//! Who may define and use what: folders as globs.

use super::scope::Scope;
use crate::definition::{
    document::{SettingsDoc, Text},
    documents::Written,
    files::File,
    report::Report,
};
use glob::{MatchOptions, Pattern};

/// A set of folders: `marketing` is one, `marketing/*` those directly in it, `marketing/**` it and all below, `.` the root.
#[derive(Clone, Debug, Default)]
pub struct Folders(Vec<Glob>);

#[derive(Clone, Debug)]
struct Glob {
    /// `None`: everything.
    pattern: Option<Pattern>,
    /// Folders below match as well.
    below: bool,
}

impl Folders {
    /// From globs as written; those that are none are reported.
    pub fn new(globs: &[Text], scope: &mut Scope<'_>) -> Self {
        Self(globs.iter().filter_map(|glob| Self::glob(glob, scope)).collect())
    }

    fn glob(text: &Text, scope: &mut Scope<'_>) -> Option<Glob> {
        let trimmed = text.trim().trim_start_matches("./").trim_end_matches('/');
        if text.trim().starts_with('/') || trimmed.split('/').any(|part| part == "..") || text.trim().is_empty() {
            scope.error(text.at, "this is not a folder of this directory", "folders are relative to the root: `marketing/**`, `.`");
            return None;
        }
        let (base, below) = match trimmed {
            "**" => return Some(Glob { pattern: None, below: true }),
            "." => ("", false),
            _ => trimmed.strip_suffix("/**").map_or((trimmed, false), |base| (base, true)),
        };
        match Pattern::new(base) {
            Ok(pattern) => Some(Glob { pattern: Some(pattern), below }),
            Err(error) => {
                scope.error(text.at, format!("this is not a glob: {}", error.msg), "write folders such as `marketing/**`");
                None
            }
        }
    }

    pub fn contains(&self, folder: &str) -> bool {
        self.0.iter().any(|glob| glob.contains(folder))
    }
}

impl Glob {
    fn contains(&self, folder: &str) -> bool {
        let Some(pattern) = &self.pattern else { return true };
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        let above = folder.match_indices('/').map(|(at, _)| &folder[..at]).filter(|_| self.below);
        above.chain([folder]).any(|folder| pattern.matches_with(folder, options))
    }
}

/// The folders whose files may define settings, sources and connections.
pub fn administrators(settings: &[Written<SettingsDoc>], report: &mut Report) -> Folders {
    let root = Folders(vec![Glob { pattern: Some(Pattern::default()), below: false }]);
    let Some(first) = settings.iter().find(|settings| settings.file.folder.is_empty()) else { return root };
    let mut scope = Scope::of(first, report);
    match first.doc.as_ref().and_then(|doc| doc.admin_folders.as_ref()) {
        Some(globs) => Folders::new(globs, &mut scope),
        None => root,
    }
}

/// Settings are taken from the root only, and once.
pub fn settings_in_root(settings: &[Written<SettingsDoc>], report: &mut Report) {
    for wrong in settings.iter().filter(|settings| !settings.file.folder.is_empty()) {
        let hint = "move it to a file directly in the root directory";
        report.error(&wrong.file, wrong.head, "settings are taken from the root directory only", hint);
    }
    let mut good = settings.iter().filter(|settings| settings.file.folder.is_empty());
    if let Some(first) = good.next() {
        for second in good {
            let message = format!("there are two Settings: {}:{}, and this", first.file.path.display(), first.head.line);
            report.error(&second.file, second.head, message, "merge them: a directory has at most one");
        }
    }
}

/// Sources and connections are taken from administrators' folders only, so that a contributor can name neither a
/// secret, nor an endpoint, nor a path.
pub fn only_administrators(what: &str, admin: &Folders, scope: &mut Scope<'_>) {
    if !admin.contains(&scope.file.folder) {
        let message = format!("a {what} is taken from administrators' folders only, and `{}` is none", scope.file.folder);
        scope.error(scope.head, message, "move it to a file in the root directory, or list the folder in `adminFolders` of the settings");
    }
}

/// Whether a file may use what `usableBy` guards; says so if not.
pub fn may_use(what: &str, name: &Text, usable_by: &Folders, admin: &Folders, scope: &mut Scope<'_>) {
    let File { folder, .. } = scope.file;
    if !usable_by.contains(folder) && !admin.contains(folder) {
        let here = if folder.is_empty() { "the root directory" } else { folder };
        let message = format!("the {what} `{}` may not be used by files in `{here}`", name.value);
        scope.error(name.at, message, format!("ask its owner to add `{folder}/**` to the {what}'s `usableBy`"));
    }
}
