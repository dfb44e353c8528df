//! What a sign-in gave, and how long it is good.

use crate::platform::{AuthorizationServer, Renewal};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use url::Url;

/// The tokens of one connection. `Debug` shows none.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub bound: Binding,
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    pub obtained: DateTime<Utc>,
    /// Of the access token; `None`: never.
    pub expires: Option<DateTime<Utc>>,
    /// Whose account it is, as people know it, once that is known.
    pub account: Option<String>,
    /// Where the account's API is, where the vendor tells it at sign-in.
    pub api: Option<Url>,
}

/// What tokens are good for. They are sent nowhere else, whatever a definition says later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    pub vendor: String,
    /// The authorization server's base.
    pub endpoint: String,
    pub client_id: String,
}

impl Tokens {
    /// To be renewed: less than an hour, or a tenth of its life, is left. Tokens that live only hours are renewed at half
    /// their life at the earliest.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.expires.is_some_and(|expires| {
            let life = expires - self.obtained;
            let ahead = (life / 10).max(TimeDelta::hours(1)).min(life / 2);
            expires - now <= ahead
        })
    }

    /// The vendor takes it no more.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// When the sign-in dies if nobody uses it before.
    pub fn dies(&self) -> Option<DateTime<Utc>> {
        match AuthorizationServer::named(&self.bound.vendor)?.renewal {
            Renewal::Endless => None,
            Renewal::Refresh { unused_days, .. } => self.obtained.checked_add_signed(TimeDelta::days(unused_days)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn tokens(vendor: &str, life_minutes: Option<i64>) -> Tokens {
        let obtained = DateTime::from_timestamp(1_795_327_200, 0).unwrap();
        Tokens {
            bound: Binding { vendor: vendor.into(), endpoint: String::new(), client_id: String::new() },
            access: String::new().into(),
            refresh: None,
            obtained,
            expires: life_minutes.map(|minutes| obtained + TimeDelta::minutes(minutes)),
            account: None,
            api: None,
        }
    }

    #[rstest]
    #[case::a_day(Some(24 * 60), 21 * 60, false)]
    #[case::a_tenth_of_a_day_is_left(Some(24 * 60), 21 * 60 + 36, true)]
    #[case::two_hours(Some(120), 59, false)]
    #[case::an_hour_is_left(Some(120), 60, true)]
    #[case::minutes_only(Some(10), 4, false)]
    #[case::half_of_them(Some(10), 5, true)]
    #[case::never(None, 1_000_000, false)]
    fn is_renewed_ahead_of_time(#[case] life: Option<i64>, #[case] after: i64, #[case] expected: bool) {
        let tokens = tokens("constant-contact", life);
        assert_eq!(tokens.is_due(tokens.obtained + TimeDelta::minutes(after)), expected);
    }

    #[test]
    fn dies_where_nobody_uses_it_for_as_long_as_the_vendor_says() {
        let tokens_of = |vendor| tokens(vendor, None);
        let cc = tokens_of("constant-contact");
        assert_eq!(cc.dies(), Some(cc.obtained + TimeDelta::days(180)));
        assert_eq!(tokens_of("mailchimp").dies(), None);
    }
}
