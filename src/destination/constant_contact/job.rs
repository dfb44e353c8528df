//! The name under which an accepted activity is recorded: all that is needed to ask for it after a restart.

use super::{
    super::{ContainerId, Error, JobId, JobOutcomes, Outcome},
    import,
};
use crate::member::Key;

/// An activity of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub work: Work,
    /// The vendor's id of it.
    pub activity: String,
    pub list: ContainerId,
    /// Rows of its batch that did not go along.
    pub left_out: Vec<Key>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// Onto the list; left out are those whose address is too long.
    Import,
    /// Off the list; left out are those whom the platform does not know.
    Removal,
}

impl Work {
    const ALL: [Self; 2] = [Self::Import, Self::Removal];

    fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Removal => "removal",
        }
    }

    fn left_out(self) -> Outcome {
        match self {
            Self::Import => import::too_long(),
            Self::Removal => Outcome::Gone,
        }
    }
}

impl Job {
    /// `import/ACTIVITY/LIST/KEY+KEY`.
    pub(super) fn id(&self) -> JobId {
        let keys: Vec<_> = self.left_out.iter().map(|key| hex::encode(key.to_bytes())).collect();
        JobId(format!("{}/{}/{}/{}", self.work.name(), self.activity, self.list, keys.join("+")))
    }

    pub(super) fn read(id: &JobId) -> Result<Self, Error> {
        let parts: Vec<_> = id.0.split('/').collect();
        let job = match parts.as_slice() {
            [work, activity, list, keys] => Self::of(work, activity, list, keys),
            _ => None,
        };
        job.ok_or_else(|| Error::stall(format!("{:?} is not a job of Constant Contact's", id.0)))
    }

    fn of(work: &str, activity: &str, list: &str, keys: &str) -> Option<Self> {
        let work = Work::ALL.into_iter().find(|each| each.name() == work)?;
        let left_out = keys.split('+').filter(|key| !key.is_empty()).map(key).collect::<Option<_>>()?;
        Some(Self { work, activity: activity.to_owned(), list: ContainerId(list.to_owned()), left_out })
    }

    /// What became of some rows, and of all others that went along.
    pub(super) fn outcomes(&self, mut rows: Vec<(Key, Outcome)>, others: Outcome) -> JobOutcomes {
        rows.extend(self.left_out.iter().map(|key| (*key, self.work.left_out())));
        JobOutcomes { rows, others }
    }
}

fn key(text: &str) -> Option<Key> {
    let mut bytes = [0; 16];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(Key::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::constant_contact::tests::row;

    #[test]
    fn names_are_read_back_and_strange_ones_refused() {
        for (work, addresses) in [(Work::Import, &[][..]), (Work::Removal, &["a@example.com", "b@example.com"])] {
            let left_out = addresses.iter().map(|address| row(address).key).collect();
            let job = Job { work, activity: "86b9".into(), list: ContainerId("04fe".into()), left_out };
            assert_eq!(Job::read(&job.id()).unwrap(), job);
            assert!(!job.id().0.contains('@'));
        }
        for strange in ["", "import/a/b", "export/a/b/", "import/a/b/zz"] {
            assert!(Job::read(&JobId(strange.into())).is_err(), "{strange}");
        }
    }
}
