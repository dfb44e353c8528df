//! What others ask of the controller, answered.

use super::{
    controller::Controller,
    desk::Canceled,
    handle::{By, Queued, Refused, RefusedKind, Request},
    queue::{Pushed, Work},
    watch::Watcher,
};
use crate::{
    definition::Name,
    run::Cause,
    state::{self, Audit, Trigger},
};
use chrono::Utc;
use tokio::sync::oneshot;

impl Controller<'_> {
    /// An answer that nobody waits for any more is dropped.
    pub async fn answer(&mut self, request: Request, watcher: &Watcher) {
        match request {
            Request::Trigger { export, by, reply } => drop(reply.send(self.trigger(&export, by).await)),
            Request::TriggerAll { by, reply } => drop(reply.send(self.trigger_all(by).await)),
            Request::Cancel { export, by, reply } => drop(reply.send(self.cancel(&export, by).await)),
            Request::Approve { digest, by, reply } => drop(reply.send(self.approve(&digest, by).await)),
            Request::SignIn { connection, tokens, by, reply } => self.sign_in(connection, *tokens, by, reply).await,
            Request::Reload { by, reply } => {
                self.audit(&by, "reloaded", "directory", None).await;
                watcher.handle().now("request");
                let _ = reply.send(Ok(()));
            }
        }
    }

    async fn trigger(&mut self, export: &Name, by: By) -> Result<Queued, Refused> {
        let pushed = self.queue_run(export, by).await?;
        let (tell, ended) = oneshot::channel();
        let hear = if pushed == Some(Pushed::Joins) { &mut self.heard } else { &mut self.asked };
        hear.entry(export.clone()).or_default().push(tell);
        Ok(Queued { already: pushed != Some(Pushed::New), ended })
    }

    async fn queue_run(&mut self, name: &Name, by: By) -> Result<Option<Pushed>, Refused> {
        let export = self.desk.exports().get(name).ok_or_else(|| self.unknown(name))?;
        if export.suspend {
            let hint = Some(format!("take `suspend: true` out of {}", export.file.display()));
            return Err(Refused { kind: RefusedKind::Conflict, message: format!("{name} is suspended"), hint });
        }
        self.audit(&by, "triggered", &format!("Export {name}"), None).await;
        Ok(self.desk.push(name, Work::Run(Cause { trigger: Trigger::OnDemand, by: by.who, due: None })))
    }

    fn unknown(&self, name: &Name) -> Refused {
        if let Some(why) = self.catalog.as_ref().and_then(|catalog| catalog.stalled.get(name)) {
            let message = format!("{name} cannot run: {why}");
            return Refused {
                kind: RefusedKind::Conflict,
                message,
                hint: Some("fix its definition; `listkeeper validate` explains".into()),
            };
        }
        let known: Vec<_> = self.desk.exports().keys().map(Name::as_str).collect();
        let hint = if known.is_empty() { "no export is defined".to_owned() } else { format!("exports: {}", known.join(", ")) };
        Refused { kind: RefusedKind::Unknown, message: format!("there is no export named \"{name}\""), hint: Some(hint) }
    }

    async fn trigger_all(&mut self, by: By) -> Result<Vec<Name>, Refused> {
        let active = self.desk.exports().values().filter(|export| super::timetable::active(export).is_some());
        let names: Vec<Name> = active.map(|export| export.name.clone()).collect();
        for name in &names {
            self.queue_run(name, by.clone()).await?;
        }
        Ok(names)
    }

    async fn cancel(&mut self, export: &Name, by: By) -> Result<(), Refused> {
        match self.desk.cancel(export) {
            Canceled::Stopping => self.stop_run(export),
            Canceled::Withdrawn => drop(self.asked.remove(export)),
            Canceled::Nothing if !self.desk.exports().contains_key(export) => return Err(self.unknown(export)),
            Canceled::Nothing => {
                let message = format!("{export} neither runs nor waits");
                return Err(Refused { kind: RefusedKind::Conflict, message, hint: None });
            }
        }
        self.audit(&by, "canceled", &format!("Export {export}"), None).await;
        Ok(())
    }

    async fn approve(&mut self, digest: &str, by: By) -> Result<String, Refused> {
        if self.held.as_ref().is_some_and(|held| held.catalog.digest == digest) {
            return Ok(self.approve_reading(digest, &by).await);
        }
        let conflict = |message: String, hint| Refused { kind: RefusedKind::Conflict, message, hint };
        let export = self.held_export(digest).ok_or_else(|| Refused {
            kind: RefusedKind::Unknown,
            message: format!("no held plan has the digest {digest}"),
            hint: Some("`listkeeper approve` lists what is held".into()),
        })?;
        state::approve(&self.engine.state, digest, &by.who, Utc::now()).map_err(|error| conflict(error.message, error.hint))?;
        self.audit(&by, "approved", &format!("Export {export}"), Some(digest)).await;
        self.refresh(&export);
        let cause = Cause { trigger: Trigger::OnDemand, by: by.who, due: None };
        Ok(match self.desk.push(&export, Work::Run(cause)) {
            Some(_) => format!("{export} is queued"),
            None => format!("{export} is not defined at present, or suspended, so nothing runs"),
        })
    }

    fn held_export(&self, digest: &str) -> Option<Name> {
        let held = self.view()?.held_by_digest(digest).ok()?;
        held.iter().find(|plan| plan.digest == digest).and_then(|plan| Name::new(&plan.export).ok())
    }

    async fn approve_reading(&mut self, digest: &str, by: &By) -> String {
        self.audit(by, "approved", "directory", Some(digest)).await;
        if let Some(held) = self.held.take() {
            self.listener.reading(&super::listener::Reading::Taken(&held.catalog));
            self.take_over(held.catalog, held.snapshot).await;
        }
        "the directory is taken as it is".to_owned()
    }

    pub(super) async fn audit(&self, by: &By, action: &str, subject: &str, digest: Option<&str>) {
        let line = Audit {
            at: Utc::now(),
            who: by.who.clone(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            digest: digest.map(str::to_owned),
            detail: by.remark.as_ref().map(|remark| format!("the caller says it is {remark}")).unwrap_or_default(),
        };
        self.record(move |store| store.audit(&line)).await;
    }
}
