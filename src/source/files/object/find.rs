//! Which objects an address means, and which version of each is there.

use super::{
    super::{
        super::SourceError,
        folder::Entries,
        local::{MATCHING, is_pattern},
    },
    address::Service,
    buckets::{Bucket, Buckets},
    reading::Reading,
};
use futures::TryStreamExt;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt, path::Path};
use std::{sync::Arc, time::SystemTime};

/// One object, as it was when the reading began.
#[derive(Clone, Debug)]
pub struct Object {
    pub(super) bucket: Arc<Bucket>,
    pub(super) key: Path,
    pub(super) stamp: Stamp,
    name: String,
}

/// What changes when someone writes the object anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub bytes: u64,
    /// Where the server gives none, the time decides, to the second.
    pub tag: Option<String>,
    modified: i64,
}

impl Stamp {
    pub fn of(meta: &ObjectMeta) -> Self {
        // Lists and answers quote the same tag differently.
        let tag = meta.e_tag.as_deref().map(|tag| tag.trim_matches('"').to_owned()).filter(|tag| !tag.is_empty());
        Self { bytes: meta.size, tag, modified: meta.last_modified.timestamp() }
    }

    pub fn is(&self, other: &Self) -> bool {
        let same = match (&self.tag, &other.tag) {
            (Some(one), Some(other)) => one == other,
            _ => self.modified == other.modified,
        };
        same && self.bytes == other.bytes
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.stamp.is(&other.stamp)
    }
}

impl Object {
    fn new(bucket: &Arc<Bucket>, meta: &ObjectMeta) -> Self {
        let name = format!("{}{}", bucket.base, meta.location);
        Self { bucket: Arc::clone(bucket), key: meta.location.clone(), stamp: Stamp::of(meta), name }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn bytes(&self) -> u64 {
        self.stamp.bytes
    }

    pub fn modified(&self) -> Option<SystemTime> {
        let since = u64::try_from(self.stamp.modified).ok().filter(|since| *since > 0)?;
        Some(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(since))
    }

    /// Asks for nothing yet.
    pub fn open(&self) -> Arc<Reading> {
        Reading::of(self)
    }

    /// The version that is there now.
    pub fn now(&self) -> Result<Stamp, SourceError> {
        self.bucket.ask(&self.name, self.bucket.store.head(&self.key)).map(|meta| Stamp::of(&meta))
    }
}

impl Buckets {
    /// The object at an address, or those that match it as a pattern, sorted by key; none if there are none.
    pub fn find(&self, written: &str) -> Result<Vec<Object>, SourceError> {
        let (bucket, address) = self.bucket(written)?;
        let shown = address.shown();
        if address.service == Service::Web || !is_pattern(&address.key) {
            let key = key(&address.key, &shown)?;
            let head = async {
                match bucket.store.head(&key).await {
                    Ok(meta) => Ok(vec![Object::new(&bucket, &meta)]),
                    Err(Error::NotFound { .. }) => Ok(Vec::new()),
                    Err(error) => Err(error),
                }
            };
            return bucket.ask(&shown, head);
        }
        let mut found = matching(&bucket, &address.key, &shown)?;
        found.sort_by(|one, other| one.location.parts().cmp(other.location.parts()));
        Ok(found.iter().map(|meta| Object::new(&bucket, meta)).collect())
    }

    /// What is right below a folder's address.
    pub fn entries(&self, written: &str) -> Result<Entries, SourceError> {
        let (bucket, address) = self.bucket(written)?;
        let shown = address.shown();
        let folder = key(&address.key, &shown)?;
        let listed = bucket.ask(&shown, bucket.store.list_with_delimiter(Some(&folder)))?;
        let names = |paths: &mut dyn Iterator<Item = &Path>| paths.filter_map(|path| path.filename().map(str::to_owned)).collect();
        Ok(Entries {
            folders: names(&mut listed.common_prefixes.iter()),
            files: names(&mut listed.objects.iter().map(|meta| &meta.location)),
        })
    }
}

fn key(text: &str, shown: &str) -> Result<Path, SourceError> {
    Path::parse(text).map_err(|_| SourceError::new(format!("{shown} cannot be the address of an object")).hint("is there a // in it?"))
}

/// Lists no more than it must: the folder before the first sign of a pattern, and below it only for patterns of folders.
fn matching(bucket: &Bucket, pattern: &str, shown: &str) -> Result<Vec<ObjectMeta>, SourceError> {
    let bad = |error: glob::PatternError| SourceError::new(format!("the pattern {shown} cannot be used: {}", error.msg));
    let matcher = glob::Pattern::new(pattern).map_err(bad)?;
    let literal = &pattern[..pattern.find(['*', '?', '[']).unwrap_or(pattern.len())];
    let (folder, _) = literal.rsplit_once('/').unwrap_or_default();
    let one_level = !pattern[folder.len()..].trim_start_matches('/').contains('/');
    let folder = key(folder, shown)?;
    let wanted = |meta: &ObjectMeta| matcher.matches_with(meta.location.as_ref(), MATCHING);
    let mut found = if one_level {
        bucket.ask(shown, bucket.store.list_with_delimiter(Some(&folder)))?.objects
    } else {
        let all = bucket.store.list(Some(&folder));
        bucket.ask(shown, all.try_filter(|meta| std::future::ready(wanted(meta))).try_collect())?
    };
    // As among local files: one that is called like the pattern is the one meant.
    if let Some(exact) = found.iter().find(|meta| meta.location.as_ref() == pattern) {
        return Ok(vec![exact.clone()]);
    }
    found.retain(wanted);
    Ok(found)
}
