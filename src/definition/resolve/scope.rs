//! One document under check: where errors go, and what its fields have in common.

use crate::definition::{Position, document::Text, documents::Written, files::File, report::Report};

pub struct Scope<'a> {
    pub file: &'a File,
    /// Where the document begins, for what is missing in it.
    pub head: Position,
    /// Fields that could not be read, which has been reported; they are not missing.
    pub faulty: &'a [String],
    pub report: &'a mut Report,
    /// What it names that cannot be used: no fault of its own.
    pub because: Option<String>,
}

impl<'a> Scope<'a> {
    pub fn of<D>(document: &'a Written<D>, report: &'a mut Report) -> Self {
        Self { file: &document.file, head: document.head, faulty: &document.faulty, report, because: None }
    }

    pub fn error(&mut self, at: Position, message: impl Into<String>, hint: impl Into<String>) {
        self.report.error(self.file, at, message, hint);
    }

    /// A field that must be there.
    pub fn need<'v, T>(&mut self, value: &'v Option<T>, at: Position, field: &str, hint: &str) -> Option<&'v T> {
        if value.is_none() && !self.faulty.iter().any(|faulty| faulty == field) {
            self.error(at, format!("the field `{field}` is missing"), hint);
        }
        value.as_ref()
    }

    /// Text that must be there and not blank.
    pub fn need_text<'v>(&mut self, value: &'v Option<Text>, at: Position, field: &str, hint: &str) -> Option<&'v Text> {
        let text = self.need(value, at, field, hint)?;
        self.filled(text, field).then_some(text)
    }

    /// Complains of blank text.
    pub fn filled(&mut self, text: &Text, field: &str) -> bool {
        let filled = !text.trim().is_empty();
        if !filled {
            self.error(text.at, format!("`{field}` is empty"), "write a value, or leave the field out");
        }
        filled
    }

    /// Optional text that must not be blank.
    pub fn optional(&mut self, value: &Option<Text>, field: &str) -> Option<String> {
        value.as_ref().filter(|text| self.filled(text, field)).map(|text| text.value.clone())
    }
}
