//! Consents on record: compared before a key is read, recorded by whoever writes the state (C4).

use super::{Recorder, ending::Failure};
use crate::{
    definition::Connection,
    destination::{Account, Consents, Error},
    plan::consent::{Consent, Judgement, judge},
    state::{StateDir, StateError, View},
};
use async_trait::async_trait;
use chrono::{NaiveDateTime, NaiveTime, Utc};

/// Where the state is only read, consents are compared with it and not recorded. In the sandbox nothing leaves the machine,
/// and its address is another one each time: there, every consent covers everything.
pub struct DurableConsents {
    pub recorder: Option<Recorder>,
    pub state: StateDir,
}

impl DurableConsents {
    fn judge(&self, connection: &Connection, now: &Consent, probed: bool) -> Result<Option<Consent>, Error> {
        if self.state.is_sandbox() {
            return Ok(None);
        }
        let view = View::open(&self.state, Utc::now()).map_err(unreadable)?;
        let recorded = view.map(|view| view.consent(&connection.name)).transpose().map_err(unreadable)?.flatten();
        match (judge(recorded.as_ref(), now, probed), recorded) {
            (Judgement::Lapsed(what), Some(recorded)) => Err(lapsed(connection, &what, recorded.accepted_on)),
            (Judgement::Given(consent), _) => Ok(Some(consent)),
            _ => Ok(None),
        }
    }
}

#[async_trait]
impl Consents for DurableConsents {
    fn check(&self, connection: &Connection) -> Result<(), Error> {
        self.judge(connection, &Consent::of(connection), false).map(drop)
    }

    async fn give(&self, connection: &Connection, account: Option<&Account>) -> Result<(), Error> {
        let now = Consent::of(connection);
        // An account that the platform does not tell is recognised by its lists instead.
        let told = account.filter(|account| account.shows.is_none());
        let now = told.map(|account| now.clone().with_account(&account.id)).unwrap_or(now);
        let (Some(consent), Some(recorder)) = (self.judge(connection, &now, account.is_some())?, &self.recorder) else { return Ok(()) };
        let name = connection.name.clone();
        recorder.record(move |store| store.record_consent(&name, &consent)).await.map_err(unrecorded)
    }
}

fn lapsed(connection: &Connection, what: &str, accepted_on: NaiveDateTime) -> Error {
    let on = if accepted_on.time() == NaiveTime::MIN { accepted_on.format("%F") } else { accepted_on.format("%FT%H:%M") };
    Error::stall(format!("connection {}: its privacy consent of {on} does not cover this: {what}; nothing was sent", connection.name))
        .hint(format!("if data may go there, renew `privacy.acceptedOn` (later than {on}); if not, take the change of the connection back"))
}

fn unreadable(error: StateError) -> Error {
    Error { hint: error.hint, ..Error::stall(format!("what consents were given for cannot be read: {}", error.message)) }
}

fn unrecorded(failure: Failure) -> Error {
    let error = Error::stall(format!("the privacy consent cannot be recorded, so nothing is sent: {}", failure.message));
    Error { hint: failure.hints.first().cloned(), ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{definition::Name, platform::Platform, state::Store};

    fn account(id: &str) -> Account {
        Account { id: id.into(), name: String::new(), budget_key: String::new(), shows: None }
    }

    fn connection(on: &str) -> Connection {
        let dir = tempfile::tempdir().unwrap();
        let yaml = format!(
            "apiVersion: listkeeper/v1\nkind: Connection\nname: crm\ntype: mailchimp\nendpoint: https://a.test\n\
             credentials: {{apiKey: {{file: key}}}}\nprivacy: {{acceptedBy: d@x.test, acceptedOn: {on}}}\n"
        );
        std::fs::write(dir.path().join("listkeeper.yaml"), yaml).unwrap();
        let catalog = crate::definition::read(dir.path());
        let connection = catalog.connections[&Name::new("crm").unwrap()].clone();
        assert_eq!(connection.kind, Platform::Mailchimp);
        Connection::clone(&connection)
    }

    /// The account is known only after the first answer: another one stalls there, before anything else.
    #[tokio::test]
    async fn another_account_under_the_same_consent_stalls_after_the_probe() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::from(dir.path().join("state"));
        let recorder = Recorder::start(Store::open(&state, Utc::now()).unwrap()).0;
        let consents = DurableConsents { recorder: Some(recorder), state: state.clone() };
        let crm = connection("2026-11-22");
        consents.check(&crm).unwrap();
        consents.give(&crm, None).await.unwrap();
        consents.give(&crm, Some(&account("one"))).await.unwrap();
        consents.check(&crm).unwrap();
        let error = consents.give(&crm, Some(&account("two"))).await.unwrap_err();
        assert!(error.message.contains("for the account one, and these credentials are of the account two"), "{error}");
        assert!(error.hint.unwrap().contains("later than 2026-11-22"));
        // Whoever only reads compares all the same.
        let reader = DurableConsents { recorder: None, state: state.clone() };
        reader.give(&crm, Some(&account("two"))).await.unwrap_err();
        reader.give(&crm, Some(&account("one"))).await.unwrap();
        // The sandbox's state knows nothing of it, and keeps nothing.
        let rehearsal = DurableConsents { recorder: None, state: state.sandbox() };
        rehearsal.give(&crm, Some(&account("two"))).await.unwrap();
        let renewed = connection("2026-11-23");
        reader.give(&renewed, Some(&account("two"))).await.unwrap();
        consents.give(&crm, Some(&account("one"))).await.unwrap();
        consents.give(&renewed, None).await.unwrap();
        consents.give(&renewed, Some(&account("two"))).await.unwrap();
        consents.give(&renewed, Some(&account("one"))).await.unwrap_err();
        // Where the platform does not tell, there is nothing to compare.
        let shows = Account { shows: Some(Vec::new()), ..account("three") };
        consents.give(&renewed, Some(&shows)).await.unwrap();
    }
}
