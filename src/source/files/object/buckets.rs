//! The buckets of one reading: one client for each.

use super::{
    super::super::SourceError,
    address::{Address, Service},
    client::client,
    failure::explain,
    work::Work,
};
use crate::definition::Storage;
use object_store::ObjectStore;
use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

/// How the object storage of a source is reached. Nothing is opened before the first object is asked for.
pub struct Buckets {
    storage: Storage,
    cancel: Arc<AtomicBool>,
    known: Mutex<BTreeMap<String, Arc<Bucket>>>,
}

/// One bucket, or one file of a web server.
pub struct Bucket {
    pub base: String,
    pub name: String,
    pub service: Service,
    pub store: Arc<dyn ObjectStore>,
    pub work: Arc<Work>,
}

impl Buckets {
    pub fn new(storage: Storage, cancel: Arc<AtomicBool>) -> Self {
        Self { storage, cancel, known: Mutex::default() }
    }

    /// One that is open already.
    #[cfg(test)]
    pub fn with(bucket: Bucket, cancel: Arc<AtomicBool>) -> Self {
        let known = BTreeMap::from([(bucket.base.clone(), Arc::new(bucket))]);
        Self { storage: Storage::default(), cancel, known: Mutex::new(known) }
    }

    /// `written`: the address as the definition has it.
    pub fn bucket(&self, written: &str) -> Result<(Arc<Bucket>, Address), SourceError> {
        let address = Address::of(written);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // A web server's address is the file's, query and all.
        let key = if address.service == Service::Web { written } else { &address.base };
        if let Some(bucket) = known.get(key) {
            return Ok((Arc::clone(bucket), address));
        }
        let store = client(&address, written, &self.storage).map_err(|cause| {
            SourceError::new(format!("{} cannot be opened: {cause}", address.shown()))
                .hint("look at the source's `storage`: its credentials, account, region and endpoint")
        })?;
        let work = match known.values().next() {
            Some(other) => Arc::clone(&other.work),
            None => Arc::new(Work::new(Arc::clone(&self.cancel))?),
        };
        let bucket = Arc::new(Bucket { base: address.base.clone(), name: address.bucket.clone(), service: address.service, store, work });
        known.insert(key.to_owned(), Arc::clone(&bucket));
        Ok((bucket, address))
    }
}

impl Bucket {
    /// Asks, and says in words what `name` has to do with a failure.
    pub fn ask<T>(&self, name: &str, question: impl Future<Output = object_store::Result<T>>) -> Result<T, SourceError> {
        self.work.wait(question)?.map_err(|error| explain(&error, self, name))
    }
}

/// Clients know credentials.
impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Buckets")
    }
}
