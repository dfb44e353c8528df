//! Which way a sign-in goes, from what was asked for and what this machine has.

use crate::platform::AuthorizationServer;

/// How the person says yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// In a browser that comes back to this machine by itself.
    Redirect { open: bool },
    /// In a browser anywhere; the address that it ends at is pasted here.
    Paste,
    /// By a code on another device.
    Device,
}

/// What decides.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub paste: bool,
    pub device: bool,
    /// There is one here, and it may be opened.
    pub browser: bool,
    pub has_secret: bool,
}

impl Way {
    /// The error says why there is none of the kind asked for.
    pub fn choose(facts: Facts, vendor: &AuthorizationServer) -> Result<Self, String> {
        let by_device = vendor.device.is_some();
        match facts {
            Facts { device: true, .. } if !by_device => Err(format!("{} knows no sign-in by a code on another device", vendor.title)),
            Facts { device: true, .. } => Ok(Self::Device),
            Facts { paste: true, .. } => Ok(Self::Paste),
            Facts { browser: false, has_secret: false, .. } if by_device => Ok(Self::Device),
            Facts { browser, .. } => Ok(Self::Redirect { open: browser }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const NOTHING: Facts = Facts { paste: false, device: false, browser: false, has_secret: false };

    #[rstest]
    #[case::a_browser("constant-contact", Facts { browser: true, ..NOTHING }, Ok(Way::Redirect { open: true }))]
    #[case::no_browser("constant-contact", NOTHING, Ok(Way::Device))]
    #[case::no_browser_but_a_secret("constant-contact", Facts { has_secret: true, ..NOTHING }, Ok(Way::Redirect { open: false }))]
    #[case::no_browser_and_no_device_flow("mailchimp", Facts { has_secret: true, ..NOTHING }, Ok(Way::Redirect { open: false }))]
    #[case::paste("constant-contact", Facts { paste: true, browser: true, ..NOTHING }, Ok(Way::Paste))]
    #[case::device("constant-contact", Facts { device: true, browser: true, ..NOTHING }, Ok(Way::Device))]
    #[case::device_where_there_is_none("mailchimp", Facts { device: true, ..NOTHING }, Err("Mailchimp knows"))]
    fn is_chosen(#[case] vendor: &str, #[case] facts: Facts, #[case] expected: Result<Way, &str>) {
        match (Way::choose(facts, AuthorizationServer::named(vendor).unwrap()), expected) {
            (Ok(way), Ok(expected)) => assert_eq!(way, expected),
            (Err(why), Err(begins)) => assert!(why.starts_with(begins), "{why}"),
            (way, _) => panic!("{way:?}"),
        }
    }
}
