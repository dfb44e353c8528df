//! Subscribes and bulk updates. One value of the wrong type refuses all rows of a call, so that its row is found by halving.

use super::{
    super::{BatchRow, Error, ErrorKind, Operation, Outcome, Rejection},
    api::{Api, Call},
    errors::{self, Misfit},
    fields,
    known::Kinds,
    patient, routes,
    rows::{self, Told},
    wire::{BulkUpdate, Subscribe, User},
};
use crate::http::Answer;
use std::time::Duration;

#[derive(Clone, Copy)]
enum Write {
    Join(u64),
    Update,
}

/// What became of one call.
enum Answered {
    Rows(Told),
    Misfit(Misfit),
    /// A subscribe was refused, and nothing says why.
    Unexplained(Error),
}

/// Pauses before a subscribe is sent again whose people were made by a bulk update: profiles become visible later.
const AFTER_MAKING: [Duration; 3] = [Duration::ZERO, Duration::from_secs(15), Duration::from_secs(60)];
/// Parts of a call that were refused without one being taken, after which the call is at fault and not a row.
const BARREN_MAX: u32 = 32;

/// Puts people on a list, with their attributes; whoever is unknown becomes a profile.
pub(super) async fn join(api: &Api, kinds: &Kinds, list: u64, rows: &[&BatchRow]) -> Result<Vec<Outcome>, Error> {
    let outcomes = divided(api, kinds, Write::Join(list), rows, false).await?;
    if let Some(Outcome::Unconfirmed(why)) = outcomes.iter().find(|outcome| matches!(outcome, Outcome::Unconfirmed(_))) {
        return Err(Error::new(ErrorKind::Retry { after: None, unknown: true }, why.clone()));
    }
    Ok(outcomes)
}

/// Attributes only; no list is touched.
pub(super) async fn update(api: &Api, kinds: &Kinds, rows: &[&BatchRow]) -> Result<Vec<Outcome>, Error> {
    divided(api, kinds, Write::Update, rows, false).await
}

/// People whose subscribe was refused for no reason that is known: the vendor's own tests make users first "to avoid 400s on subscribe
/// due to unknown user", against its documents. So they are made by a bulk update, which touches no list, and subscribed again.
async fn made_first(api: &Api, kinds: &Kinds, list: u64, rows: &[&BatchRow]) -> Result<Vec<Outcome>, Error> {
    tracing::info!(rows = rows.len(), "a subscribe was refused without a reason; making the profiles first");
    let made = update(api, kinds, rows).await?;
    let taken: Vec<&BatchRow> =
        rows.iter().zip(&made).filter(|(_, made)| !matches!(made, Outcome::Rejected(_))).map(|(row, _)| *row).collect();
    let mut joined = if taken.is_empty() { Vec::new() } else { again(api, kinds, list, &taken).await? }.into_iter();
    let outcome = |made| match made {
        Outcome::Rejected(_) => made,
        _ => joined.next().unwrap_or(Outcome::NotDone),
    };
    Ok(made.into_iter().map(outcome).collect())
}

async fn again(api: &Api, kinds: &Kinds, list: u64, rows: &[&BatchRow]) -> Result<Vec<Outcome>, Error> {
    for pause in AFTER_MAKING {
        if !api.wait(pause).await {
            return Err(Error::new(ErrorKind::Retry { after: None, unknown: false }, "stopped before a list was subscribed to again"));
        }
        if let Answered::Rows(told) = Write::Join(list).send(api, kinds, rows).await? {
            return Ok(told.outcomes);
        }
    }
    divided(api, kinds, Write::Join(list), rows, true).await
}

/// One outcome a row, in the rows' order. `made`: all of them have profiles by now.
async fn divided(api: &Api, kinds: &Kinds, write: Write, rows: &[&BatchRow], made: bool) -> Result<Vec<Outcome>, Error> {
    let (mut left, mut outcomes, mut barren) = (vec![rows], Vec::with_capacity(rows.len()), 0);
    while let Some(part) = left.pop() {
        let answered = write.send(api, kinds, part).await.and_then(|answered| expected(kinds, answered));
        match (answered.map_err(|error| write.after(&outcomes, error))?, write) {
            (Answered::Rows(told), _) => {
                barren = 0;
                outcomes.extend(told.outcomes);
            }
            (Answered::Misfit(misfit), _) if part.len() == 1 => outcomes.push(rejected(misfit)),
            (Answered::Unexplained(_), Write::Join(list)) if !made => {
                let joined = Box::pin(made_first(api, kinds, list, part)).await;
                outcomes.extend(joined.map_err(|error| write.after(&outcomes, error))?);
            }
            (Answered::Unexplained(error), _) if barren >= BARREN_MAX => return Err(write.after(&outcomes, error)),
            (Answered::Unexplained(error), _) if part.len() == 1 => {
                barren += 1;
                outcomes.push(unexplained(error));
            }
            (Answered::Misfit(_) | Answered::Unexplained(_), _) => {
                barren += 1;
                let (first, second) = part.split_at(part.len() / 2);
                left.extend([second, first]);
            }
        }
    }
    Ok(outcomes)
}

impl Write {
    async fn send(self, api: &Api, kinds: &Kinds, rows: &[&BatchRow]) -> Result<Answered, Error> {
        let call = || Ok(self.call(kinds, rows)?.rows(rows.len()));
        let answer = match self {
            Self::Join(list) => patient::ask(api, list, call).await?.ok_or_else(|| patient::gone(list))?,
            Self::Update => api.answer(call()?).await?,
        };
        match errors::misfit(&answer) {
            Some(misfit) => Ok(Answered::Misfit(misfit)),
            None if matches!(self, Self::Join(_)) && errors::is_unexplained(&answer) => {
                Ok(Answered::Unexplained(errors::refused(&answer, rows.len())))
            }
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

/// It stood alone, had a profile, and was refused all the same.
fn unexplained(error: Error) -> Outcome {
    Outcome::Rejected(Rejection { code: "vendor-error", detail: error.message, field: None })
}

fn rejected(misfit: Misfit) -> Outcome {
    let field = misfit.fields.into_iter().next().map(|(name, _)| name);
    Outcome::Rejected(Rejection { code: "field-type", detail: misfit.words, field })
}
