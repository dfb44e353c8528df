//! `fields` and `exclude_fields`: which parts of an answer the client wants, by dotted paths.

use super::request::Query;
use serde_json::Value;
use std::collections::BTreeMap;

/// A tree of names; a leaf means everything below.
#[derive(Debug, Default)]
struct Tree(BTreeMap<String, Tree>);

impl Tree {
    fn parse(text: &str) -> Self {
        let mut tree = Self::default();
        for path in text.split(',').map(str::trim).filter(|path| !path.is_empty()) {
            let mut node = &mut tree;
            for name in path.split('.') {
                node = node.0.entry(name.to_owned()).or_default();
            }
        }
        tree
    }

    /// What is below a path; `None`: nothing special.
    fn at(&self, path: &[impl AsRef<str>]) -> Option<&Self> {
        let node = path.iter().try_fold(self, |node, name| node.0.get(name.as_ref()))?;
        (!node.is_leaf()).then_some(node)
    }

    fn is_leaf(&self) -> bool {
        self.0.is_empty()
    }
}

/// What to answer.
#[derive(Debug, Default)]
pub(super) struct Selection {
    keep: Option<Tree>,
    drop: Tree,
}

impl Selection {
    pub(super) fn of(query: &Query) -> Self {
        let tree = |name| query.text(name).map(Tree::parse).filter(|tree| !tree.is_leaf());
        Self { keep: tree("fields"), drop: tree("exclude_fields").unwrap_or_default() }
    }

    /// Whether any part of this path will be answered: what nobody wants need not be looked up.
    pub(super) fn wants(&self, path: &[&str]) -> bool {
        self.kept(path) && !self.dropped(path)
    }

    fn kept(&self, path: &[&str]) -> bool {
        let Some(mut node) = self.keep.as_ref() else { return true };
        for name in path {
            match node.0.get(*name) {
                Some(below) if below.is_leaf() => return true,
                Some(below) => node = below,
                None => return false,
            }
        }
        true
    }

    fn dropped(&self, path: &[&str]) -> bool {
        let mut node = &self.drop;
        for name in path {
            match node.0.get(*name) {
                Some(below) if below.is_leaf() => return true,
                Some(below) => node = below,
                None => return false,
            }
        }
        false
    }

    /// Whether of what is at this path parts are asked for, or left out, and not only whole entries.
    pub(super) fn is_deeper_than(&self, path: &[&str]) -> bool {
        let parts = |tree: &Tree| tree.at(path).is_some_and(|node| node.0.values().any(|below| !below.is_leaf()));
        self.keep.as_ref().is_some_and(parts) || parts(&self.drop)
    }

    /// What is at this path, without what was not asked for.
    pub(super) fn prune_below(&self, path: &[String], value: &mut Value) {
        if let Some(keep) = self.keep.as_ref().and_then(|keep| keep.at(path)) {
            retain(value, keep);
        }
        if let Some(drop) = self.drop.at(path) {
            remove(value, drop);
        }
    }

    /// The answer without what was not asked for.
    pub(super) fn prune(&self, value: &mut Value) {
        if let Some(keep) = &self.keep {
            retain(value, keep);
        }
        remove(value, &self.drop);
    }
}

fn retain(value: &mut Value, keep: &Tree) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| retain(item, keep)),
        Value::Object(object) => {
            object.retain(|name, _| keep.0.contains_key(name));
            for (name, below) in &keep.0 {
                if let Some(child) = object.get_mut(name).filter(|_| !below.is_leaf()) {
                    retain(child, below);
                }
            }
        }
        _ => {}
    }
}

fn remove(value: &mut Value, drop: &Tree) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| remove(item, drop)),
        Value::Object(object) => {
            for (name, below) in &drop.0 {
                if below.is_leaf() {
                    object.remove(name);
                } else if let Some(child) = object.get_mut(name) {
                    remove(child, below);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case("", json!({"members": [{"id": 1, "tags": [{"id": 2, "name": "a"}]}], "total": 1}))]
    #[case("fields=total", json!({"total": 1}))]
    #[case("fields=members.tags.name,total", json!({"members": [{"tags": [{"name": "a"}]}], "total": 1}))]
    #[case("fields=members,members.id", json!({"members": [{"id": 1}]}))]
    #[case("fields=unknown", json!({}))]
    #[case("exclude_fields=members.tags", json!({"members": [{"id": 1}], "total": 1}))]
    #[case("fields=members&exclude_fields=members.tags.id", json!({"members": [{"id": 1, "tags": [{"name": "a"}]}]}))]
    fn prunes(#[case] query: &str, #[case] expected: Value) {
        let mut value = json!({"members": [{"id": 1, "tags": [{"id": 2, "name": "a"}]}], "total": 1});
        Selection::of(&Query::parse(query)).prune(&mut value);
        assert_eq!(value, expected);
    }

    #[rstest]
    #[case("", &["members", "tags"], true)]
    #[case("fields=members.email_address", &["members", "tags"], false)]
    #[case("fields=members.email_address", &["members"], true)]
    #[case("fields=members", &["members", "tags"], true)]
    #[case("exclude_fields=members", &["members", "tags"], false)]
    #[case("exclude_fields=members.tags.id", &["members", "tags"], true)]
    fn knows_what_is_wanted(#[case] query: &str, #[case] path: &[&str], #[case] wanted: bool) {
        assert_eq!(Selection::of(&Query::parse(query)).wants(path), wanted);
    }
}
