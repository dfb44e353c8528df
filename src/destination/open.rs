//! From an export to its destination.

use super::{Destination, Error};
use crate::{
    definition::{Audience, Export},
    http::Hub,
};
use std::sync::Arc;

/// The destination of an export's target, over the connection's credentials. Exports of one connection share its budget
/// through `hub`.
pub fn open(export: &Export, hub: &Hub) -> Result<Arc<dyn Destination>, Error> {
    match &export.target.audience {
        Audience::Mailchimp(audience) => super::mailchimp::open(&export.connection, audience, hub),
        Audience::ConstantContact(_) => super::constant_contact::open(&export.connection, &export.attributes, export.verify, hub),
        Audience::Omnisend { segment } => super::omnisend::open(&export.connection, *segment, &export.attributes, hub),
        Audience::Iterable => {
            Err(Error::stall(format!("{} cannot be reached by this version", export.connection.kind.title())))
        }
    }
}
