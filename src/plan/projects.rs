//! Whose account it is, where the platform does not say (C11): recognised by the lists of ours that it shows. Pure.
//!
//! | it shows | then it is |
//! |---|---|
//! | a list that is recorded in an account: the same id, made at the same time (or, where that is not recorded, of the same name) | that account |
//! | none of those, and the export's account has no lists on record | the export's account |
//! | none of those | an account that was never seen |

use crate::destination::{ContainerId, RemoteContainer};
use chrono::{DateTime, Utc};

/// An account that the state knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: String,
    pub lists: Vec<KnownList>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownList {
    pub id: ContainerId,
    pub name: String,
    pub made: Option<DateTime<Utc>>,
}

/// The id of the account that shows these lists. `ours`: what the export wrote to so far; `told`: what a first account of
/// the platform is called.
pub fn recognise(known: &[Known], shows: &[RemoteContainer], ours: Option<&str>, told: &str) -> String {
    let shown = |list: &KnownList| shows.iter().any(|remote| is(list, remote));
    if let Some(account) = known.iter().find(|account| account.lists.iter().any(shown)) {
        return account.id.clone();
    }
    let blank = |id: &str| known.iter().all(|account| account.id != id || account.lists.is_empty());
    let next = (1..).map(|n: u32| if n == 1 { told.to_owned() } else { format!("{told}/{n}") });
    let mut candidates = ours.map(str::to_owned).into_iter().chain(next);
    candidates.find(|id| blank(id)).unwrap_or_else(|| told.to_owned())
}

fn is(list: &KnownList, remote: &RemoteContainer) -> bool {
    let same = match (list.made, remote.made) {
        (Some(then), Some(now)) => then == now,
        _ => list.name == remote.name,
    };
    list.id == remote.id && same
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn at(second: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(second, 0)
    }

    fn known(id: &str, lists: &[(&str, &str, i64)]) -> Known {
        let list = |(id, name, made): &(&str, &str, i64)| KnownList {
            id: ContainerId((*id).into()),
            name: (*name).into(),
            made: at(*made).filter(|_| *made > 0),
        };
        Known { id: id.into(), lists: lists.iter().map(list).collect() }
    }

    #[rstest]
    #[case::its_list_is_there(&[("1", "VIP", 100)], "us")]
    #[case::renamed_at_the_platform(&[("1", "VIP 2024", 100)], "us")]
    #[case::one_of_two_is_enough(&[("2", "Lapsed", 200)], "us")]
    #[case::the_same_number_made_at_another_time(&[("1", "VIP", 101)], "us/3")]
    #[case::a_list_of_the_same_name(&[("9", "VIP", 100)], "us/3")]
    #[case::nothing(&[], "us/3")]
    #[case::the_other_accounts(&[("5", "VIP", 500)], "us/2")]
    #[case::recorded_before_times_were(&[("6", "Old", 600)], "us/2")]
    #[case::recorded_before_times_were_and_renamed(&[("6", "New", 600)], "us/3")]
    fn an_account_is_what_its_lists_say(#[case] shows: &[(&str, &str, i64)], #[case] expected: &str) {
        let all = [known("us", &[("1", "VIP", 100), ("2", "Lapsed", 200)]), known("us/2", &[("5", "VIP", 500), ("6", "Old", 0)])];
        let shows: Vec<_> =
            shows.iter().map(|(id, name, made)| RemoteContainer { made: at(*made), ..RemoteContainer::new(*id, *name, None) }).collect();
        for ours in [None, Some("us"), Some("us/2")] {
            assert_eq!(recognise(&all, &shows, ours, "us"), expected);
        }
    }

    #[test]
    fn where_nothing_is_on_record_it_is_taken_for_ours() {
        let strange = [RemoteContainer::new("7", "Theirs", None)];
        assert_eq!(recognise(&[], &strange, None, "us"), "us");
        assert_eq!(recognise(&[known("us", &[])], &strange, Some("us"), "us"), "us");
        let all = [known("us", &[("1", "VIP", 100)]), known("us/2", &[])];
        assert_eq!(recognise(&all, &strange, Some("us/2"), "us"), "us/2");
        assert_eq!(recognise(&all, &strange, None, "us"), "us/2");
    }

    /// Whatever host leads there: a proxy, another data centre's name.
    #[test]
    fn a_host_is_no_identity() {
        let all = [known("us", &[("1", "VIP", 100)])];
        let shows = [RemoteContainer { made: at(100), ..RemoteContainer::new("1", "VIP", None) }];
        assert_eq!(recognise(&all, &shows, None, "proxy.test"), "us");
        assert_eq!(recognise(&all, &[], Some("us"), "proxy.test"), "proxy.test");
    }
}
