//! In which order containers are renamed, so that no name is ever wanted by two at a time (E9). Pure.
//!
//! | names wanted | then |
//! |---|---|
//! | a free one | renamed |
//! | that of another which is renamed too | after that one |
//! | in a ring: two that swap, or more | one of them goes by a third name first |
//!
//! Whoever is killed in the middle finds the rest by the containers' ids: what has its name already is not renamed again.

use crate::destination::ContainerId;

/// A container that is to have another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rename {
    pub id: ContainerId,
    /// As it is called at the platform now.
    pub from: String,
    pub to: String,
    /// Whose it is, for people.
    pub segment: String,
}

/// Puts renames in order. Each wants another name, which is free or that of another of them.
pub(super) fn in_order(wanted: Vec<Rename>, same: &dyn Fn(&str, &str) -> bool) -> Vec<Rename> {
    let (mut left, mut ordered) = (wanted, Vec::new());
    while !left.is_empty() {
        let free = |at: usize| left.iter().enumerate().all(|(n, other)| n == at || !same(&other.from, &left[at].to));
        if let Some(at) = (0..left.len()).find(|at| free(*at)) {
            ordered.push(left.remove(at));
            continue;
        }
        // A ring: the first steps aside.
        let aside = third_name(&left[0].id);
        ordered.push(Rename { to: aside.clone(), ..left[0].clone() });
        left[0].from = aside;
    }
    ordered
}

/// What a container is called between two names: nobody else gives this name, and whoever reads it knows why it is there.
fn third_name(id: &ContainerId) -> String {
    format!("listkeeper renaming {id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::nothing(&[], &[])]
    #[case::a_free_name(&["1 A X"], &["1 A X"])]
    #[case::a_chain_from_its_end(&["1 A B", "2 B C"], &["2 B C", "1 A B"])]
    #[case::a_chain_of_three(&["2 B C", "1 A B", "3 C D"], &["3 C D", "2 B C", "1 A B"])]
    #[case::two_swap(&["1 A B", "2 B A"], &["1 A ~1", "2 B A", "1 ~1 B"])]
    #[case::a_ring_of_three(&["1 A B", "2 B C", "3 C A"], &["1 A ~1", "3 C A", "2 B C", "1 ~1 B"])]
    #[case::a_swap_and_a_chain(&["1 A B", "2 B A", "3 X Y"], &["3 X Y", "1 A ~1", "2 B A", "1 ~1 B"])]
    #[case::two_swaps(&["1 A B", "2 B A", "3 C D", "4 D C"], &["1 A ~1", "2 B A", "1 ~1 B", "3 C ~3", "4 D C", "3 ~3 D"])]
    #[case::killed_after_the_first_step(&["1 ~1 B", "2 B A"], &["2 B A", "1 ~1 B"])]
    #[case::names_that_differ_in_case_are_one(&["1 a B", "2 b C"], &["2 b C", "1 a B"])]
    fn every_name_is_free_when_it_is_given(#[case] wanted: &[&str], #[case] expected: &[&str]) {
        let rename = |text: &&str| {
            let mut words =
                text.split(' ').map(|word| word.strip_prefix('~').map_or(word.to_owned(), |id| third_name(&ContainerId(id.into()))));
            let mut next = || words.next().unwrap();
            Rename { id: ContainerId(next()), from: next(), to: next(), segment: String::new() }
        };
        let all = |texts: &[&str]| texts.iter().map(rename).collect::<Vec<_>>();
        assert_eq!(in_order(all(wanted), &|a, b| a.eq_ignore_ascii_case(b)), all(expected));
    }
}
