//! One object being read: ranges of one version of it.

use super::{
    super::{super::SourceError, place::changed},
    blocks::{Blocks, Rest},
    failure::explain,
    find::{Object, Stamp},
    stream::Stream,
};
use bytes::Bytes;
use object_store::{Error, GetOptions, ObjectStore};
use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

pub struct Reading {
    pub(super) object: Object,
    pub(super) blocks: Mutex<Blocks>,
    /// Why a range did not come: readers between here and there only pass on that it did not.
    failure: Mutex<Option<SourceError>>,
}

impl Reading {
    pub fn of(object: &Object) -> Arc<Self> {
        Arc::new(Self { object: object.clone(), blocks: Mutex::default(), failure: Mutex::default() })
    }

    pub fn bytes(&self) -> u64 {
        self.object.bytes()
    }

    pub fn stream(self: &Arc<Self>) -> Stream {
        Stream::new(Arc::clone(self))
    }

    pub fn from(self: &Arc<Self>, start: u64) -> Rest {
        Rest::new(Arc::clone(self), start)
    }

    pub fn failure(&self) -> Option<SourceError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fails when the object is not the version that the reading began with.
    pub fn unchanged(&self) -> Result<(), SourceError> {
        let now = self.object.now()?;
        if now.is(&self.object.stamp) { Ok(()) } else { Err(changed(self.object.name())) }
    }

    /// A range, now.
    pub fn get(&self, range: Range<u64>) -> std::io::Result<Bytes> {
        self.received(self.object.bucket.work.wait(get(self.object.clone(), range)))
    }

    /// Keeps the first reason.
    pub fn received(&self, answer: Result<object_store::Result<Bytes>, SourceError>) -> std::io::Result<Bytes> {
        let error = match answer {
            Ok(Ok(bytes)) => return Ok(bytes),
            Ok(Err(Error::Precondition { .. } | Error::NotFound { .. })) => changed(self.object.name()),
            Ok(Err(error)) => explain(&error, &self.object.bucket, self.object.name()),
            Err(stopped) => stopped,
        };
        let passed_on = std::io::Error::other(error.message.clone());
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        Err(passed_on)
    }
}

/// A range of the version that the reading began with.
pub async fn get(object: Object, range: Range<u64>) -> object_store::Result<Bytes> {
    // A weak tag never satisfies the condition; what the answer says of itself is compared in any case.
    let strong = object.stamp.tag.as_ref().filter(|tag| !tag.starts_with("W/"));
    let options =
        GetOptions { range: Some(range.clone().into()), if_match: strong.map(|tag| format!("\"{tag}\"")), ..GetOptions::default() };
    let answer = object.bucket.store.get_opts(&object.key, options).await?;
    let other = |what: String| Error::Precondition { path: object.key.to_string(), source: what.into() };
    if !Stamp::of(&answer.meta).is(&object.stamp) {
        return Err(other("another version".to_owned()));
    }
    let bytes = answer.bytes().await?;
    if bytes.len() as u64 == range.end - range.start { Ok(bytes) } else { Err(other("another length".to_owned())) }
}
