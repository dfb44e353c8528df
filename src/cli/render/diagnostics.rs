//! The report of everything that is wrong with a directory's definitions.

use super::harmless::{self, harmless};
use crate::{
    definition::{Catalog, Diagnostic, Severity},
    plan::words::plain,
};
use excerpt::Excerpt;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use std::{
    fmt::{self, Write as _},
    io::{IsTerminal as _, Write as _},
};

/// What the report looks like.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub color: bool,
    pub width: usize,
}

/// Columns of a report, at most; where there is no terminal, just these.
const WIDTH: usize = 100;
const NARROWEST: usize = 40;
/// What stands before a line of a snippet: its number and the frame.
const MARGIN: usize = 10;

impl Style {
    /// For stderr: colour only on a terminal, and not if `NO_COLOR` is set.
    pub fn stderr() -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let columns = rustix::termios::tcgetwinsize(std::io::stderr()).map(|size| usize::from(size.ws_col));
        let width = columns.ok().filter(|columns| *columns > 0).map_or(WIDTH, |columns| columns.clamp(NARROWEST, WIDTH));
        Self { color: std::io::stderr().is_terminal() && !no_color, width }
    }
}

/// Writes the report to stderr, if there is anything to say.
pub fn eprint(catalog: &Catalog) {
    let links = catalog.links.iter().map(|(link, target)| followed(link, target) + "\n").collect::<String>();
    let _ = std::io::stderr().write_all(links.as_bytes());
    if !catalog.diagnostics.is_empty() {
        // Nobody can be told that stderr is gone.
        let _ = std::io::stderr().write_all(harmless(&text(catalog, Style::stderr()), harmless::Shown::Text).as_bytes());
    }
}

/// The report: each diagnostic with its snippet and hint, then how many there are.
pub fn text(catalog: &Catalog, style: Style) -> String {
    let theme = if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(style.width).with_context_lines(1).with_links(false);
    let mut text = String::new();
    for diagnostic in &catalog.diagnostics {
        // Writing to a string does not fail.
        let _ = handler.render_report(&mut text, &Shown(diagnostic, Excerpt::of(diagnostic, style.width.saturating_sub(MARGIN))));
        text.push('\n');
    }
    let _ = writeln!(text, "{}", counts(catalog));
    text
}

/// "3 errors and 1 warning in 2 files".
fn counts(catalog: &Catalog) -> String {
    let errors = catalog.diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    let warnings = catalog.diagnostics.len() - errors;
    let files: std::collections::BTreeSet<_> = catalog.diagnostics.iter().map(|d| &d.file).collect();
    let parts = [(errors, "error"), (warnings, "warning")].into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<_> = parts.map(|(count, word)| plural(count, word)).collect();
    format!("{} in {}", parts.join(" and "), plural(files.len(), "file"))
}

/// Says that a folder was read by a link to it.
fn followed(link: &std::path::Path, target: &std::path::Path) -> String {
    plain(&format!("Link followed: {} leads to {}", link.display(), target.display()))
}

/// "1 file", "2 files".
pub fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// For programs: one object a diagnostic.
pub fn json(catalog: &Catalog) -> serde_json::Value {
    catalog.diagnostics.iter().map(one).collect()
}

fn one(diagnostic: &Diagnostic) -> serde_json::Value {
    serde_json::json!({
        "severity": match diagnostic.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "file": diagnostic.file,
        "line": diagnostic.at.map(|at| at.line),
        "column": diagnostic.at.map(|at| at.column),
        "text": diagnostic.snippet(),
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    })
}

/// A diagnostic as miette wants it.
struct Shown<'a>(&'a Diagnostic, Option<Excerpt>);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without a snippet nothing else names the file.
        if self.1.is_none() && !self.0.file.as_os_str().is_empty() {
            write!(f, "{}: ", plain(&self.0.file.display().to_string()))?;
        }
        f.write_str(&plain(&self.0.message))
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.0.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.hint.as_ref().map(|hint| Box::new(plain(hint)) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.1.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (offset, len) = self.1.as_ref()?.label();
        Some(Box::new(std::iter::once(LabeledSpan::new(None, offset, len))))
    }
}

mod excerpt;
#[cfg(test)]
mod tests;
