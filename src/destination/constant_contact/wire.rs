//! Our words and Constant Contact's: permissions, statuses to filter by.

use crate::member::Standing;

/// A contact's `permission_to_send`. A permission newer than this program counts as none: known, and not to be touched.
pub(super) fn standing(permission: &str) -> Standing {
    match permission {
        "explicit" | "implicit" => Standing::Subscribed,
        "unsubscribed" => Standing::Unsubscribed,
        "pending_confirmation" => Standing::Pending,
        "temp_hold" => Standing::Cleaned,
        _ => Standing::NonSubscribed,
    }
}

/// What people see of a status at the vendor.
pub(super) fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Subscribed => "mailable",
        Standing::Unsubscribed => "unsubscribed",
        Standing::Pending => "awaiting confirmation",
        Standing::NonSubscribed => "without permission",
        Standing::Cleaned => "on hold",
        Standing::Archived => "deleted",
    }
}

/// The `status` that a reading asks for; `all` includes the deleted.
pub(super) fn status(standing: Option<Standing>) -> &'static str {
    match standing {
        None => "all",
        Some(Standing::Subscribed) => "active",
        Some(Standing::Unsubscribed) => "unsubscribed",
        Some(Standing::Pending) => "pending_confirmation",
        Some(Standing::NonSubscribed) => "not_set",
        Some(Standing::Cleaned) => "temp_hold",
        Some(Standing::Archived) => "deleted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("explicit", Standing::Subscribed)]
    #[case("implicit", Standing::Subscribed)]
    #[case("not_set", Standing::NonSubscribed)]
    #[case("pending_confirmation", Standing::Pending)]
    #[case("temp_hold", Standing::Cleaned)]
    #[case("unsubscribed", Standing::Unsubscribed)]
    #[case("brand_new", Standing::NonSubscribed)]
    fn permissions(#[case] permission: &str, #[case] expected: Standing) {
        assert_eq!(standing(permission), expected);
    }
}
