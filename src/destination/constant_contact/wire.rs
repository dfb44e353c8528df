//! Our words and Constant Contact's: permissions, statuses to filter by.

use crate::platform::SubscriptionStatus;

/// A contact's `permission_to_send`. A permission newer than this program counts as none: known, and not to be touched.
pub(super) fn standing(permission: &str) -> SubscriptionStatus {
    match permission {
        "explicit" | "implicit" => SubscriptionStatus::Subscribed,
        "unsubscribed" => SubscriptionStatus::Unsubscribed,
        "pending_confirmation" => SubscriptionStatus::Pending,
        "temp_hold" => SubscriptionStatus::Cleaned,
        _ => SubscriptionStatus::NonSubscribed,
    }
}

/// What people see of a status at the vendor.
pub(super) fn word(standing: SubscriptionStatus) -> &'static str {
    match standing {
        SubscriptionStatus::Subscribed => "mailable",
        SubscriptionStatus::Unsubscribed => "unsubscribed",
        SubscriptionStatus::Pending => "awaiting confirmation",
        SubscriptionStatus::NonSubscribed => "without permission",
        SubscriptionStatus::Cleaned => "on hold",
        SubscriptionStatus::Archived => "deleted",
    }
}

/// The `status` that a reading asks for; `all` includes the deleted.
pub(super) fn status(standing: Option<SubscriptionStatus>) -> &'static str {
    match standing {
        None => "all",
        Some(SubscriptionStatus::Subscribed) => "active",
        Some(SubscriptionStatus::Unsubscribed) => "unsubscribed",
        Some(SubscriptionStatus::Pending) => "pending_confirmation",
        Some(SubscriptionStatus::NonSubscribed) => "not_set",
        Some(SubscriptionStatus::Cleaned) => "temp_hold",
        Some(SubscriptionStatus::Archived) => "deleted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("explicit", SubscriptionStatus::Subscribed)]
    #[case("implicit", SubscriptionStatus::Subscribed)]
    #[case("not_set", SubscriptionStatus::NonSubscribed)]
    #[case("pending_confirmation", SubscriptionStatus::Pending)]
    #[case("temp_hold", SubscriptionStatus::Cleaned)]
    #[case("unsubscribed", SubscriptionStatus::Unsubscribed)]
    #[case("brand_new", SubscriptionStatus::NonSubscribed)]
    fn permissions(#[case] permission: &str, #[case] expected: SubscriptionStatus) {
        assert_eq!(standing(permission), expected);
    }
}
