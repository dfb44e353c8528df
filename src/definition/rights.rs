//! With whose rights definitions are planned that somebody sends.

use super::resolve::Folders;

/// The folders whose rights count: of everyone, unless narrowed. A folder must be in each set that it was narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Rights(Vec<Folders>);

impl Rights {
    /// Of some folders only, as globs such as `marketing/**`. The error says which is none.
    pub fn of(folders: &[String]) -> Result<Self, String> {
        Folders::of(folders).map(|folders| Self(vec![folders]))
    }

    /// Only what both allow.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether they are narrowed at all.
    pub fn are_bound(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether the rights of a folder are among them.
    pub fn contains(&self, folder: &str) -> bool {
        self.0.iter().all(|folders| folders.contains(folder))
    }
}
