use super::{Desk, Step, dataverse, page, read};
use rstest::rstest;

fn signed_in(token: (u16, &'static str), steps: Vec<Step>) -> super::Told {
    read(dataverse(), "Gold", &["email"], Desk { token, ..Desk::new(steps) })
}

const ROW: &str = r#"{"msdynci_customerid":"a1","msdynci_email":"a1@example.com"}"#;
const MEMBER: &str = r#"{"msdynci_customerid":"a1","msdynci_segments":"[\"Gold\"]"}"#;

fn steps() -> Vec<Step> {
    vec![page("", ""), page(ROW, ""), page("", ""), page(MEMBER, ""), page(ROW, ""), page(MEMBER, "")]
}

#[test]
fn a_token_is_asked_for_once_and_used_until_little_of_its_life_is_left() {
    let told = signed_in(super::TOKEN, steps());
    assert_eq!((told.end().as_str(), told.tokens.len()), ("1 rows", 1));
    let scope = "https%3A%2F%2Fcontoso.crm4.dynamics.com%2F.default";
    let form = format!("grant_type=client_credentials&client_id=client-1&client_secret=hush&scope={scope}");
    assert_eq!(told.tokens[0], format!("https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token {form}"));
    let told = signed_in((200, r#"{"expires_in":"0","access_token":"token-{n}"}"#), steps());
    assert_eq!((told.end().as_str(), told.tokens.len()), ("1 rows", 6), "one that is over is not used again");
    assert!(told.asked[5].starts_with("token-6: "), "{}", told.asked[5]);
}

#[test]
fn a_token_that_is_refused_is_replaced_once() {
    let refused = || Step::Say(401, String::new());
    let told = signed_in(super::TOKEN, [vec![refused()], steps()].concat());
    assert_eq!((told.end().as_str(), told.tokens.len()), ("1 rows", 2));
    let told = signed_in(super::TOKEN, vec![refused(), refused()]);
    assert!(told.end().starts_with("broken: Dataverse answered /EntityDefinitions(…)/Attributes with 401\nmake the application a user of"));
}

#[rstest]
#[case(401, "invalid_client", "AADSTS7000215: Invalid client secret hush.", "invalid_client, AADSTS7000215\nthe client secret is wrong")]
#[case(401, "invalid_client", "AADSTS7000222: hush expired.", "invalid_client, AADSTS7000222\nthe client secret has expired")]
#[case(
    400,
    "unauthorized_client",
    "AADSTS700016: Application hush",
    "unauthorized_client, AADSTS700016\nthe tenant does not know this application"
)]
#[case(400, "invalid_grant", "AADSTS65001: no consent", "invalid_grant, AADSTS65001\nan administrator must consent")]
#[case(400, "consent_required", "", "consent_required\nan administrator must consent")]
#[case(400, "invalid_request", "AADSTS90002: Tenant", "invalid_request, AADSTS90002\nthere is no such tenant")]
#[case(400, "invalid_resource", "AADSTS500011: hush", "invalid_resource, AADSTS500011\nthe tenant does not know the service")]
#[case(400, "odd<b>", "hush", "oddb\ncheck `credentials`")]
#[case(404, "", "", "status 404\ncheck `credentials`")]
fn a_refusal_says_what_to_do(#[case] status: u16, #[case] error: &str, #[case] description: &str, #[case] expected: &str) {
    let body = format!(r#"{{"error":"{error}","error_description":"{description}"}}"#);
    let told = signed_in((status, body.leak()), Vec::new()).end();
    assert!(told.starts_with(&format!("broken: Entra ID gave no token: {expected}")), "{told}");
}

#[rstest]
#[case(200, r#"{"access_token":""}"#, "broken: Entra ID answered with no token")]
#[case(200, "<html>", "broken: Entra ID answered with no token")]
#[case(503, "<html>", "unreachable: Entra ID gave no token: status 503")]
fn an_answer_without_a_token(#[case] status: u16, #[case] body: &'static str, #[case] expected: &str) {
    let told = signed_in((status, body), Vec::new()).end();
    assert!(told.starts_with(expected), "{told}");
}
