//! The lines around a place, found from the place itself: a report of thousands of errors does not read the file for each.

use crate::definition::{Diagnostic, Position};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::sync::Arc;

/// A file's text as miette asks for it.
pub struct Excerpt {
    name: String,
    text: Arc<str>,
    at: Position,
}

impl Excerpt {
    /// `None` where there is nothing to show.
    pub fn of(diagnostic: &Diagnostic) -> Option<Self> {
        let (text, at) = (diagnostic.text.clone()?, diagnostic.at?);
        Some(Self { name: diagnostic.file.display().to_string(), text, at })
    }
}

impl SourceCode for Excerpt {
    /// The line of the place, and as many before and after it.
    fn read_span<'a>(&'a self, span: &SourceSpan, before: usize, after: usize) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (head, tail) = self.text.split_at_checked(span.offset()).ok_or(MietteError::OutOfBounds)?;
        let start = head.rmatch_indices('\n').nth(before).map_or(0, |(at, _)| at + 1);
        let end = tail.match_indices('\n').nth(after).map_or(self.text.len(), |(at, _)| span.offset() + at);
        let data = &self.text.as_bytes()[start..end];
        let line = (self.at.line as usize).saturating_sub(1 + head[start..].matches('\n').count());
        let lines = data.iter().filter(|byte| **byte == b'\n').count();
        let column = if before == 0 && after == 0 { (self.at.column as usize).saturating_sub(1) } else { 0 };
        let span = SourceSpan::from((start, end - start));
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), data, span, line, column, lines)))
    }
}
