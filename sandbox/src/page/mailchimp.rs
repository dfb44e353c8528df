//! Mailchimp's audiences, their members, and batches.

use super::shell;
use crate::{
    Error, admin,
    app::App,
    mailchimp::{Batch, ListDetail, ListSummary, MemberRow},
};
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// Members on one page.
const ROWS: i64 = 100;

pub(super) fn list_card(list: &ListSummary) -> Markup {
    html! {
        div.card {
            div.row {
                div { a.big href={ "/mailchimp/lists/" (list.id) } { (list.name) } div.soft { code { (list.id) } } }
                div { div.big { (list.members) } div.soft { "contacts" } }
            }
            (list_facts(list))
        }
    }
}

fn list_facts(list: &ListSummary) -> Markup {
    html! {
        p {
            @for (status, count) in &list.statuses { @if *count > 0 { span.chip { (status) " " b { (count) } } } }
        }
        p {
            span.soft { "tags " }
            @for tag in &list.tags { span.chip { (tag.name) " " b { (tag.members) } } }
            @if list.tags.is_empty() { span.soft { "none" } }
        }
        p {
            span.soft { "merge fields " }
            @for field in &list.merge_fields {
                span.chip title=(field.name) { (field.tag) " " span.soft { (field.kind) @if field.required { ", required" } } }
            }
        }
    }
}

pub(super) fn batch_table(batches: &[Batch]) -> Markup {
    html! {
        @if !batches.is_empty() {
            h2 { "Batches" }
            div.card { table {
                tr { th { "id" } th { "status" } th.n { "operations" } th.n { "done" } th.n { "errors" } th { "submitted" } }
                @for batch in batches.iter().take(20) {
                    tr {
                        td { code { (batch.id) } } td { (batch.status) } td.n { (batch.operations) } td.n { (batch.finished) }
                        td.n { (batch.errored) } td { (batch.submitted_at) }
                    }
                }
            } }
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Paging {
    #[serde(default)]
    offset: u32,
}

pub(crate) async fn list(State(app): State<Arc<App>>, Path(id): Path<String>, Query(paging): Query<Paging>) -> Result<Response, Error> {
    let offset = i64::from(paging.offset);
    let Some(detail) = admin::blocking(&app, move |app| app.mailchimp.list(&id, offset, ROWS)).await? else {
        return Ok((StatusCode::NOT_FOUND, "there is no such audience\n").into_response());
    };
    Ok(shell(&detail.list.name, &list_page(&detail, offset)).into_response())
}

fn list_page(detail: &ListDetail, offset: i64) -> Markup {
    let list = &detail.list;
    let last = offset + detail.rows.len() as i64;
    html! {
        p { a href="/" { "← sandbox" } }
        h1 { (list.name) " " span.soft { code { (list.id) } } }
        (list_facts(list))
        div.card { table {
            tr { th { "address" } th { "status" } th { "merge fields" } th { "tags" } th { "changed" } }
            @for row in &detail.rows { (member_row(row)) }
        } }
        p {
            @if offset > 0 { a href={ "?offset=" ((offset - ROWS).max(0)) } { "← newer" } " " }
            span.soft { "newest change first, " (offset + i64::from(last > offset)) "–" (last) " of " (list.members) }
            @if last < list.members { " " a href={ "?offset=" (last) } { "older →" } }
        }
    }
}

fn member_row(row: &MemberRow) -> Markup {
    html! {
        tr {
            td { (row.email) }
            td { (row.status) @if let Some(reason) = row.reason { div.soft { (reason) } } }
            td { @for (tag, value) in &row.values { span.chip { span.soft { (tag) " " } (value) } } }
            td { @for tag in &row.tags { span.chip { (tag) } } }
            td.soft { (row.changed) }
        }
    }
}
