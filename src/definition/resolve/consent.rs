//! The evidence of consent: its columns, and the words that say yes and no (E13).

use super::scope::Scope;
use crate::definition::{
    Consent, ConsentWords, Position, Withdrawn,
    consent::meant,
    document::{ConsentDoc, NewContactsDoc, WithdrawnDoc, Word},
    yaml::At,
};
use std::collections::BTreeMap;

/// A list of words as it is written.
type Words = Option<At<Vec<At<Word>>>>;

pub fn consent(written: &At<NewContactsDoc>, scope: &mut Scope<'_>) -> Option<Consent> {
    let doc = written.consent.as_ref()?;
    let at = scope.optional(&doc.at, "at");
    let column = scope.need_text(&doc.column, written.at, "column", "name the column that says someone agreed")?;
    let words = words(doc, scope)?;
    let withdrawn = doc.withdrawn.map(|withdrawn| match withdrawn {
        WithdrawnDoc::Remove => Withdrawn::Remove,
        WithdrawnDoc::Keep => Withdrawn::Keep,
    });
    Some(Consent { column: column.value.clone(), at, words, withdrawn })
}

fn words(doc: &ConsentDoc, scope: &mut Scope<'_>) -> Option<ConsentWords> {
    let yes = list(&doc.yes, "yes", scope);
    let no = list(&doc.no, "no", scope);
    let (yes, no) = (yes?, no?);
    both(&doc.yes, &doc.no, scope)?;
    Some(ConsentWords::new(yes.as_deref(), no.as_deref()))
}

/// `None`: complained of. The inner `None`: there is no list.
fn list(words: &Words, field: &str, scope: &mut Scope<'_>) -> Option<Option<Vec<String>>> {
    let Some(words) = words else { return Some(None) };
    if words.is_empty() {
        let hint = "write the words, or leave the list out: then the known ones count";
        scope.error(words.at, format!("`{field}` lists no word"), hint);
        return None;
    }
    if let Some(blank) = words.iter().find(|word| word.0.trim().is_empty()) {
        scope.error(blank.at, format!("`{field}` lists an empty word"), "an empty cell is never consent; leave the word out");
        return None;
    }
    Some(Some(words.iter().map(|word| word.0.clone()).collect()))
}

/// A word cannot say both.
fn both(yes: &Words, no: &Words, scope: &mut Scope<'_>) -> Option<()> {
    let mut said: BTreeMap<String, Position> = BTreeMap::new();
    for word in yes.iter().flat_map(|words| words.iter()) {
        said.extend(meant(&word.0).into_iter().map(|meant| (meant, word.at)));
    }
    for word in no.iter().flat_map(|words| words.iter()) {
        if let Some(before) = meant(&word.0).iter().find_map(|meant| said.get(meant)) {
            let message = format!("the word `{}` says both yes and no (yes: line {})", word.0, before.line);
            scope.error(word.at, message, "leave it on one of the lists; case, accents, `-`, `_` and blanks make no difference");
            return None;
        }
    }
    Some(())
}
