//! Engines killed and streams cut in the middle: always an error, never fewer rows.

use crate::kit::{Engine, engines, tell};
use listkeeper::{definition::Selection, source::SourceErrorKind};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

const WIDE: &str = "SELECT g AS id, 'person' || g || '@example.com' AS email, repeat('x', 400) AS filler FROM generate_series(1, 50000) g";

#[test]
fn a_killed_backend_is_an_error_a_hundred_times_of_a_hundred() {
    let Some(folder) = engines() else { return };
    let postgresql = Engine::new(&folder, "postgresql");
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..100 {
        let name = format!("victim{round}");
        let engine = Engine { uri: format!("{}?application_name={name}", postgresql.uri), ..postgresql.clone() };
        let (at, mut killed) = (random.usize(..15_000), 0);
        let kill = format!("SELECT pg_terminate_backend(pid, 10000) AS gone FROM pg_stat_activity WHERE application_name = '{name}'");
        let read = engine.rows(Selection::Query(WIDE.to_owned()), &mut |rows| {
            if killed == 0 && rows >= at {
                killed = tell(&folder, &postgresql, &[&kill]);
            }
        });
        let error = read.map(|rows| rows.len()).expect_err(&name);
        assert_eq!(killed, 1, "{name}: {error}");
        assert_eq!(error.kind, SourceErrorKind::Unreachable { after: None }, "{name}: {error}");
        assert!(error.message.contains("broke off after"), "{name}: {error}");
    }
}

#[test]
fn an_engine_that_fails_at_a_late_row_is_an_error() {
    let Some(folder) = engines() else { return };
    for (driver, query) in [
        ("postgresql", "SELECT g AS id, 1 / (40000 - g) AS x FROM generate_series(1, 50000) g"),
        ("duckdb", "SELECT range AS id, CASE WHEN range = 40000 THEN error('late') ELSE 'x' END AS x FROM range(50000)"),
        ("spark", "SELECT id, CASE WHEN id = 40000 THEN raise_error('late') ELSE 'x' END AS x FROM range(0, 50000, 1, 4)"),
        (
            "sqlite",
            "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 50000) SELECT id, CASE WHEN id = 40000 THEN abs(-9223372036854775807 - 1) ELSE 1 END AS x FROM n",
        ),
    ] {
        let engine = Engine::new(&folder, driver);
        let engine = Engine { uri: if driver == "duckdb" { ":memory:".to_owned() } else { engine.uri.clone() }, ..engine };
        let read = engine.query(query).map(|rows| rows.len());
        assert!(read.is_err(), "{driver}: {read:?}");
    }
}

/// Lets `bytes` of answers through on each connection, then closes it.
fn cutting(to: &str, bytes: u64) -> String {
    let (listener, to) = (TcpListener::bind("127.0.0.1:0").unwrap(), to.to_owned());
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for client in listener.incoming() {
            let server = TcpStream::connect(&to).unwrap();
            thread::spawn(move || pass(client.unwrap(), server, bytes));
        }
    });
    address
}

fn pass(client: TcpStream, server: TcpStream, mut allowed: u64) {
    let (mut questions, mut asked) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || std::io::copy(&mut questions, &mut asked));
    let (mut server, mut client) = (server, client);
    let mut buffer = [0; 8192];
    while allowed > 0 {
        let Ok(read @ 1..) = server.read(&mut buffer) else { break };
        let let_through = read.min(usize::try_from(allowed).unwrap_or(usize::MAX));
        if client.write_all(&buffer[..let_through]).is_err() {
            break;
        }
        allowed -= let_through as u64;
    }
    client.shutdown(std::net::Shutdown::Both).ok();
    server.shutdown(std::net::Shutdown::Both).ok();
}

#[test]
fn a_stream_cut_at_any_byte_is_an_error() {
    let Some(folder) = engines() else { return };
    let postgresql = Engine::new(&folder, "postgresql");
    let address = postgresql.uri.trim_start_matches("postgresql://postgres@").trim_end_matches("/postgres").to_owned();
    let mut random = fastrand::Rng::with_seed(11);
    for round in 0..100 {
        // More than a connection takes to come about.
        let cut = random.u64(200_000..8_000_000);
        let uri = format!("postgresql://postgres@{}/postgres?sslmode=disable&gssencmode=disable", cutting(&address, cut));
        let engine = Engine { uri, ..postgresql.clone() };
        let read = engine.rows(Selection::Query(WIDE.to_owned()), &mut |_| ()).map(|rows| rows.len());
        let error = read.expect_err("cut");
        assert!(error.message.contains("broke off after"), "round {round}, {cut} bytes: {error}");
        assert_eq!(error.kind, SourceErrorKind::Unreachable { after: None }, "round {round}, {cut} bytes: {error}");
    }
}
