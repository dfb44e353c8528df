//! Subscribes and bulk updates. One value of the wrong type refuses all rows of a call, so that its row is found by halving.

use super::{
    super::{BatchRow, Error, ErrorKind, Operation, Outcome, Rejection},
    api::{Api, Call},
    errors::{self, Misfit},
    fields,
    known::Kinds,
    routes,
    rows::{self, Told},
    wire::{BulkUpdate, Subscribe, User},
};
use crate::http::Answer;

#[derive(Clone, Copy)]
enum Write {
    Join(u64),
    Update,
}

/// What became of one call.
enum Answered {
    Rows(Told),
    Misfit(Misfit),
}

/// Puts people on a list, with their attributes; whoever is unknown becomes a profile.
pub(super) async fn join(api: &Api, kinds: &Kinds, list: u64, rows: &[&BatchRow]) -> Result<Vec<Outcome>, Error> {
    let outcomes = divided(api, kinds, Write::Join(list), rows).await?;
    if let Some(Outcome::Unconfirmed(why)) = outcomes.iter().find(|outcome| matches!(outcome, Outcome::Unconfirmed(_))) {
        return Err(Error::new(ErrorKind::Retry { after: None, unknown: true }, why.clone()));
    }
    Ok(outcomes)
}

/// Attributes only; no list is touched.
pub(super) async fn update(api: &Api, kinds: &Kinds, rows: &[&BatchRow]) -> Result<Vec<Outcome>, Error> {
    divided(api, kinds, Write::Update, rows).await
}

/// One outcome a row, in the rows' order.
async fn divided(api: &Api, kinds: &Kinds, write: Write, rows: &[&BatchRow]) -> Result<Vec<Outcome>, Error> {
    let (mut left, mut outcomes) = (vec![rows], Vec::with_capacity(rows.len()));
    while let Some(part) = left.pop() {
        let answered = write.send(api, kinds, part).await.and_then(|answered| expected(kinds, answered));
        match answered.map_err(|error| write.after(&outcomes, error))? {
            Answered::Rows(told) => outcomes.extend(told.outcomes),
            Answered::Misfit(misfit) if part.len() == 1 => outcomes.push(rejected(misfit)),
            Answered::Misfit(_) => {
                let (first, second) = part.split_at(part.len() / 2);
                left.extend([second, first]);
            }
        }
    }
    Ok(outcomes)
}

impl Write {
    async fn send(self, api: &Api, kinds: &Kinds, rows: &[&BatchRow]) -> Result<Answered, Error> {
        let answer = api.answer(self.call(kinds, rows)?.rows(rows.len())).await?;
        match errors::misfit(&answer) {
            Some(misfit) => Ok(Answered::Misfit(misfit)),
            None if !answer.is_success() => Err(errors::refused(&answer, rows.len())),
            None => self.told(&answer, rows).map(Answered::Rows),
        }
    }

    fn call(self, kinds: &Kinds, rows: &[&BatchRow]) -> Result<Call, Error> {
        let users = rows.iter().map(|row| User::told(row, kinds)).collect();
        match self {
            Self::Join(list_id) => {
                let body = Subscribe { list_id, subscribers: users, update_existing_users_only: false };
                Ok(Call::to(routes::SUBSCRIBE).body(&body)?.once())
            }
            Self::Update => Call::to(routes::BULK_UPDATE).body(&BulkUpdate { users, create_new_fields: true }),
        }
    }

    /// A subscribe cannot say that fields are to be made; those of ours were made before it.
    fn told(self, answer: &Answer, rows: &[&BatchRow]) -> Result<Told, Error> {
        let operation = if let Self::Join(_) = self { Operation::Join } else { Operation::Update };
        let told = rows::told(answer, operation, rows)?;
        let dropped = told.left_out.iter().find(|name| rows.iter().any(|row| row.attributes.iter().any(|(ours, _)| ours == *name)));
        match (dropped, operation) {
            (Some(name), Operation::Update) => Err(Error::stall(format!("Iterable drops the field {name}: it does not make new fields"))
                .hint("allow new fields in the project's settings, or make the field there")),
            _ => Ok(told),
        }
    }

    /// After a part of the rows was put on the list, whatever goes wrong leaves it unknown which: the list tells.
    fn after(self, outcomes: &[Outcome], error: Error) -> Error {
        let joined = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Done { .. }));
        match self {
            Self::Join(_) if joined => Error { kind: ErrorKind::Retry { after: None, unknown: true }, ..error },
            _ => error,
        }
    }
}

/// A field that is not of the kind we take it for misfits in every row: no halving finds the one to blame.
fn expected(kinds: &Kinds, answered: Answered) -> Result<Answered, Error> {
    let Answered::Misfit(misfit) = &answered else { return Ok(answered) };
    let other = |(name, has): &&(String, String)| kinds.get(name).is_some_and(|kind| !has.is_empty() && fields::word_of(*kind) != has);
    match misfit.fields.iter().find(other) {
        None => Ok(answered),
        Some((name, has)) => Err(Error::stall(format!("{name} is a field of type {has} at Iterable now ({})", misfit.words))
            .hint("plan again: the plan says which `type` fits; Iterable never changes the type of a field")),
    }
}

fn rejected(misfit: Misfit) -> Outcome {
    let field = misfit.fields.into_iter().next().map(|(name, _)| name);
    Outcome::Rejected(Rejection { code: "field-type", detail: misfit.words, field })
}
