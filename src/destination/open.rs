//! From an export to its destination.

use super::{
    Destination, Error,
    consented::{Consented, Consents},
};
use crate::{
    definition::{Audience, Export},
    http::Hub,
    oauth::SignIns,
};
use std::sync::{Arc, atomic::AtomicBool};

/// The destination of an export's target, over the connection's key or sign-in. Exports of one connection share its budget
/// through `hub`. Fails, before the key is read, where the privacy consent was given for something else.
pub fn open(export: &Export, hub: &Hub, sign_ins: &SignIns, consents: Arc<dyn Consents>) -> Result<Arc<dyn Destination>, Error> {
    consents.check(&export.connection)?;
    let inner = of_platform(export, hub, sign_ins)?;
    Ok(Arc::new(Consented { inner, connection: Arc::clone(&export.connection), consents, proved: AtomicBool::new(false) }))
}

fn of_platform(export: &Export, hub: &Hub, sign_ins: &SignIns) -> Result<Arc<dyn Destination>, Error> {
    match &export.target.audience {
        Audience::Mailchimp(audience) => super::mailchimp::open(&export.connection, audience, hub, sign_ins),
        Audience::Omnisend { segment } => super::omnisend::open(&export.connection, *segment, &export.attributes, hub),
        Audience::ConstantContact(_) => super::constant_contact::open(&export.connection, &export.attributes, export.verify, hub, sign_ins),
        Audience::Iterable => super::iterable::open(&export.connection, hub),
    }
}
