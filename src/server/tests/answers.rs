//! What each route answers.

use super::world::{HELD, World};
use crate::server::api;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_looked_at() {
    let world = World::new().await;
    let exports: api::Exports = serde_json::from_str(&world.ask("GET", "/v1/exports").await.text).unwrap();
    assert_eq!(exports.exports.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["idle", "news"]);
    let export = world.ask("GET", "/v1/exports/news").await.json();
    assert_eq!((&export["name"], &export["status"]), (&json!("news"), &json!("neverRun")));
    let runs: api::Runs = serde_json::from_str(&world.ask("GET", "/v1/runs?export=news&limit=5").await.text).unwrap();
    assert_eq!(runs.runs.len(), 1);
    assert_eq!(world.ask("GET", "/v1/runs?export=idle").await.json(), json!({"runs": []}));
    assert_eq!(world.ask("GET", "/v1/connections").await.json()["connections"][0]["connected"], true);
    assert_eq!(world.ask("GET", "/v1/directory").await.json()["digest"], "d1");
    assert_eq!(world.ask("GET", "/v1/audit?subject=Export%20news").await.json(), json!({"audit": []}));
    let waiting: api::Waiting = serde_json::from_str(&world.ask("GET", "/v1/plans").await.text).unwrap();
    assert_eq!((waiting.plans[0].digest.as_str(), waiting.reading.is_some()), (HELD, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_rows_come_with_their_addresses_up_to_a_limit() {
    let world = World::new().await;
    let some = world.ask("GET", "/v1/exports/news/rejected?limit=1").await.json();
    assert_eq!((&some["rows"][0]["address"], &some["more"]), (&json!("dana.example.com"), &json!(true)));
    let all = world.ask("GET", "/v1/exports/news/rejected?limit=2").await.json();
    assert_eq!((all["rows"].as_array().unwrap().len(), &all["more"]), (2, &json!(false)));
    let none = world.ask("GET", "/v1/exports/idle/rejected").await.json();
    assert_eq!(none, json!({"export": "idle", "run": null, "rows": [], "more": false}));
}

#[tokio::test(flavor = "multi_thread")]
async fn work_is_asked_of_the_controller() {
    let world = World::new().await;
    let queued = world.ask("POST", "/v1/exports/news/runs").await;
    assert_eq!((queued.status, queued.json()), (202, json!({"export": "news", "already": false})));
    let ended = world.ask("POST", "/v1/exports/news/runs?wait=true").await;
    assert_eq!((ended.status, &ended.json()["status"]), (200, &json!("succeeded")));
    assert_eq!(world.ask("POST", "/v1/runs").await.json(), json!({"exports": ["news"]}));
    assert_eq!(world.ask("POST", "/v1/exports/news/cancel").await.status, 202);
    let approved = world.ask("POST", "/v1/plans/AABBCC/approve").await;
    assert_eq!((approved.status, approved.json()), (200, json!({"digest": HELD, "message": "news is queued"})));
    let reading = world.ask("POST", "/v1/plans/aabb99/approve").await;
    assert_eq!(reading.json()["digest"], "aabb99");
    assert_eq!(world.ask("POST", "/v1/reload").await.status, 202);
    let seen = world.seen();
    let expected = [
        "administrator: trigger news",
        "administrator: trigger news",
        "administrator: trigger all",
        "administrator: cancel news",
        "administrator: approve aabbccdd00112233",
        "administrator: approve aabb99",
    ];
    assert_eq!(seen[..6], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_say_why_not() {
    let world = World::new().await;
    assert_eq!(world.ask("GET", "/livez").await.text, "alive\n");
    assert_eq!(world.ask("GET", "/readyz").await.text, "ready\n");
    world.server.board().write().directory.read_at = None;
    let answer = world.ask("GET", "/readyz").await;
    assert_eq!((answer.status, &answer.json()["detail"]), (503, &json!("the directory of definitions has not been read yet")));
}

/// The definitions are good, the platform is not there: that is the export's failure, not the request's.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_what_is_sent_says_why_an_export_has_none() {
    let world = World::new().await;
    let files: Vec<_> = walkdir::WalkDir::new("examples/quickstart/marketing")
        .into_iter()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "yaml"))
        .map(|entry| {
            let path = entry.path().strip_prefix("examples/quickstart").unwrap().to_owned();
            json!({"path": path, "text": std::fs::read_to_string(entry.path()).unwrap()})
        })
        .collect();
    let body = json!({"files": files, "members": true}).to_string();
    let request = world.request("POST", "/v1/plan").bearer_auth(&world.token).header("Content-Type", "application/json").body(body);
    let answer = super::world::send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let planned: api::Planned = serde_json::from_str(&answer.text).unwrap();
    assert!(!planned.exports.is_empty());
    for export in planned.exports {
        let Some(failure) = export.failure else { panic!("{} has a plan", export.export) };
        assert!(!failure.message.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sign_in_gave_is_handed_on_and_not_shown() {
    let world = World::new().await;
    let put = |connection: &str, body: serde_json::Value| {
        let path = format!("/v1/connections/{connection}/tokens");
        super::world::send(world.request("PUT", &path).bearer_auth(&world.token).json(&body))
    };
    let tokens = json!({
        "vendor": "constant-contact", "endpoint": "https://auth.example.com/", "clientId": "app",
        "accessToken": "hush-access", "refreshToken": "hush-refresh", "obtained": "2026-11-22T06:00:00Z",
    });
    let answer = put("news", tokens.clone()).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"account": "Contoso", "connected": true, "why": null, "hint": null})));
    let unknown = put("nobody", tokens).await;
    assert_eq!(unknown.status, 404);
    let cut = put("news", json!({"vendor": "constant-contact", "accessToken": "hush-access"})).await;
    assert_eq!(cut.status, 422);
    assert!(!cut.text.contains("hush") && !world.seen().concat().contains("hush"), "{}", cut.text);
    assert_eq!(world.seen()[..2], ["administrator: sign in news", "administrator: sign in nobody"]);
}
