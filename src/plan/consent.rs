//! What a connection's privacy consent was given for × what the connection is now → whether anything may be sent (C4). Pure.
//!
//! | recorded | now | then |
//! |---|---|---|
//! | nothing | anything | given for what is there now |
//! | platform, origin, account | the same | holds |
//! | the same, account not known yet | an account | given for this account |
//! | another platform, origin or account | a later `acceptedOn` | given again, for what is there now |
//! | another platform, origin or account | no later `acceptedOn` | stalled: no key leaves |

use crate::{
    definition::{Connection, Credentials, Region},
    platform::Platform,
};
use chrono::NaiveDateTime;
use url::Url;

/// What a consent was given for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// As in `type:`.
    pub platform: String,
    /// Scheme, host and port that credentials go to.
    pub origin: String,
    /// The account's id, once the platform has told it; some never do.
    pub account: Option<String>,
    pub accepted_on: NaiveDateTime,
}

/// How a recorded consent relates to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It covers the connection, and says all that is known of it.
    Holds,
    /// It covers the connection, and is to be recorded like this.
    Given(Consent),
    /// It was given for something else: what, then and now.
    Lapsed(String),
}

impl Consent {
    /// What a connection's consent is for, as far as its definition tells.
    pub fn of(connection: &Connection) -> Self {
        let platform = connection.kind.as_str().to_owned();
        Self { platform, origin: origin(connection), account: None, accepted_on: connection.privacy.accepted_on }
    }

    /// The same of a known account.
    #[must_use]
    pub fn with_account(self, account: &str) -> Self {
        Self { account: Some(account.to_owned()), ..self }
    }
}

/// Judges a consent against a connection as it is now. Before the platform was asked (`probed`) its account is not known: that
/// is no change, and a later date is not used up yet, since it may be for another account.
pub fn judge(recorded: Option<&Consent>, now: &Consent, probed: bool) -> Judgement {
    let Some(recorded) = recorded else { return Judgement::Given(now.clone()) };
    let changed = changed(recorded, now);
    match changed {
        Some(what) if now.accepted_on <= recorded.accepted_on => Judgement::Lapsed(what),
        Some(_) => Judgement::Given(now.clone()),
        None if !probed => Judgement::Holds,
        None => {
            let accepted_on = now.accepted_on.max(recorded.accepted_on);
            let account = recorded.account.clone().or_else(|| now.account.clone());
            let both = Consent { account, accepted_on, ..now.clone() };
            if both == *recorded { Judgement::Holds } else { Judgement::Given(both) }
        }
    }
}

fn changed(recorded: &Consent, now: &Consent) -> Option<String> {
    if recorded.platform != now.platform {
        return Some(format!("it was given for {}, and the connection is of type {} now", recorded.platform, now.platform));
    }
    if recorded.origin != now.origin {
        return Some(format!("it was given for {}, and the connection leads to {} now", recorded.origin, now.origin));
    }
    match (&recorded.account, &now.account) {
        (Some(known), Some(account)) if known != account => {
            Some(format!("it was given for the account {known}, and these credentials are of the account {account}"))
        }
        _ => None,
    }
}

/// Where credentials go: the API, and the sign-in server where the definition names one.
fn origin(connection: &Connection) -> String {
    let api = connection.endpoint.as_ref().map_or_else(|| own(connection).to_owned(), |endpoint| of_url(connection.kind, endpoint));
    match &connection.credentials {
        Credentials::OAuth(app) => match &app.endpoint {
            Some(sign_in) => format!("{api} with sign-in at {}", sign_in.origin().ascii_serialization()),
            None => api,
        },
        Credentials::ApiKey(_) => api,
    }
}

/// The platform's own address.
fn own(connection: &Connection) -> &'static str {
    let sheet = connection.kind.sheet();
    if connection.region == Region::Eu { sheet.api_eu.unwrap_or(sheet.api) } else { sheet.api }
}

/// Hosts of one platform, such as Mailchimp's data centres, are one: which of them it is goes with the account.
fn of_url(kind: Platform, url: &Url) -> String {
    let sheet = kind.sheet();
    let one = sheet.api_hosts.is_some_and(|end| url.host_str().is_some_and(|host| host.ends_with(end)));
    if one && url.scheme() == "https" && url.port().is_none() { sheet.api.to_owned() } else { url.origin().ascii_serialization() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use rstest::rstest;

    fn consent(platform: &str, origin: &str, account: Option<&str>, day: u32) -> Consent {
        let accepted_on = NaiveDate::from_ymd_opt(2026, 11, day).unwrap().into();
        Consent { platform: platform.into(), origin: origin.into(), account: account.map(Into::into), accepted_on }
    }

    type Said = (&'static str, &'static str, Option<&'static str>, u32);

    const A: Said = ("mailchimp", "https://a", Some("one"), 22);

    #[rstest]
    #[case::the_same(A, None)]
    #[case::account_not_asked_yet(("mailchimp", "https://a", None, 22), None)]
    #[case::an_earlier_date_of_the_same(("mailchimp", "https://a", Some("one"), 21), None)]
    #[case::a_later_date_before_the_account_is_known(("mailchimp", "https://a", None, 23), None)]
    #[case::a_later_date_of_the_same(("mailchimp", "https://a", Some("one"), 23), Some(Ok(("mailchimp", "https://a", Some("one"), 23))))]
    #[case::another_origin(("mailchimp", "https://b", None, 22), Some(Err("leads to https://b now")))]
    #[case::another_port(("mailchimp", "https://a:8443", None, 22), Some(Err("leads to https://a:8443 now")))]
    #[case::another_origin_with_an_earlier_date(("mailchimp", "https://b", None, 21), Some(Err("leads to https://b now")))]
    #[case::another_origin_accepted(("mailchimp", "https://b", None, 23), Some(Ok(("mailchimp", "https://b", None, 23))))]
    #[case::another_platform(("omnisend", "https://a", None, 22), Some(Err("is of type omnisend now")))]
    #[case::another_account(("mailchimp", "https://a", Some("two"), 22), Some(Err("are of the account two")))]
    #[case::another_account_accepted(("mailchimp", "https://a", Some("two"), 23), Some(Ok(("mailchimp", "https://a", Some("two"), 23))))]
    fn a_consent_holds_for_what_it_was_given_for(#[case] now: Said, #[case] expected: Option<Result<Said, &'static str>>) {
        let of = |(platform, origin, account, day)| consent(platform, origin, account, day);
        match (judge(Some(&of(A)), &of(now), now.2.is_some()), expected) {
            (Judgement::Holds, None) => {}
            (Judgement::Given(given), Some(Ok(expected))) => assert_eq!(given, of(expected)),
            (Judgement::Lapsed(what), Some(Err(expected))) => assert!(what.contains(expected), "{what}"),
            (standing, expected) => panic!("{standing:?}, not {expected:?}"),
        }
    }

    #[test]
    fn the_first_use_gives_it_and_the_first_answer_completes_it() {
        let first = consent("mailchimp", "https://a", None, 22);
        assert_eq!(judge(None, &first, false), Judgement::Given(first.clone()));
        let known = first.clone().with_account("one");
        assert_eq!(judge(Some(&first), &known, true), Judgement::Given(known.clone()));
        assert_eq!(judge(Some(&known), &first, false), Judgement::Holds, "what is known stays known");
        let later = Consent { accepted_on: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().into(), ..first.clone() };
        assert_eq!(judge(Some(&first), &later, true), Judgement::Given(later.clone()), "where the platform tells no account");
    }

    #[rstest]
    #[case(Platform::Mailchimp, "https://us6.api.mailchimp.com/3.0", "https://api.mailchimp.com")]
    #[case(Platform::Mailchimp, "http://us6.api.mailchimp.com/3.0", "http://us6.api.mailchimp.com")]
    #[case(Platform::Mailchimp, "https://api.mailchimp.com.evil.test", "https://api.mailchimp.com.evil.test")]
    #[case(Platform::Omnisend, "https://us6.api.mailchimp.com/3.0", "https://us6.api.mailchimp.com")]
    #[case(Platform::Iterable, "http://127.0.0.1:8080/api", "http://127.0.0.1:8080")]
    fn an_origin_is_scheme_host_and_port(#[case] kind: Platform, #[case] url: &str, #[case] origin: &str) {
        assert_eq!(of_url(kind, &Url::parse(url).unwrap()), origin);
    }
}
