//! What the sandbox received, as a plain page: no script, one style. It shows addresses in full: it is a local stand-in
//! that listens on loopback only.

mod mailchimp;

pub(super) use mailchimp::list;

use super::{
    Counters, Error, Faults, admin,
    app::App,
    vendor::{Held, Vendor as _},
};
use axum::{extract::State, response::Html};
use mailchimp::{batch_table, list_card};
use maud::{DOCTYPE, Markup, html};
use std::sync::Arc;

const STYLE: &str = "
:root{--ink:#1c2430;--soft:#667085;--line:#e4e7ec;--back:#f7f8fa;--card:#fff;--accent:#3538cd;--warn:#b54708}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#98a2b3;--line:#2a3342;--back:#0f141c;--card:#171e29;--accent:#a4bcfd;--warn:#fdb022}}
*{box-sizing:border-box}body{margin:0 auto;max-width:72rem;padding:2rem 1.25rem 4rem;background:var(--back);color:var(--ink);
font:15px/1.5 system-ui,sans-serif}h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:2.2rem 0 .6rem}a{color:var(--accent);
text-decoration:none}a:hover{text-decoration:underline}.soft{color:var(--soft)}.warn{color:var(--warn)}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1.2rem;margin:.8rem 0;overflow-x:auto}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line);
vertical-align:top}th{font-weight:600;color:var(--soft);font-size:.82rem}tr:last-child td{border-bottom:0}td.n,th.n{text-align:right}
.chip{display:inline-block;border:1px solid var(--line);border-radius:999px;padding:0 .6rem;margin:.1rem .25rem .1rem 0;font-size:.85rem}
code{font:.88em ui-monospace,monospace}.row{display:flex;gap:2rem;flex-wrap:wrap}.big{font-size:1.35rem;font-weight:600}";

fn shell(title: &str, body: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    };
    Html(page.into_string())
}

pub(super) async fn overview(State(app): State<Arc<App>>) -> Result<Html<String>, Error> {
    let counters = app.log.counters();
    let (used, batches) = admin::blocking(&app, |app| Ok((used(app)?, app.mailchimp.batches()?))).await?;
    let lists = admin::blocking(&app, |app| app.mailchimp.lists()).await?;
    let faults = app.injector().faults().clone();
    let body = html! {
        h1 { "Listkeeper sandbox" }
        p.soft { "What the stand-ins of the vendors received. Nothing here left this machine." }
        (figures(&counters))
        @if used.is_empty() && lists.is_empty() { div.card.soft { "Nothing yet." } }
        @if !lists.is_empty() { h2 { "Mailchimp audiences" } }
        @for list in &lists { (list_card(list)) }
        (batch_table(&batches))
        @for vendor in &used { (vendor_card(vendor, &counters)) }
        (weather(&faults))
        (request_table(&counters))
    };
    Ok(shell("Listkeeper sandbox", &body))
}

/// A vendor that was used, and what it holds.
struct Used {
    name: &'static str,
    title: &'static str,
    containers: Vec<Held>,
}

/// Those that were asked something or hold something; Mailchimp has a section of its own.
fn used(app: &App) -> Result<Vec<Used>, Error> {
    let counters = app.log.counters();
    let mut used = Vec::new();
    for vendor in app.doors.iter().map(|door| &door.vendor).filter(|vendor| vendor.about().name != app.mailchimp.about().name) {
        let (about, containers) = (vendor.about(), vendor.containers()?);
        if !containers.is_empty() || counters.of(about.name).requests > 0 {
            used.push(Used { name: about.name, title: about.title, containers });
        }
    }
    Ok(used)
}

fn figures(counters: &Counters) -> Markup {
    let figure = |name: &str, value: u64| html! { div { div.big { (value) } div.soft { (name) } } };
    html! {
        div.card.row {
            (figure("requests", counters.requests))
            (figure("most at one time", counters.most_at_once))
            (figure("refused, no slot", counters.refused_slots))
            (figure("outside the contract", counters.violations))
        }
    }
}

fn vendor_card(vendor: &Used, counters: &Counters) -> Markup {
    let count = counters.of(vendor.name);
    html! {
        h2 { (vendor.title) }
        div.card {
            p.soft { (count.requests) " requests, " (count.violations) " outside the contract" }
            table {
                tr { th { "name" } th { "kind" } th { "id" } th.n { "contacts" } }
                @for held in &vendor.containers {
                    tr { td { (held.name) } td { (held.kind) } td { code { (held.id) } } td.n { (held.members) } }
                }
            }
        }
    }
}

fn weather(faults: &Faults) -> Markup {
    html! {
        h2 { "Faults" }
        div.card {
            @if faults.is_fair() { span.soft { "None. POST to " code { "/_sandbox/faults" } " to switch some on." } }
            @else { code.warn { (serde_json::to_string(faults).unwrap_or_default()) } }
        }
    }
}

fn request_table(counters: &Counters) -> Markup {
    html! {
        h2 { "Last requests" }
        @for violation in &counters.last_violations { div.warn { (violation) } }
        div.card { table {
            tr { th { "route" } th.n { "rows" } th.n { "status" } th.n { "ms" } th { "fault" } }
            @for entry in counters.last_requests.iter().rev() {
                tr {
                    td { (entry.vendor) " " code { (entry.method) " " (entry.route) } }
                    td.n { @if entry.rows > 0 { (entry.rows) } }
                    td.n { @if entry.status == 0 { "no answer" } @else { (entry.status) } }
                    td.n { (format!("{:.1}", entry.took_us as f64 / 1000.0)) }
                    td { @if let Some(fault) = entry.fault { (format!("{fault:?}")) } }
                }
            }
        } }
    }
}
