//! Who was not taken, as the vendor lists it inside a success.

use super::{fields::Fields, person::Person};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Invalid,
    NotFound,
    InvalidData,
    Conflict,
    Forgotten,
}

/// The vendor's lists: by address, by user id.
const NAMES: [(Why, &str, &str); 5] = [
    (Why::Invalid, "invalidEmails", "invalidUserIds"),
    (Why::NotFound, "notFoundEmails", "notFoundUserIds"),
    (Why::InvalidData, "invalidDataEmails", "invalidDataUserIds"),
    (Why::Conflict, "conflictEmails", "conflictUserIds"),
    (Why::Forgotten, "forgottenEmails", "forgottenUserIds"),
];

/// All ten lists, filled or not.
#[derive(Debug)]
pub(super) struct Failures {
    lists: BTreeMap<&'static str, Vec<String>>,
    count: usize,
}

impl Default for Failures {
    fn default() -> Self {
        let lists = NAMES.iter().flat_map(|(_, email, id)| [(*email, Vec::new()), (*id, Vec::new())]);
        Self { lists: lists.collect(), count: 0 }
    }
}

impl Failures {
    /// An identifier and no word of the reason.
    pub(super) fn add(&mut self, person: &Person, why: Why) {
        let Some((_, email, id)) = NAMES.iter().find(|(known, ..)| *known == why) else { return };
        let list = if person.email.is_some() { *email } else { *id };
        self.lists.entry(list).or_default().push(person.who().to_owned());
        self.count += 1;
    }

    pub(super) fn answer(&self, taken: usize, fields: Option<&Fields>) -> Value {
        json!({
            "successCount": taken,
            "failCount": self.count,
            "createdFields": fields.map(|fields| &fields.made).into_iter().flatten().collect::<Vec<_>>(),
            "filteredOutFields": fields.map(|fields| &fields.left_out).into_iter().flatten().collect::<Vec<_>>(),
            "invalidEmails": self.lists["invalidEmails"],
            "invalidUserIds": self.lists["invalidUserIds"],
            "failedUpdates": self.lists,
        })
    }
}
