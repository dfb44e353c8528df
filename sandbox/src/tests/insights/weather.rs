//! Bad weather in each door's own words.

use super::Insights;
use crate::{Fault, Faults};
use rstest::rstest;

const TABLE: &str = "/dataverse/api/data/v9.2/msdynci_segmentmemberships";

#[rstest]
#[case(TABLE, Fault::TooManyRequests, 429, "\"0x80072326\"")]
#[case(TABLE, Fault::ServerError, 500, "\"0x80040216\"")]
#[case(TABLE, Fault::Forbidden, 403, "\"0x80040220\"")]
#[case("/ci/v1/instances", Fault::TooManyRequests, 429, "\"httpStatusCode\":\"tooManyRequests\"")]
#[case("/ci/v1/instances", Fault::ServerError, 500, "\"exceptionCulprit\":\"system\"")]
#[case("/ci/files/Gold/0.csv", Fault::TooManyRequests, 503, "<Code>ServerBusy</Code>")]
#[case("/entra/sandbox/oauth2/v2.0/token", Fault::TooManyRequests, 429, "\"temporarily_unavailable\"")]
#[tokio::test]
async fn refusals(#[case] path: &str, #[case] fault: Fault, #[case] status: u16, #[case] said: &str) {
    let insights = Insights::new().await;
    insights.bench.sandbox.set_faults(Faults { shares: [(fault, 1.0)].into(), ..Faults::default() }).unwrap();
    let answer = insights.request(path).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("retry-after")), (status, status == 429));
    let text = answer.text().await.unwrap();
    assert!(text.contains(said), "{text}");
}

#[tokio::test]
async fn a_page_breaks_off_in_the_middle() {
    let insights = Insights::new().await;
    insights.bench.sandbox.set_faults(Faults::default().next(Fault::CutBody, "GET", "/api/data/v9.2/msdynci_segmentmemberships")).unwrap();
    let answer = insights.request(TABLE).send().await.unwrap();
    assert!(answer.status() == 200 && answer.text().await.is_err());
    assert_eq!(insights.get(TABLE).await.0, 200, "once");
}
