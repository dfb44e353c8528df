//! The vendor's rules, each over HTTP.

mod batches;
mod bulk;
mod consent;
mod constant_contact;
mod insights;
mod lists;
mod members;
mod reading;
mod server;
mod sign_in;
mod tags;
mod values;
mod weather;
