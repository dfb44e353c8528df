//! From an export to its destination.

use super::{Destination, Error};
use crate::{
    definition::{Audience, Export},
    http::Hub,
    oauth::SignIns,
};
use std::sync::Arc;

/// The destination of an export's target, over the connection's credentials. Exports of one connection share its budget
/// through `hub`, and its sign-in through `sign_ins`.
pub fn open(export: &Export, hub: &Hub, sign_ins: &SignIns) -> Result<Arc<dyn Destination>, Error> {
    match &export.target.audience {
        Audience::Mailchimp(audience) => super::mailchimp::open(&export.connection, audience, hub),
        Audience::ConstantContact(_) => super::constant_contact::open(&export.connection, &export.attributes, export.verify, hub, sign_ins),
        Audience::Omnisend { segment } => super::omnisend::open(&export.connection, *segment, &export.attributes, hub),
        Audience::Iterable => Err(Error::stall(format!("{} cannot be reached by this version", export.connection.kind.title()))),
    }
}
