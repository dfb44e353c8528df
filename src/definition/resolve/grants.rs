//! Rights follow the data: who names a segment must be allowed to use every source beneath it (C2).

use super::{
    folders::{Admin, Folders, asked, here},
    known::Known,
    scope::Scope,
};
use crate::definition::{Members, Segment, Source, document::Text, files::File};

/// Who may use what.
#[derive(Clone, Copy)]
pub struct Grants<'a> {
    pub sources: &'a Known<'a, Source>,
    pub segments: &'a Known<'a, Segment>,
    pub admin: &'a Admin,
}

impl Grants<'_> {
    /// Whether a file may use a segment that it names; says so if not.
    pub fn segment(&self, name: &Text, segment: &Segment, scope: &mut Scope<'_>) {
        let file = scope.file;
        let Some(source) = self.forbidden(segment, file) else { return };
        let message =
            format!("the segment `{}` takes rows of the source `{source}`, which may not be used by files in {}", name.value, here(file));
        let hint = format!(
            "ask its owner to add {} to `usableBy` of the source `{source}`, or of a segment over it in an administrators' folder",
            asked(file)
        );
        scope.error(name.at, message, hint);
    }

    /// The first source beneath a segment that a file may not use.
    fn forbidden<'s>(&self, segment: &'s Segment, file: &File) -> Option<&'s str> {
        let granted = self.segments.items.get(segment.name.as_str()).is_some_and(|item| item.folders.hold(file));
        if granted || self.admin.owns(file) {
            return None;
        }
        match &segment.of {
            Members::Rows(rows) => {
                let source = rows.source.name.as_str();
                let usable = self.sources.items.get(source).is_some_and(|item| item.folders.hold(file));
                (!usable).then_some(source)
            }
            _ => segment.operands().iter().find_map(|operand| self.forbidden(operand, file)),
        }
    }
}

/// The folders to which a segment is granted whatever its sources say. Only administrators decide who reads a source, so
/// only they can grant more than the source does.
pub fn usable_by(written: Option<&[Text]>, admin: &Admin, scope: &mut Scope<'_>) -> Folders {
    let Some(globs) = written else { return Folders::default() };
    if !admin.owns(scope.file) {
        let at = globs.first().map_or(scope.head, |glob| glob.at);
        let message = format!("`usableBy` of a segment is taken from administrators' folders only, and {} is none", here(scope.file));
        let hint = "leave it out: every folder that may use the source may use the segment; or ask an administrator to define the segment";
        scope.error(at, message, hint);
    }
    Folders::new(globs, scope)
}
