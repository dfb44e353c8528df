//! Tokens: who gets one, for what, and how long it is good.

use super::Insights;
use reqwest::header::WWW_AUTHENTICATE;
use rstest::rstest;
use serde_json::json;

#[rstest]
#[case(&[], 200, None)]
#[case(&[("scope", "https://api.ci.ai.microsoft.com//.default")], 200, None)]
#[case(&[("grant_type", "")], 400, Some(("invalid_request", 900_144)))]
#[case(&[("client_secret", "")], 400, Some(("invalid_request", 900_144)))]
#[case(&[("grant_type", "password")], 400, Some(("unsupported_grant_type", 70_003)))]
#[case(&[("client_id", "invalid-app")], 400, Some(("unauthorized_client", 700_016)))]
#[case(&[("client_secret", "invalid")], 401, Some(("invalid_client", 7_000_215)))]
#[case(&[("scope", "https://api.ci.ai.microsoft.com/user_impersonation")], 400, Some(("invalid_scope", 1_002_012)))]
#[case(&[("scope", "https://elsewhere.contoso.test/.default")], 400, Some(("invalid_resource", 500_011)))]
#[tokio::test]
async fn who_gets_a_token(#[case] form: &[(&str, &str)], #[case] status: u16, #[case] refused: Option<(&str, u32)>) {
    let (got, answer) = Insights::new().await.sign_in(form).await;
    assert_eq!(got, status, "{answer}");
    match refused {
        None => assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3_599))),
        Some((error, number)) => {
            assert_eq!((&answer["error"], &answer["error_codes"]), (&json!(error), &json!([number])), "{answer}");
            assert!(answer["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{number}: ")), "{answer}");
        }
    }
}

#[rstest]
#[case("/dataverse/api/data/v9.2/msdynci_customerprofiles")]
#[case("/ci/v1/instances")]
#[tokio::test]
async fn a_token_opens_one_api_for_its_life(#[case] path: &str) {
    let insights = Insights::new().await;
    assert_eq!(insights.get(path).await.0, 200);
    insights.bench.later(3_598);
    assert_eq!(insights.get(path).await.0, 200);
    insights.bench.later(1);
    let late = insights.request(path).send().await.unwrap();
    assert_eq!((late.status().as_u16(), late.headers()[WWW_AUTHENTICATE].as_bytes().starts_with(b"Bearer")), (401, true));
    insights.set(json!({"tokenSeconds": 5}));
    let foreign =
        if path.starts_with("/ci") { insights.url("/dataverse/.default") } else { "https://api.ci.ai.microsoft.com/.default".into() };
    let (_, answer) = insights.sign_in(&[("scope", &foreign)]).await;
    assert_eq!(answer["expires_in"], 5);
    let request = insights.bench.http.get(insights.url(path)).header("Ocp-Apim-Subscription-Key", "any");
    assert_eq!(request.bearer_auth(answer["access_token"].as_str().unwrap()).send().await.unwrap().status(), 401, "another API's");
    assert_eq!(insights.bench.http.get(insights.url(path)).send().await.unwrap().status(), 401, "none");
}
