//! Why a call ended without its answer: the vendor refuses it, or the stand-in itself is broken.

/// A vendor's refusal.
pub(crate) trait Refusal: Sized {
    /// How the vendor says that it is its own fault.
    fn own_fault() -> Self;
}

#[derive(Debug)]
pub(crate) enum Fail<R> {
    Refused(Box<R>),
    Store(rusqlite::Error),
    Json(serde_json::Error),
}

impl<R: Refusal> From<R> for Fail<R> {
    fn from(refusal: R) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl<R> From<rusqlite::Error> for Fail<R> {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error)
    }
}

impl<R> From<serde_json::Error> for Fail<R> {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl<R: Refusal> Fail<R> {
    /// What the client is told; what went wrong inside goes to the log.
    pub(crate) fn into_refusal(self) -> R {
        match self {
            Self::Refused(refusal) => *refusal,
            Self::Store(error) => {
                tracing::error!(%error, "the sandbox's database failed");
                R::own_fault()
            }
            Self::Json(error) => {
                tracing::error!(%error, "the sandbox's database holds something unreadable");
                R::own_fault()
            }
        }
    }
}
