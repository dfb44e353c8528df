//! Customer Insights as a source: Entra ID, which gives tokens, Dataverse's tables, Customer Insights' own REST API, and the
//! signed files that the API points at. One store of people and segments behind all four.
//!
//! * `entra`, `dataverse`, `api` and `files` are the four doors, each at an address of its own.
//! * `store` keeps people and segments; `sample` and `folder` fill it.
//! * `tokens` are what Entra gave and the others ask for; `settings` is what the control surface changes.
//! * `refresh` is the system's own work, in the middle of which a client may read.
//!
//! Where the documents leave something open, the stand-in does what is harder for a client.

mod api;
mod controls;
mod dataverse;
mod entra;
mod files;
mod folder;
mod refresh;
mod sample;
mod settings;
mod shared;
mod store;
mod tokens;

pub(super) use shared::{Insights, doors};

pub(super) use api::{BASE as API, NAME};
pub(super) use dataverse::BASE as DATAVERSE;
pub(super) use entra::BASE as ENTRA;

/// Names and where each begins, below the sandbox's address.
pub(super) const BASES: [(&str, &str); 4] =
    [(entra::NAME, entra::BASE), (dataverse::NAME, dataverse::BASE), (api::NAME, api::BASE), (files::NAME, files::BASE)];

/// The environment that the REST API has.
pub(super) const INSTANCE: &str = "5a7db0c5-0c1d-4c0f-8a11-0c5a7db0c5ff";
