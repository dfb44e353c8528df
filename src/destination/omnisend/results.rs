//! What a batch that is finished or stopped says of its contacts. Pure.

use super::{
    super::{JobOutcomes, Outcome},
    errors::Problem,
    rows,
};
use crate::{
    member::{Email, Key},
    platform::SubscriptionStatus,
};
use serde::Deserialize;
use serde_json::Value as Json;

/// How a batch stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Progress {
    #[serde(rename = "batchID")]
    pub id: String,
    status: String,
    pub created_at: String,
    pub total_count: usize,
    finished_count: usize,
    errors_count: usize,
}

impl Progress {
    pub(super) fn is_over(&self) -> bool {
        self.is_finished() || self.status == "stopped"
    }

    fn is_finished(&self) -> bool {
        self.status == "finished"
    }

    /// Everything went well: there is no need to ask for more.
    pub(super) fn is_clean(&self) -> bool {
        self.is_finished() && self.errors_count == 0
    }
}

/// A batch with those of its contacts that it has worked on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Items {
    #[serde(flatten)]
    pub progress: Progress,
    errors: Vec<Item>,
    responses: Vec<Item>,
}

/// One contact and what became of it. The vendor says no more of its shape than this; it has no id that we know.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Item {
    request: Json,
    response: Json,
    response_code: u16,
}

impl Item {
    /// Who it is about, by the request as it was sent, else by the answer.
    fn key(&self) -> Option<Key> {
        let identifiers = self.request["identifiers"].as_array().into_iter().flatten();
        let email = identifiers.filter(|identifier| identifier["type"] == "email").find_map(|identifier| identifier["id"].as_str());
        let email = email.or_else(|| self.response["email"].as_str())?;
        Email::parse(email).ok().flatten().map(|email| Key::of(&email))
    }

    fn outcome(&self, standing: Option<SubscriptionStatus>) -> Outcome {
        match self.response_code {
            200..=299 => Outcome::Done { standing },
            status => rows::failed(status, &Problem::read(&self.response).unwrap_or_default()),
        }
    }
}

impl Items {
    /// Whom the batch is about, as far as it tells.
    pub(super) fn keys(&self) -> Vec<Option<Key>> {
        self.all().map(Item::key).collect()
    }

    fn all(&self) -> impl Iterator<Item = &Item> {
        self.errors.iter().chain(&self.responses)
    }

    /// One outcome for each contact that is told of, and one for all the others.
    pub(super) fn outcomes(&self, standing: Option<SubscriptionStatus>) -> JobOutcomes {
        let rows: Vec<_> = self.all().filter_map(|item| Some((item.key()?, item.outcome(standing)))).collect();
        let (all_told, all_known) = (self.all().count() >= self.progress.finished_count, rows.len() == self.all().count());
        let failures = self.errors.iter().filter(|item| item.key().is_some()).count();
        let others = match self.progress.is_finished() {
            // Of a finished batch those who failed are enough.
            true if failures >= self.progress.errors_count && all_known => Outcome::Done { standing },
            // Of one that was stopped everybody must be told of, or some of the others may have been worked on.
            false if all_told && all_known => Outcome::NotDone,
            _ => return JobOutcomes::of(rows),
        };
        JobOutcomes { rows, others }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn item(email: &str, code: u16, response: Json) -> Json {
        let request = json!({"identifiers": [{"type": "phone", "id": "+1"}, {"type": "email", "id": email}]});
        json!({"itemID": "x", "request": request, "response": response, "responseCode": code, "status": "finished"})
    }

    fn told(outcomes: &JobOutcomes, email: &str) -> String {
        let key = Key::of(&Email::parse(email).unwrap().unwrap());
        let outcome = outcomes.rows.iter().find(|(k, _)| *k == key).map_or(&outcomes.others, |(_, outcome)| outcome);
        match outcome {
            Outcome::Done { standing } => format!("done {standing:?}"),
            Outcome::Rejected(why) => format!("rejected {} {:?}: {}", why.code, why.field, why.detail),
            Outcome::Later(why) => format!("later {}: {}", why.code, why.detail),
            other => format!("{other:?}"),
        }
    }

    fn read(status: &str, finished: usize, errors: &[Json], responses: &[Json]) -> JobOutcomes {
        let body = json!({
            "batchID": "b", "status": status, "totalCount": 9, "finishedCount": finished, "errorsCount": errors.len(),
            "errors": errors, "responses": responses,
        });
        serde_json::from_value::<Items>(body).unwrap().outcomes(Some(SubscriptionStatus::NonSubscribed))
    }

    #[rstest]
    #[case(400, json!({"error": "1 error(s) found.", "fields": {"0": ["identifiers[0].id: bad@example.com is odd"]}}), "rejected invalid-address None: identifiers.0.id: this address is odd")]
    #[case(400, json!({"title": "Validation failed", "errors": [{"field": "birthdate", "code": "invalid_format", "message": "Must be a date"}]}), "rejected merge-field Some(\"birthdate\"): birthdate: Must be a date")]
    #[case(400, json!({"error": "No"}), "rejected vendor-error None: No")]
    #[case(400, json!({}), "rejected vendor-error None: ")]
    #[case(404, json!("gone"), "rejected vendor-error None: ")]
    #[case(409, json!({"detail": "Taken"}), "rejected address-taken None: Taken")]
    #[case(429, json!({"error": "Slow down"}), "later busy: Slow down")]
    #[case(503, json!({}), "later busy: ")]
    #[case(500, json!({"error": "Oh"}), "Unconfirmed(\"HTTP 500: Oh\")")]
    fn a_contact_that_failed(#[case] code: u16, #[case] response: Json, #[case] expected: &str) {
        let outcomes = read("finished", 9, &[item("Bad@Example.com", code, response)], &[]);
        assert_eq!(told(&outcomes, "bad@example.com"), expected);
        assert_eq!(told(&outcomes, "other@example.com"), "done Some(NonSubscribed)");
    }

    #[test]
    fn of_a_stopped_batch_the_rest_is_not_done() {
        let (bad, good) = ([item("bad@example.com", 400, json!({"error": "No"}))], [item("good@example.com", 201, json!({}))]);
        let outcomes = read("stopped", 2, &bad, &good);
        assert_eq!(told(&outcomes, "good@example.com"), "done Some(NonSubscribed)");
        assert_eq!(told(&outcomes, "other@example.com"), "NotDone");
        let outcomes = read("stopped", 3, &bad, &good);
        assert_eq!(told(&outcomes, "other@example.com"), "Unconfirmed(\"the job's results do not say\")", "one is not told of");
    }

    #[test]
    fn a_failure_of_nobody_we_know_may_be_anybodys() {
        let nameless = json!({"request": {}, "response": {"error": "No"}, "responseCode": 400});
        let outcomes = read("finished", 9, &[nameless], &[item("good@example.com", 200, json!({}))]);
        assert_eq!(told(&outcomes, "good@example.com"), "done Some(NonSubscribed)");
        assert_eq!(told(&outcomes, "other@example.com"), "Unconfirmed(\"the job's results do not say\")");
    }
}
