//! Every vendor that has a stand-in.

use super::{
    Clock, Error,
    constant_contact::{self, ConstantContact},
    hold::Hold,
    insights::{self, Insights},
    iterable::{self, Iterable},
    mailchimp::{self, Mailchimp},
    oauth::{self, AuthorizationServer},
    omnisend::{self, Omnisend},
    vendor::Vendor,
};
use std::{path::Path, sync::Arc};
use url::Url;

/// Names and where their APIs begin.
const BASES: &[(&str, &str)] = &[
    ("mailchimp", mailchimp::BASE),
    ("iterable", iterable::BASE),
    (omnisend::NAME, omnisend::BASE),
    ("constant-contact", constant_contact::BASE),
    (oauth::MAILCHIMP.name, oauth::MAILCHIMP.base),
    (oauth::CONSTANT_CONTACT.name, oauth::CONSTANT_CONTACT.base),
    insights::BASES[0],
    insights::BASES[1],
    insights::BASES[2],
    insights::BASES[3],
];

/// What runs behind the doors.
pub(super) struct Vendors {
    /// Mailchimp has pages of its own, beyond what every vendor has.
    pub mailchimp: Arc<Mailchimp>,
    pub all: Vec<Arc<dyn Vendor>>,
}

impl Vendors {
    /// Opens each vendor's database in the held folder; `export` is where Customer Insights' people are.
    pub(super) fn open(hold: &Arc<Hold>, clock: &Clock, origin: &Url, export: Option<&Path>) -> Result<Self, Error> {
        let origin = origin.as_str().trim_end_matches('/');
        let mailchimp = Arc::new(Mailchimp::open(hold, clock.clone(), origin.to_owned())?);
        let iterable = Arc::new(Iterable::open(hold, clock.clone())?);
        let omnisend = Arc::new(Omnisend::open(hold, clock.clone(), origin.to_owned())?);
        let constant_contact = Arc::new(ConstantContact::open(hold, clock.clone())?);
        let sign_in = |rules| AuthorizationServer::open(rules, hold, clock, origin).map(Arc::new);
        let (mailchimps, contacts) = (sign_in(&oauth::MAILCHIMP)?, sign_in(&oauth::CONSTANT_CONTACT)?);
        let sources = insights::doors(&Insights::open(hold, clock, origin, export)?);
        let mut all: Vec<Arc<dyn Vendor>> = vec![mailchimp.clone(), iterable, omnisend, constant_contact, mailchimps, contacts];
        all.extend(sources);
        Ok(Self { mailchimp, all })
    }
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    BASES.iter().map(|(name, _)| *name)
}

/// Where the API of the vendor of this name begins.
pub(super) fn base(vendor: &str) -> Option<&'static str> {
    BASES.iter().find(|(name, _)| *name == vendor).map(|(_, base)| *base)
}
