//! Listkeeper keeps marketing lists equal to what YAML files in a directory say.
//!
//! ```text
//! definition ──► source ──► segment ──► member ──► plan ──► run ──► destination
//!  (YAML)       (rows)      (sets)   (addresses)  (pure)    │        (vendor)
//!                                                   ▲       ▼
//!                                                   └─ state (what was applied)
//! ```
//! Data flows one way, left to right. `daemon` and `cli` drive it from above, `server` speaks for the daemon; nothing below
//! imports from above.
//!
//! # Where things are
//! | folder | what is in it |
//! |---|---|
//! | [`platform`] | facts about each platform, data only, one sheet a platform |
//! | [`definition`] | what people write: YAML documents with positions, checked across files into a [`definition::Catalog`] |
//! | [`source`] | where profiles come from, streamed: files and folders as SQL tables, Customer Insights, databases and engines |
//! | [`segment`] | who is in a segment: a source's rows, or other segments together, sampled and limited |
//! | [`member`] | profile → member: address, attribute values, fingerprint, the compact index |
//! | [`plan`] | pure: desired × last applied × observed → a plan, the guard's verdict, the plan as text |
//! | [`state`] | what was applied, by whom, when; runs; held plans (SQLite) |
//! | [`destination`] | the vendor trait, and a folder a vendor |
//! | [`http`] | the one client: auth, retry, rate budget, redaction |
//! | [`oauth`] | signing in at a vendor, and keeping the sign-in alive |
//! | [`run`] | carries one plan out: batches, workers, outcomes, resume, progress |
//! | [`daemon`] | the directory watched, definitions reconciled, exports run at their times: a pure core and a controller |
//! | [`server`] | the JSON API, its OpenAPI document, metrics |
//! | [`cli`] | one file a command; all printing |
//!
//! # Guarantees (each has a test that would fail without it)
//! * **G1** A removal comes only from a complete, valid read of the source, of someone this export added, under the guard.
//! * **G2** The subscription status of a contact the platform already knows is never changed; nobody who unsubscribed is subscribed again.
//! * **G3** After a successful run, the same input plans nothing.
//! * **G4** Killed anywhere, the next run ends with the platform exactly as desired.
//! * **G5** Documented vendor limits are never exceeded, across everything that shares a budget.
//! * **G6** Same input, same plan, byte for byte.
//! * **G7** Secrets appear in no output; e-mail addresses are masked in logs.
//! * **G8** Memory does not grow with the number of members beyond a small index (32 bytes each).
//! * **G9** A run that would add more members than `guard.maxAdditions` is held until someone approves it.
#![forbid(unsafe_op_in_unsafe_fn)]

pub mod cli;
pub mod daemon;
pub mod definition;
pub mod destination;
pub mod http;
pub mod member;
pub mod oauth;
pub mod plan;
pub mod platform;
pub mod run;
pub mod segment;
pub mod server;
pub mod source;
pub mod state;
