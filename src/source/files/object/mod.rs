//! Files in object storage: S3, Azure, Google Cloud, and single files of web servers.
//!
//! An object is read by ranges, each asked for only *if* the object is still the version that was seen when the reading
//! began; servers that ignore the condition are found out by what they say the object is. So a reading is of one version
//! or an error, and a line that breaks costs one range, not the reading.
//!
//! No error and no debug text holds a credential, a signature or the query of an address.

mod address;
mod blocks;
mod buckets;
mod client;
mod failure;
mod find;
mod reading;
mod stream;
#[cfg(test)]
mod tests;
mod web;
mod work;

pub use address::{Address, shown};
pub use buckets::Buckets;
pub use find::Object;
pub use reading::Reading;
