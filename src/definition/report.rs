//! Collects what is wrong while a directory is read.

use super::{Diagnostic, Position, Severity, files::File, yaml::mask_urls};
use std::{path::Path, sync::Arc};

#[derive(Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    errors: usize,
}

/// A moment of a report.
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

impl Report {
    /// Goes on from what was found so far.
    pub fn of(diagnostics: Vec<Diagnostic>) -> Self {
        let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
        Self { diagnostics, errors }
    }

    /// Goes on from more that was found.
    pub fn add_all(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        for diagnostic in diagnostics {
            self.errors += usize::from(diagnostic.severity == Severity::Error);
            self.diagnostics.push(diagnostic);
        }
    }

    /// An error of a file as a whole, or of something that is no file.
    pub fn whole(&mut self, path: &Path, message: impl Into<String>, hint: &str) {
        self.add(Severity::Error, path, None, message.into(), hint.into(), None);
    }

    /// Something of a file as a whole that works and should be looked at.
    pub fn whole_warning(&mut self, path: &Path, message: impl Into<String>, hint: &str) {
        self.add(Severity::Warning, path, None, message.into(), hint.into(), None);
    }

    /// An error at a place in a file.
    pub fn error(&mut self, file: &File, at: Position, message: impl Into<String>, hint: impl Into<String>) {
        self.place(Severity::Error, file, at, message.into(), hint.into());
    }

    /// Something that works and should be looked at.
    pub fn warning(&mut self, file: &File, at: Position, message: impl Into<String>, hint: impl Into<String>) {
        self.place(Severity::Warning, file, at, message.into(), hint.into());
    }

    fn place(&mut self, severity: Severity, file: &File, at: Position, message: String, hint: String) {
        self.add(severity, &file.path, Some(at), message, hint, file.shows.then(|| file.masked.clone()));
    }

    fn add(&mut self, severity: Severity, file: &Path, at: Option<Position>, message: String, hint: String, text: Option<Arc<str>>) {
        self.errors += usize::from(severity == Severity::Error);
        // What is wrong is quoted, and may be a URL with a key in it.
        let message = clipped(&message);
        let (message, hint) = (mask_urls(&message), Some(hint).filter(|hint| !hint.is_empty()).map(|hint| mask_urls(&hint)));
        self.diagnostics.push(Diagnostic { severity, file: file.into(), at, message, hint, text });
    }

    /// Counts the errors again, after what was found was changed.
    pub fn count(&mut self) {
        self.errors = self.diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    }

    /// How many errors so far: a definition is good if there are no more after it was checked.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// This moment, to ask later what was found since.
    pub fn mark(&self) -> Mark {
        Mark(self.diagnostics.len())
    }

    /// The message of the first error since then.
    pub fn first_error(&self, since: Mark) -> Option<&str> {
        let found = self.diagnostics.get(since.0..).unwrap_or_default();
        found.iter().find(|d| d.severity == Severity::Error).map(|d| d.message.as_str())
    }

    /// The same in one file.
    pub fn first_error_of(&self, since: Mark, file: &Path) -> Option<&str> {
        let found = self.diagnostics.get(since.0..).unwrap_or_default();
        found.iter().find(|d| d.severity == Severity::Error && d.file == file).map(|d| d.message.as_str())
    }

    /// What concerns whole files and folders, to say more about it.
    pub fn whole_mut(&mut self) -> impl Iterator<Item = &mut Diagnostic> {
        self.diagnostics.iter_mut().filter(|d| d.at.is_none())
    }

    /// By file, line, column.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by(|a, b| (&a.file, a.at, &a.message).cmp(&(&b.file, b.at, &b.message)));
        self.diagnostics
    }
}

/// A message that quotes at most so much: what people write as a name can be a file's whole text.
fn clipped(message: &str) -> String {
    const LONGEST: usize = 80;
    let clip = |(at, part): (usize, &str)| match part.char_indices().nth(LONGEST) {
        Some((end, _)) if at % 2 == 1 => format!("{}…", &part[..end]),
        _ => part.to_owned(),
    };
    message.split('`').enumerate().map(clip).collect::<Vec<_>>().join("`")
}
