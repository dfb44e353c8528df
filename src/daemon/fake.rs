//! A controller that only answers, for tests of those who ask.

use super::{Board, Handle, Metrics, Queued, Refused, RefusedKind, SharedBoard, handle::Request};
use crate::{
    definition::Name,
    http::Hub,
    oauth::{InMemoryTokens, SignIns},
    run::{Engine, Recorder, SignedIn},
    state::{RunRecord, StateDir, Store, Trigger, View},
};
use chrono::Utc;
use std::{
    path::Path,
    sync::{Arc, Mutex},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What was asked so far, in order.
pub(crate) type Seen = Arc<Mutex<Vec<String>>>;

/// A handle over an open state; who asks for `news` gets what they want, `idle` does not run, nothing else is known.
pub(crate) fn handle(board: Board, state: &StateDir, root: &Path) -> (Handle, Seen) {
    let store = Store::open(state, Utc::now()).unwrap();
    let engine = Engine {
        hub: Hub::default(),
        sign_ins: SignIns::new(Arc::new(InMemoryTokens::default()), Hub::default()),
        state: state.clone(),
        recorder: Some(Recorder::start(store).0),
        temp: std::env::temp_dir(),
        isolation: crate::source::Isolation::InProcess,
        cancel: CancellationToken::new(),
        retention: None,
        exports: Default::default(),
    };
    let (to, mut from) = mpsc::unbounded_channel();
    let seen = Seen::default();
    let (told, recorder, dir) = (Arc::clone(&seen), engine.recorder.clone(), state.clone());
    tokio::spawn(async move {
        while let Some(request) = from.recv().await {
            let line = answer(request, recorder.as_ref(), &dir).await;
            told.lock().unwrap().push(line);
        }
    });
    let shared = SharedBoard::default();
    *shared.write() = board;
    (Handle { board: shared, metrics: Metrics::default(), engine, root: root.to_owned(), to }, seen)
}

async fn answer(request: Request, recorder: Option<&Recorder>, state: &StateDir) -> String {
    match request {
        Request::Trigger { export, by, reply } => {
            let line = format!("{by}: trigger {export}");
            match known(&export) {
                Ok(()) => {
                    let (tell, ended) = tokio::sync::oneshot::channel();
                    let _ = reply.send(Ok(Queued { already: false, ended }));
                    let _ = tell.send(run(&export, recorder, state).await);
                }
                Err(refused) => drop(reply.send(Err(refused))),
            }
            line
        }
        Request::TriggerAll { by, reply } => {
            let _ = reply.send(Ok(vec![Name::new("news").unwrap()]));
            format!("{by}: trigger all")
        }
        Request::Cancel { export, by, reply } => {
            let _ = reply.send(known(&export));
            format!("{by}: cancel {export}")
        }
        Request::Approve { digest, by, reply } => {
            let _ = reply.send(Ok("news is queued".to_owned()));
            format!("{by}: approve {digest}")
        }
        Request::SignIn { connection, by, reply, .. } => {
            let signed_in = SignedIn { account: Some("Contoso".to_owned()), proved: Some(Ok(())) };
            let _ = reply.send(known(&connection).map(|()| signed_in));
            format!("{by}: sign in {connection}")
        }
        Request::Reload { by, reply } => {
            let _ = reply.send(Ok(()));
            format!("{by}: reload")
        }
    }
}

fn known(export: &Name) -> Result<(), Refused> {
    let refused = |kind, message: &str| Refused { kind, message: message.to_owned(), hint: Some("ask for news".to_owned()) };
    match export.as_str() {
        "news" => Ok(()),
        "idle" => Err(refused(RefusedKind::Conflict, "idle is not running")),
        _ => Err(refused(RefusedKind::Unknown, "there is no such export")),
    }
}

/// A run that began and ended at once.
async fn run(export: &Name, recorder: Option<&Recorder>, state: &StateDir) -> RunRecord {
    let name = export.clone();
    let work = move |store: &mut Store| {
        let start = crate::state::RunStart {
            export: &name,
            trigger: Trigger::OnDemand,
            definition_digest: "d1",
            plan_digest: None,
            user: "tests",
            export_user: None,
            due: None,
        };
        let id = store.start_run(&start, Utc::now())?;
        store.finish_run(id, &crate::state::End::Succeeded { unverified: 0 }, &crate::plan::Counts::default(), Utc::now())
    };
    recorder.unwrap().record(work).await.unwrap();
    View::open(state, Utc::now()).unwrap().unwrap().last_run(export).unwrap().unwrap()
}
