//! Mailchimp, Marketing API 3.0.

use super::{Destination, Error};
use crate::{
    definition::{AudienceRef, Connection},
    http::Hub,
};
use std::sync::Arc;

pub(super) fn open(connection: &Connection, audience: &AudienceRef, hub: &Hub) -> Result<Arc<dyn Destination>, Error> {
    let _ = (connection, audience, hub);
    Err(Error::stall("not built yet"))
}
