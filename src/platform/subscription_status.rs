//! What a platform says of a contact's subscription.

/// A contact's subscription status, in the words of the four vendors brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SubscriptionStatus {
    Subscribed,
    Unsubscribed,
    /// Asked by mail to confirm, has not.
    Pending,
    /// Known, never subscribed (Mailchimp: transactional).
    NonSubscribed,
    /// Bounced for good (Mailchimp: cleaned).
    Cleaned,
    /// Out of the audience, kept by the platform.
    Archived,
}

impl std::fmt::Display for SubscriptionStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Subscribed => "subscribed",
            Self::Unsubscribed => "unsubscribed",
            Self::Pending => "pending",
            Self::NonSubscribed => "transactional",
            Self::Cleaned => "cleaned",
            Self::Archived => "archived",
        })
    }
}

impl SubscriptionStatus {
    /// The number that stands for it in the state.
    pub fn code(self) -> u8 {
        self as u8
    }

    pub fn from_code(code: u8) -> Option<Self> {
        [Self::Subscribed, Self::Unsubscribed, Self::Pending, Self::NonSubscribed, Self::Cleaned, Self::Archived]
            .into_iter()
            .find(|s| s.code() == code)
    }
}
