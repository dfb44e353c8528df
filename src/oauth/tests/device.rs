//! The way without a browser.

use super::*;
use rstest::rstest;

const CODE: &str =
    r#"{"device_code":"d","user_code":"ABCD-EFGH","verification_uri":"https://example.com/activate","expires_in":LIFE,"interval":5}"#;

/// Asks for a code that is good for so many seconds and polls; how it ended, and after how many each question was asked.
async fn polled(life: u32, answers: Vec<Result<Raw, Lost>>) -> (Result<Tokens, Error>, Vec<u64>) {
    let script = Arc::new(Script::new(
        [json(200, &CODE.replace("LIFE", &life.to_string()))].into_iter().chain(answers),
        refused("authorization_pending"),
    ));
    let authority = Authority::new(constant_contact(), &hub(&script));
    let grant = authority.device().await.unwrap();
    assert_eq!(grant.user_code, "ABCD-EFGH");
    let start = tokio::time::Instant::now();
    let tokens = authority.granted(&grant).await;
    let seen = script.seen.lock().unwrap();
    (tokens, seen.iter().skip(1).map(|(at, ..)| at.duration_since(start).as_secs()).collect())
}

#[tokio::test(start_paused = true)]
async fn it_asks_no_oftener_than_it_may_until_the_person_has_said_yes() {
    let lost = Err(Lost::Broken("cut".into()));
    let answers = vec![refused("authorization_pending"), refused("slow_down"), json(429, ""), lost, granted()];
    let (tokens, asked) = polled(600, answers).await;
    assert!(tokens.unwrap().refresh.is_some());
    assert_eq!(asked[..4], [5, 10, 20, 35], "five seconds, five more for each time it was told so");
    assert_eq!(asked[4], 65, "twice as long after a lost answer");
}

#[rstest]
#[case::no(refused("access_denied"), "was told no")]
#[case::too_late(refused("expired_token"), "nobody entered the code in time")]
#[case::broken(refused("invalid_client"), "invalid_client")]
#[case::nobody(refused("authorization_pending"), "nobody entered the code in time")]
#[case::no_refresh_token(json(200, r#"{"access_token":"a"}"#), "gave no refresh token")]
#[tokio::test(start_paused = true)]
async fn it_ends_and_says_why(#[case] answer: Result<Raw, Lost>, #[case] why: &str) {
    let (tokens, asked) = polled(60, vec![answer]).await;
    assert!(tokens.unwrap_err().message.contains(why));
    assert!(asked.last().unwrap() <= &60, "no longer than the code is good");
}

#[tokio::test(start_paused = true)]
async fn a_vendor_without_it_says_what_to_do_instead() {
    let script = script([]);
    let authority = Authority::new(app(Platform::Mailchimp, Some("hush")), &hub(&script));
    assert!(authority.device().await.unwrap_err().hint.unwrap().contains("--paste"));
    assert_eq!(script.attempts(), 0);
}
