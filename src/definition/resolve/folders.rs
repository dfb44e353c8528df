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

const RELATIVE: &str = "folders are relative to the root: `marketing/**`, `.`";

impl Folders {
    /// From globs as written; those that are none are reported.
    pub fn new(globs: &[Text], scope: &mut Scope<'_>) -> Self {
        let glob = |text: &Text| Glob::of(text).map_err(|(message, hint)| scope.error(text.at, message, hint)).ok();
        Self(globs.iter().filter_map(glob).collect())
    }

    /// From globs that nobody wrote into a document; the first that is none, and why.
    pub fn of(globs: &[String]) -> Result<Self, String> {
        let glob = |text: &String| Glob::of(text).map_err(|(message, hint)| format!("`{text}`: {message}; {hint}"));
        globs.iter().map(glob).collect::<Result<_, _>>().map(Self)
    }

    pub fn contains(&self, folder: &str) -> bool {
        self.0.iter().any(|glob| glob.contains(folder))
    }

    /// Whether a file is in one of them. One whose path is not believed is in no folder, and has what everyone has.
    pub fn hold(&self, file: &File) -> bool {
        if file.believed { self.contains(&file.folder) } else { self.0.iter().any(|glob| glob.pattern.is_none()) }
    }
}

impl Glob {
    fn of(text: &str) -> Result<Self, (String, &'static str)> {
        let trimmed = text.trim().trim_start_matches("./").trim_end_matches('/');
        if text.trim().starts_with('/') || trimmed.split('/').any(|part| part == "..") || text.trim().is_empty() {
            return Err(("this is not a folder of this directory".into(), RELATIVE));
        }
        let (base, below) = match trimmed {
            "**" => return Ok(Self { pattern: None, below: true }),
            "." => ("", false),
            _ => trimmed.strip_suffix("/**").map_or((trimmed, false), |base| (base, true)),
        };
        let pattern =
            Pattern::new(base).map_err(|error| (format!("this is not a glob: {}", error.msg), "write folders such as `marketing/**`"))?;
        Ok(Self { pattern: Some(pattern), below })
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

/// Administrators' folders.
#[derive(Clone, Debug, Default)]
pub struct Admin(Folders);

impl Admin {
    /// Whether a file is in one of them: by its path, and where the path goes by a link also by where it really is.
    pub fn owns(&self, file: &File) -> bool {
        file.believed && self.owns_folder(&file.folder) && file.really.as_ref().is_none_or(|folder| self.owns_folder(folder))
    }

    /// Whether a folder is one of them.
    pub fn owns_folder(&self, folder: &str) -> bool {
        self.0.contains(folder)
    }
}

/// The folders whose files may define settings, sources and connections, and use everything.
pub fn administrators(settings: &[Written<SettingsDoc>], report: &mut Report) -> Admin {
    let root = Admin(Folders(vec![Glob { pattern: Some(Pattern::default()), below: false }]));
    let Some(first) = settings.iter().find(|settings| settings.file.folder.is_empty()) else { return root };
    let mut scope = Scope::of(first, report);
    match first.doc.as_ref().and_then(|doc| doc.admin_folders.as_ref()) {
        Some(globs) => Admin(Folders::new(globs, &mut scope)),
        None => root,
    }
}

/// Settings are taken from the root only.
pub fn settings_in_root(settings: &[Written<SettingsDoc>], report: &mut Report) {
    for wrong in settings.iter().filter(|settings| !settings.file.folder.is_empty()) {
        let hint = "move it to a file directly in the root directory";
        report.error(&wrong.file, wrong.head, "settings are taken from the root directory only", hint);
    }
}

/// Sources and connections are taken from administrators' folders only, so that a contributor can name neither a
/// secret, nor an endpoint, nor a path.
pub fn only_administrators(what: &str, admin: &Admin, scope: &mut Scope<'_>) {
    if !admin.owns(scope.file) {
        let message = format!("a {what} is taken from administrators' folders only, and `{}` is none", scope.file.folder);
        let move_it = || "move it to a file in the root directory, or list the folder in `adminFolders` of the settings".to_owned();
        scope.error(scope.head, message, by_revision(scope.file).unwrap_or_else(move_it));
    }
}

/// git-sync's root is not the directory of definitions: the link in it is.
fn by_revision(file: &File) -> Option<String> {
    let (revision, link) = (file.revision.as_ref()?, file.folder.split('/').next()?);
    Some(format!("`{link}` is a link to the folder `{revision}`, as git-sync makes it: give that link as the directory, `…/{link}`"))
}

/// Whether a file may use what `usableBy` guards; says so if not.
pub fn may_use(what: &str, name: &Text, usable_by: &Folders, admin: &Admin, scope: &mut Scope<'_>) {
    let file = scope.file;
    if !usable_by.hold(file) && !admin.owns(file) {
        let message = format!("the {what} `{}` may not be used by files in {}", name.value, here(file));
        scope.error(name.at, message, format!("ask its owner to add {} to the {what}'s `usableBy`", asked(file)));
    }
}

/// A file's folder, for messages.
pub fn here(file: &File) -> String {
    if file.folder.is_empty() { "the root directory".into() } else { format!("`{}`", file.folder) }
}

/// What `usableBy` would have to name.
pub fn asked(file: &File) -> String {
    if file.folder.is_empty() { "`.`".into() } else { format!("`{}/**`", file.folder) }
}
