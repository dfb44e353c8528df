//! Collects what is wrong while a directory is read.

use super::{Diagnostic, Position, Severity, files::File};
use std::path::Path;

#[derive(Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Goes on from what was found so far.
    pub fn of(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics }
    }

    /// An error of a file as a whole, or of something that is no file.
    pub fn whole(&mut self, path: &Path, message: impl Into<String>, hint: &str) {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        let diagnostic = Diagnostic { severity: Severity::Error, file: path.into(), at: None, message: message.into(), hint, text: None };
        self.diagnostics.push(diagnostic);
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
        let hint = (!hint.is_empty()).then_some(hint);
        let text = Some(file.masked.clone());
        self.diagnostics.push(Diagnostic { severity, file: file.path.clone(), at: Some(at), message, hint, text });
    }

    /// How many errors so far: a definition is good if there are no more after it was checked.
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|d| d.severity == Severity::Error).count()
    }

    /// By file, line, column.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by(|a, b| (&a.file, a.at, &a.message).cmp(&(&b.file, b.at, &b.message)));
        self.diagnostics
    }
}
