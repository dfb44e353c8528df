//! Members by partitions: CSV files that lie in a storage account, each behind an address that is a secret itself. They are
//! fetched side by side without our token, to nameless temporary files, so that memory does not grow with them and a
//! file that breaks off is fetched again before any of it is used.

use super::{
    super::{
        super::{SourceError, SourceErrorKind},
        odata,
        refusal::{lost, refused},
    },
    instance::{Instance, NAME},
    partition,
    taking::Taking,
};
use crate::http::{Answer, Authorization, Client, Request, Spend, Verdict};
use futures::future::try_join_all;
use serde::Deserialize;
use std::{collections::BTreeMap, fs::File, time::Duration};
use url::Url;

const ROUTE: &str = "/data/{segment} (partitions)";
const FILE: &str = "/{partition}";
/// At once; as many as Microsoft's own connector fetches.
const SIDE_BY_SIDE: usize = 16;
const SPEND: Spend = Spend { connections: SIDE_BY_SIDE as u32, per_second: None, per_minute: None, per_day: None };
/// Of one file; that connector's, too.
const TIMEOUT: Duration = Duration::from_secs(20 * 60);
/// Of one file; far more than any that is known of.
const LIMIT: usize = 16 << 30;

#[derive(Deserialize)]
struct Partitions {
    #[serde(rename = "httpRequests")]
    requests: Option<Vec<Partition>>,
}

/// Where a file is, and what must be sent along. `Debug` is left out on purpose: both are secrets.
#[derive(Deserialize)]
struct Partition {
    uri: String,
    headers: Option<BTreeMap<String, String>>,
}

pub fn read(instance: &mut Instance, taking: &mut Taking<'_>) -> Result<(), SourceError> {
    let partitions: Partitions = instance.ask(ROUTE, ["data", &taking.segment.name], "$select=*&proxy=true").map_err(by_pages)?;
    let Some(partitions) = partitions.requests else {
        return Err(by_pages(SourceError::new(format!("{NAME} does not say where the files of segment {} are", taking.segment.name))));
    };
    let patience = instance.patience().clone();
    let client = patience.net.hub.client("customer-insights/partitions", SPEND);
    let requests = partitions.into_iter().enumerate().map(|(at, partition)| request(instance, at, partition));
    for group in requests.collect::<Result<Vec<_>, _>>()?.chunks(SIDE_BY_SIDE) {
        let files = patience.wait(try_join_all(group.iter().map(|request| fetch(&client, request))))?;
        for file in files {
            partition::read(file, &patience, taking)?;
        }
    }
    Ok(())
}

/// Microsoft documents files only by its own connector's use of them.
fn by_pages(error: SourceError) -> SourceError {
    if error.hint.is_some() { error } else { error.hint("if it goes on, have the members by pages: `members: pages`") }
}

async fn fetch(client: &Client, request: &Request) -> Result<File, SourceError> {
    let file = tempfile::tempfile().map_err(|error| {
        SourceError::new(format!("no temporary file can be made: {error}")).hint("TMPDIR says where temporary files are written")
    })?;
    let mut file = tokio::fs::File::from_std(file);
    let answer = client.download(request, &mut file).await.map_err(|failure| lost(&failure))?;
    if !answer.is_success() {
        return Err(refused("the storage of Customer Insights", FILE, &answer, |_| None)
            .kind(SourceErrorKind::Unreachable { after: None })
            .hint("an address is good for a short time, and a refresh replaces the files; it is read again later"));
    }
    Ok(file.into_std().await)
}

fn request(instance: &Instance, at: usize, partition: Partition) -> Result<Request, SourceError> {
    let bad = |what: &str| SourceError::new(format!("{NAME} gives an address of partition {} that {what}", at + 1));
    let url = Url::parse(&partition.uri).map_err(|_| bad("cannot be understood"))?;
    if !instance.may_fetch(&url) {
        return Err(bad("is not encrypted").hint("people's data is fetched over https only"));
    }
    let header = |(name, value): (String, String)| Authorization::header(name.to_ascii_lowercase(), &value.into());
    let authorization = partition.headers.unwrap_or_default().into_iter().map(header).reduce(Authorization::and);
    Ok(Request { authorization, timeout: TIMEOUT, answer_limit: LIMIT, judge, ..Request::get("customer-insights", FILE, url) })
}

fn judge(request: &Request, answer: &Answer) -> Verdict {
    if answer.is_success() { Verdict::Take } else { odata::judge(request, answer) }
}
