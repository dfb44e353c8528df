//! Who is signed in, and until when.

use crate::{cli::render::table, daemon::SignInView};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// A sign-in that ends so soon is something to look at.
const AHEAD: TimeDelta = TimeDelta::days(14);

/// A line for each connection that a person signed in.
pub fn lines(sign_ins: &[(String, SignInView)], now: DateTime<Utc>) -> Vec<String> {
    sign_ins.iter().map(|(connection, sign_in)| line(connection, sign_in, now)).collect()
}

fn line(name: &str, sign_in: &SignInView, now: DateTime<Utc>) -> String {
    let whose = sign_in.account.as_ref().map(|account| format!(" as {account}")).unwrap_or_default();
    let at = |ends: DateTime<Utc>| table::time(ends, Tz::UTC);
    match sign_in.ends_unused {
        None => format!("  connection {name}: signed in{whose}"),
        Some(ends) if ends <= now => {
            format!("! connection {name}: the sign-in{whose} ended on {}, unused for too long; listkeeper connect {name}", at(ends))
        }
        Some(ends) if ends - now <= AHEAD => format!(
            "! connection {name}: the sign-in{whose} ends on {} unless it is used before: run an export of it, or listkeeper connect {name}",
            at(ends)
        ),
        Some(ends) => format!("  connection {name}: signed in{whose}; it ends only if it is not used until {}", at(ends)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_seen_fourteen_days_ahead() {
        let now = DateTime::from_timestamp(1_795_327_200, 0).unwrap();
        let connection = |name: &str, account: Option<&str>, days: Option<i64>| {
            let ends_unused = days.map(|days| now + TimeDelta::days(days));
            (name.to_owned(), SignInView { account: account.map(Into::into), ends_unused })
        };
        let all = [
            connection("crm", Some("Contoso"), Some(15)),
            connection("late", None, Some(14)),
            connection("lost", None, Some(-1)),
            connection("news", Some("Contoso"), None),
        ];
        insta::assert_snapshot!(lines(&all, now).join("\n"), @r"
          connection crm: signed in as Contoso; it ends only if it is not used until 2026-12-07 06:00 UTC
        ! connection late: the sign-in ends on 2026-12-06 06:00 UTC unless it is used before: run an export of it, or listkeeper connect late
        ! connection lost: the sign-in ended on 2026-11-21 06:00 UTC, unused for too long; listkeeper connect lost
          connection news: signed in as Contoso
        ");
    }
}
