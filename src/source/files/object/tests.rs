//! Addresses, patterns and versions, over a store in memory; what services answer, from a server that says what it is told to.
//! Real servers are in `tests/object_storage`.

use super::{
    super::{
        super::SourceErrorKind,
        place::{Opened, places},
    },
    address::Address,
    buckets::{Bucket, Buckets},
    work::Work,
    *,
};
use crate::definition::{Location, Secret, Storage, StorageCredentials};
use object_store::{ObjectStoreExt, memory::InMemory, path::Path};
use rstest::rstest;
use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, atomic::AtomicBool},
};

/// A bucket `b` in memory, with these objects.
fn memory(keys: &[&str]) -> (Buckets, Arc<InMemory>) {
    let (store, cancel) = (Arc::new(InMemory::new()), Arc::<AtomicBool>::default());
    let work = Arc::new(Work::new(Arc::clone(&cancel)).unwrap());
    for key in keys {
        put(&work, &store, key, "Id\n1\n");
    }
    let bucket =
        Bucket { base: "s3://b/".to_owned(), name: "b".to_owned(), service: address::Service::S3, store: Arc::clone(&store) as _, work };
    (Buckets::with(bucket, cancel), store)
}

fn put(work: &Work, store: &InMemory, key: &str, content: &str) {
    work.wait(store.put(&Path::parse(key).unwrap(), content.to_owned().into())).unwrap().unwrap();
}

#[rstest]
#[case::one("s3://b/a.csv", &["a.csv"])]
#[case::star("s3://b/*.csv", &["a.csv", "b.csv", "xx1.csv", "xx[1].csv"])]
#[case::not_across_folders("s3://b/d/*.csv", &["d/1.csv", "d/2.csv"])]
#[case::a_folder_in_between("s3://b/d/*/3.csv", &["d/e/3.csv"])]
#[case::across_folders("s3://b/**/*.csv", &["a.csv", "b.csv", "d/1.csv", "d/2.csv", "d/e/3.csv", "d-e/4.csv", "xx1.csv", "xx[1].csv"])]
#[case::across_folders_below("s3://b/d/**/*.csv", &["d/1.csv", "d/2.csv", "d/e/3.csv"])]
#[case::one_character("s3://b/?.csv", &["a.csv", "b.csv"])]
#[case::a_set("s3://b/[b-z].csv", &["b.csv"])]
#[case::hidden_by_name("s3://b/.h*.csv", &[".hidden.csv"])]
#[case::called_like_a_pattern("s3://b/xx[1].csv", &["xx[1].csv"])]
fn an_address_means(#[case] address: &str, #[case] expected: &[&str]) {
    let keys = ["b.csv", "a.csv", "d/2.csv", "d/1.csv", "d/e/3.csv", "d-e/4.csv", ".hidden.csv", "a.txt", "xx[1].csv", "xx1.csv"];
    let found = memory(&keys).0.find(address).unwrap();
    let names = found.iter().map(|object| object.name().trim_start_matches("s3://b/")).collect::<Vec<_>>();
    assert_eq!(names, expected);
}

#[test]
fn nothing_is_not_an_empty_source() {
    let (buckets, _) = memory(&["a.csv"]);
    let told = |address: &str| places(&[Location::Object(address.to_owned())], &buckets).unwrap_err().message;
    assert_eq!(told("s3://b/*.parquet"), "no file matches s3://b/*.parquet");
    assert_eq!(told("s3://b/c.csv"), "s3://b/c.csv is not there");
}

/// Reads on after the object was written anew.
#[rstest]
#[case::in_order(|open: &Opened| open.stream())]
#[case::from_somewhere(|open: &Opened| open.from(3 << 20))]
fn only_one_version_is_read(#[case] reader: fn(&Opened) -> std::io::Result<Box<dyn Read>>) {
    let (buckets, store) = memory(&[]);
    let (bucket, _) = buckets.bucket("s3://b/a.csv").unwrap();
    put(&bucket.work, &store, "a.csv", &"x".repeat(6 << 20));
    let object = buckets.find("s3://b/a.csv").unwrap().remove(0);
    let open = Opened::Object(object.open());
    let mut input = reader(&open).unwrap();
    input.read_exact(&mut [0; 1000]).unwrap();
    put(&bucket.work, &store, "a.csv", &"y".repeat(6 << 20));
    let mut rest = Vec::new();
    input.read_to_end(&mut rest).unwrap_err();
    assert!(rest.iter().all(|byte| *byte == b'x'));
    let error = open.finished().unwrap_err();
    assert_eq!((error.message.as_str(), error.kind), ("s3://b/a.csv changed while it was read", SourceErrorKind::UnderWay { after: None }));
}

#[rstest]
#[case(0)]
#[case(1)]
#[case((256 << 10) + 1)]
#[case((11 << 20) + 7)]
fn every_byte_comes_once_and_in_order(#[case] length: usize) {
    let text = (0..length).map(|at| char::from(b'a' + (at / 1000 % 26) as u8)).collect::<String>();
    let (buckets, store) = memory(&[]);
    put(&buckets.bucket("s3://b/a").unwrap().0.work, &store, "a", &text);
    let open = Opened::Object(buckets.find("s3://b/a").unwrap()[0].open());
    let mut read = String::new();
    open.stream().unwrap().read_to_string(&mut read).unwrap();
    assert!(read == text);
    read.clear();
    open.from(length as u64 / 2).unwrap().read_to_string(&mut read).unwrap();
    assert!(read == text[length / 2..]);
    open.finished().unwrap();
}

/// A server that gives every request this answer.
fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut line in listener.incoming().flatten() {
            let _ = line.read(&mut [0; 4096]);
            let _ = line.write_all(answer.as_bytes());
        }
    });
    format!("http://{at}")
}

fn s3(endpoint: &str, cancel: Arc<AtomicBool>) -> Buckets {
    let secret = |text: &str| Secret::Plain(text.to_owned());
    let credentials = StorageCredentials::Keys { id: secret("AKIDEXAMPLE"), secret: secret("s3cr3t"), session: None };
    let storage = Storage { endpoint: Some(endpoint.parse().unwrap()), credentials, ..Storage::default() };
    Buckets::new(storage, cancel)
}

#[test]
fn what_services_answer_is_explained_without_what_was_signed() {
    let told = |answer: &'static str| {
        let error = s3(&server(answer), Arc::default()).find("s3://orders/day/*.csv").unwrap_err();
        let hint = error.hint.clone().unwrap_or_default();
        let all = format!("{:?}: {}\n{hint}", error.kind, error.message);
        assert!(!all.contains("AKID") && !all.contains("s3cr3t") && !all.contains("list-type"), "{all}");
        all
    };
    let xml = |status: &str, code: &str| {
        let body = format!("<Error><Code>{code}</Code><Message>x</Message><StringToSign>AKIDEXAMPLE</StringToSign></Error>");
        let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        &*Box::leak((head + &body).into_boxed_str())
    };
    insta::assert_snapshot!(told(xml("404 Not Found", "NoSuchBucket")), @r"
    Broken: s3://orders/day/*.csv: there is no bucket orders (404 NoSuchBucket)
    is its name right, and the account or the endpoint of the source's `storage`?
    ");
    insta::assert_snapshot!(told(xml("403 Forbidden", "AccessDenied")), @r"
    Broken: S3 refuses access to s3://orders/day/*.csv (403 AccessDenied)
    are the credentials right, of this account, and not expired? they must be allowed to read it and to list its folder
    ");
    insta::assert_snapshot!(told(xml("403 Forbidden", "SignatureDoesNotMatch")), @r"
    Broken: S3 does not accept the credentials for s3://orders/day/*.csv (403 SignatureDoesNotMatch)
    are they right, and of this account? give `storage: {credentials: {accessKeyId: …, secretAccessKey: {env: NAME}}}`, or `none` for a public bucket
    ");
    insta::assert_snapshot!(told(xml("400 Bad Request", "ExpiredToken")), @r"
    Broken: the credentials for s3://orders/day/*.csv have expired (400 ExpiredToken)
    get new ones; credentials that are found by the platform renew themselves
    ");
    insta::assert_snapshot!(told(xml("301 Moved Permanently", "PermanentRedirect")), @r"
    Broken: s3://orders/day/*.csv is in another region
    give the bucket's region: `storage: {region: eu-west-1}`
    ");
    insta::assert_snapshot!(told("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 6\r\n\r\n<html>"), @r"
    Broken: s3://orders/day/*.csv cannot be read: the service's answer is not understood
    look at the address and at the source's `storage`
    ");
}

#[test]
fn a_web_server_without_ranges_is_not_read() {
    let address = server("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nId\n1\n") + "/a.csv?sig=s3cr3t";
    let open = Buckets::new(Storage::default(), Arc::default()).find(&address).unwrap().remove(0).open();
    let error = open.stream().read(&mut [0; 10]).map_err(|_| open.failure().unwrap()).unwrap_err();
    let shown = address.trim_end_matches("?sig=s3cr3t");
    assert_eq!(error.message, format!("the server gives {shown} as a whole only, not by ranges"));
}

#[test]
fn attack_a_web_server_cannot_send_a_reading_to_another_host() {
    let asked = Arc::<AtomicBool>::default();
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    let location = format!("http://{}/secret.csv", elsewhere.local_addr().unwrap());
    let heard = Arc::clone(&asked);
    std::thread::spawn(move || elsewhere.accept().map(|_| heard.store(true, std::sync::atomic::Ordering::Relaxed)));
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    let address = server(Box::leak(answer.into_boxed_str())) + "/a.csv";
    let error = Buckets::new(Storage::default(), Arc::default()).find(&address).unwrap_err();
    assert_eq!(error.message, format!("the server sends {address} to another host (302)"));
    assert!(!asked.load(std::sync::atomic::Ordering::Relaxed), "the other host was asked");
}

/// By a server that takes a request and never answers it.
#[test]
fn a_reading_that_nobody_waits_for_is_stopped() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let cancel = Arc::<AtomicBool>::default();
    let buckets = s3(&format!("http://{}", listener.local_addr().unwrap()), Arc::clone(&cancel));
    std::thread::spawn(move || {
        let _open = listener.accept().map(|(mut line, _)| line.read(&mut [0; 4096]).map(|_| line));
        cancel.store(true, std::sync::atomic::Ordering::Relaxed);
        std::thread::park();
    });
    assert_eq!(buckets.find("s3://b/a.csv").unwrap_err().message, "the reading was stopped");
}

#[test]
fn nothing_secret_is_in_debug_texts_or_names() {
    let buckets = s3("http://127.0.0.1:1", Arc::default());
    let (bucket, _) = buckets.bucket("s3://b/a.csv").unwrap();
    assert_eq!(format!("{buckets:?} {bucket:?}"), "Buckets s3://b/");
    assert_eq!(Address::of("https://example.com/a.csv?sig=s3cr3t").shown(), "https://example.com/a.csv");
}
