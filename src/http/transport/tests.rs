use super::super::{Effect, Hub, InMemoryDays, script};
use super::*;
use rstest::rstest;
use std::{
    io::{Read as _, Write as _},
    sync::Arc,
};
use tokio::io::AsyncReadExt as _;

#[test]
fn a_client_over_tls_can_be_made() {
    assert!(client(false).is_ok() && client(true).is_ok());
}

/// Says each answer to one connection, and closes it.
fn server(answers: [&'static str; 2]) -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for answer in answers {
            let mut socket = listener.accept().unwrap().0;
            let mut asked = [0; 1024];
            assert!(socket.read(&mut asked).unwrap() > 0);
            socket.write_all(answer.as_bytes()).unwrap();
        }
    });
    address
}

#[tokio::test]
async fn a_download_that_breaks_off_begins_anew() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\nwrong";
    let whole = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nfine";
    let address = server([cut, whole]);
    let hub = Hub::at_speed(Arc::new(Network::default()), Arc::new(InMemoryDays::default()), fastrand::Rng::with_seed(7), 1000);
    let mut file = File::from_std(tempfile::tempfile().unwrap());
    let request = Request { url: format!("http://{address}/").parse().unwrap(), ..script::request(Effect::Repeatable) };
    let answer = hub.client("files", script::SPEND).download(&request, &mut file).await.unwrap();
    let mut kept = String::new();
    file.rewind().await.unwrap();
    file.read_to_string(&mut kept).await.unwrap();
    assert_eq!((answer.status, answer.attempts, answer.body.len(), kept.as_str()), (200, 2, 0, "fine"));
}

#[tokio::test]
async fn a_download_that_is_refused_says_why_and_one_that_is_too_long_ends() {
    let refused = "HTTP/1.1 403 Forbidden\r\ncontent-length: 3\r\nconnection: close\r\n\r\nwhy";
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\n123456789";
    let address = server([refused, long]);
    let mut file = File::from_std(tempfile::tempfile().unwrap());
    let url = format!("http://{address}/").parse().unwrap();
    let request = Request { url, answer_limit: 8, ..script::request(Effect::Repeatable) };
    let network = Network::default();
    let raw = network.download(&request, &mut file).await.unwrap();
    assert_eq!((raw.status, &raw.body[..]), (403, &b"why"[..]));
    assert_eq!(network.download(&request, &mut file).await.unwrap_err(), Lost::TooBig);
}

#[rstest]
#[case("7", Some(7))]
#[case("Sun, 06 Nov 1994 08:49:37 GMT", Some(10))]
#[case("Sun, 06 Nov 1994 08:00:00 GMT", Some(0))]
#[case("soon", None)]
fn retry_after_is_seconds_or_a_date(#[case] text: &str, #[case] seconds: Option<u64>) {
    let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:27 GMT").unwrap();
    let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(text).unwrap())]);
    assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs));
}
