//! From an export to its destination.

use super::{Destination, Error};
use crate::{
    definition::{Audience, Export},
    http::Hub,
    oauth::SignIns,
};
use std::sync::Arc;

/// The destination of an export's target, over the connection's key or sign-in. Exports of one connection share its budget
/// through `hub`.
pub fn open(export: &Export, hub: &Hub, sign_ins: &SignIns) -> Result<Arc<dyn Destination>, Error> {
    match &export.target.audience {
        Audience::Mailchimp(audience) => super::mailchimp::open(&export.connection, audience, hub, sign_ins),
        Audience::Omnisend { segment } => super::omnisend::open(&export.connection, *segment, &export.attributes, hub),
        Audience::ConstantContact(_) => super::constant_contact::open(&export.connection, &export.attributes, export.verify, hub, sign_ins),
        Audience::Iterable => super::iterable::open(&export.connection, hub),
    }
}
