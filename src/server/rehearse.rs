//! Plans of definitions that a caller sends, against the daemon's own state and sources. Nothing is applied.

use super::{
    Problem,
    api::{DeletedExport, FailureView, PlanView, Proposal},
    caller::Caller,
    extract::{Asker, Sent},
    plans::LONGEST,
    serve::App,
};
use crate::{
    daemon,
    definition::{self, Catalog, Export, Name, Rights, SentFile, Snapshot},
    plan::{self, Plan},
    run::{self, Engine, Failure, Silent},
    state::Scope,
};
use axum::{
    body::Body,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::Utc;
use serde_json::value::RawValue;
use std::{
    fs::File,
    io::{self, BufWriter, Seek, Write},
    path::{Component, Path},
    sync::Arc,
};
use tokio_util::io::ReaderStream;

pub(super) async fn plan(State(app): State<App>, caller: Caller, _: Asker, sent: Sent<Proposal>) -> Result<Response, Problem> {
    let Sent { value: proposal, place } = sent;
    if proposal.members {
        caller.need(Scope::Operate, "a list of members with their addresses")?;
    }
    let turn = app.plans.turn(&caller.name).await?;
    // The plan's own place bounds it from here on.
    drop(place);
    let cancel = app.handle.engine.cancel.child_token();
    // A caller that goes away drops this future, and with it the guard.
    let _guard = cancel.clone().drop_guard();
    let engine = Engine { recorder: None, hub: app.handle.engine.hub.stopped_by(cancel.clone()), cancel, ..app.handle.engine.clone() };
    let here = tokio::runtime::Handle::current();
    // A plan's future stays on its thread, and reading a source blocks.
    let work = move || {
        let _turn = turn;
        here.block_on(Rehearsal { app, engine, caller }.write(proposal))
    };
    let late = |_| {
        let minutes = LONGEST.as_secs() / 60;
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("the plan took longer than {minutes} minutes and was stopped"))
            .hint("plan fewer exports at once: --export NAME")
    };
    // On time out the guard stops what the thread does.
    let file = tokio::time::timeout(LONGEST, tokio::task::spawn_blocking(work)).await.map_err(late)?;
    let file = file.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "planning stopped unexpectedly"))??;
    let body = Body::from_stream(ReaderStream::new(tokio::fs::File::from_std(file)));
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

struct Rehearsal {
    app: App,
    engine: Engine,
    caller: Caller,
}

impl Rehearsal {
    /// The answer, in a nameless file: with members it may be longer than the memory is large.
    async fn write(mut self, proposal: Proposal) -> Result<File, Problem> {
        proposal.files.iter().try_for_each(|file| below_the_root(&file.path))?;
        let rights = rights(&self.caller, &proposal.folders)?;
        let catalog = understand(&self.app.handle.root, &proposal, &rights);
        if catalog.has_errors() {
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "the definitions are invalid").hint("see the diagnostics");
            return Err(Problem { diagnostics: catalog.diagnostics.iter().map(daemon::Problem::from).collect(), ..problem });
        }
        let exports = chosen(&catalog, &proposal.exports)?;
        self.engine.exports = Arc::new(catalog.exports.clone());
        let mut out = BufWriter::new(tempfile::tempfile_in(&self.engine.temp).map_err(no_room)?);
        let warnings: Vec<_> = catalog.diagnostics.iter().map(daemon::Problem::from).collect();
        write!(out, "{{\"diagnostics\":{},\"exports\":[", json(&warnings)?).map_err(no_room)?;
        for (n, export) in exports.iter().enumerate() {
            if n > 0 {
                out.write_all(b",").map_err(no_room)?;
            }
            self.export(export, proposal.members, &mut out).await?;
        }
        out.write_all(b"]").map_err(no_room)?;
        let deleted = deleted(&catalog, &proposal.exports);
        write!(out, ",\"deleted\":{},\"folders\":{}", json(&deleted)?, json(&proposal.folders)?).map_err(no_room)?;
        if let Some(folders) = self.caller.folders() {
            write!(out, ",\"tokenFolders\":{}", json(&folders)?).map_err(no_room)?;
        }
        out.write_all(b"}\n").map_err(no_room)?;
        let mut file = out.into_inner().map_err(|error| no_room(error.into_error()))?;
        file.rewind().map_err(no_room)?;
        Ok(file)
    }

    /// One export's part of the answer. What fails of it is said there, and the others go on.
    async fn export(&self, export: &Arc<Export>, members: bool, out: &mut impl Write) -> Result<(), Problem> {
        let redirected = self.app.redirect.as_ref().map_or_else(|| Arc::clone(export), |redirect| redirect(Arc::clone(export)));
        write!(out, "{{\"export\":{}", json(&export.name)?).map_err(no_room)?;
        let (key, value, lines) = match self.planned(&redirected, members).await {
            Ok((plan, lines)) => ("plan", json(&view(&plan, members)?)?, lines),
            Err(failure) => ("failure", json(&FailureView { message: failure.message, hints: failure.hints })?, None),
        };
        write!(out, ",\"{key}\":{value}").map_err(no_room)?;
        if let Some(mut lines) = lines {
            out.write_all(b",\"members\":[").map_err(no_room)?;
            lines.rewind().and_then(|()| io::copy(&mut lines, out)).map_err(no_room)?;
            out.write_all(b"]").map_err(no_room)?;
        }
        out.write_all(b"}").map_err(no_room)
    }

    /// The plan, and its members in a file: whether it fails is known only once they were all read.
    async fn planned(&self, export: &Arc<Export>, members: bool) -> Result<(Plan, Option<File>), Failure> {
        let now = Utc::now();
        let context = self.engine.connect(export, Arc::new(Silent), now).await?;
        let prepared = self.engine.plan(&context).await?;
        if !members {
            return Ok((prepared.plan, None));
        }
        let mut lines = BufWriter::new(tempfile::tempfile_in(&self.engine.temp)?);
        let mut comma = "";
        run::lines(&prepared, self.engine.view(now)?.as_ref(), |line| {
            write!(lines, "{comma}{}", serde_json::to_string(&line).map_err(io::Error::from)?)?;
            comma = ",";
            Ok::<(), Failure>(())
        })?;
        let file = lines.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok((prepared.plan, Some(file)))
    }
}

/// What is sent stands somewhere below the directory of definitions.
fn below_the_root(path: &Path) -> Result<(), Problem> {
    let below = path.components().all(|part| matches!(part, Component::Normal(_))) && path.file_name().is_some();
    let wrong = || Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{path:?} is not a path below the directory of definitions"));
    if below { Ok(()) } else { Err(wrong().hint("send paths relative to it, such as marketing/news.yaml")) }
}

/// What was sent, with everything that only administrators may say taken from the daemon's own directory.
fn understand(root: &Path, proposal: &Proposal, rights: &Rights) -> Catalog {
    let sent = proposal.files.iter().map(|file| SentFile { path: file.path.clone(), text: file.text.clone() });
    definition::understand_sent(&Snapshot::take(root), sent.collect(), rights)
}

/// The rights that a caller has, and of those the ones asked for. A token that was bound to folders may name what is no folder:
/// then nothing is planned.
fn rights(caller: &Caller, asked: &[String]) -> Result<Rights, Problem> {
    let wrong = |why| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why);
    let asked = if asked.is_empty() { Rights::default() } else { Rights::of(asked).map_err(wrong)? };
    let Some(bound) = caller.folders() else { return Ok(asked) };
    Ok(asked.and(Rights::of(bound).map_err(|why| Problem::new(StatusCode::FORBIDDEN, why))?))
}

fn chosen(catalog: &Catalog, names: &[Name]) -> Result<Vec<Arc<Export>>, Problem> {
    if names.is_empty() {
        return Ok(catalog.exports.values().cloned().collect());
    }
    let named = |names: Vec<&str>| match &names[..] {
        [] => "no export of the folders that are planned is there".to_owned(),
        names => format!("exports there: {}", names.join(", ")),
    };
    let find = |name: &Name| {
        let known = || named(catalog.exports.keys().map(Name::as_str).collect());
        catalog.exports.get(name).cloned().ok_or_else(|| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("there is no export named {name} in what was sent")).hint(known())
        })
    };
    names.iter().filter(|name| !catalog.deleted.contains_key(*name)).map(find).collect()
}

/// Of those that were asked for.
fn deleted(catalog: &Catalog, names: &[Name]) -> Vec<DeletedExport> {
    let asked = catalog.deleted.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
    asked.map(|(export, on_delete)| DeletedExport { export: export.clone(), on_delete: *on_delete }).collect()
}

fn view(plan: &Plan, members: bool) -> Result<PlanView, Problem> {
    let json = plan::json(plan, members).and_then(RawValue::from_string).map_err(not_json)?;
    let (text, markdown) = (plan::text(plan), plan::markdown(plan));
    Ok(PlanView { digest: plan.digest.0.clone(), nothing_to_do: plan.is_empty(), json, text, markdown })
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(not_json)
}

fn not_json(error: serde_json::Error) -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the plan cannot be written as JSON: {error}"))
}

fn no_room(error: io::Error) -> Problem {
    Failure::from(error).into()
}
