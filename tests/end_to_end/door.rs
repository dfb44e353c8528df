//! Who comes to a daemon: the user who runs it, by the socket; others, with tokens; strangers.

use crate::{
    cli,
    daemon::kit::Daemon,
    world::{Defined, World, rows},
};
use std::{fs, process::Output};

async fn world() -> World {
    World::new(&Defined::overlapping(), &rows(0..20)).await
}

/// Runs a command on the world's state.
async fn said(world: &World, args: &[&str]) -> (i32, String, String) {
    let mut command = cli::command(world, args);
    let output: Output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    cli::told(output)
}

/// The status of an answer to a request with a token.
async fn asked(daemon: &Daemon, token: &str, method: &str, path: &str) -> u16 {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.request(method.parse().unwrap(), format!("{}{path}", daemon.address().unwrap()));
    request.bearer_auth(token).send().await.unwrap().status().as_u16()
}

mod tokens {
    use super::*;
    use listkeeper::state::Store;
    use std::{
        io::Read,
        net::TcpListener,
        os::unix::{fs::PermissionsExt, process::CommandExt},
        process::Command,
        sync::{Arc, Mutex},
    };

    /// Made without a daemon, good in one, revoked while it runs.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_token_from_its_making_to_its_end() {
        let world = world().await;
        let (code, ci, err) = said(&world, &["token", "create", "ci", "--scope", "read,plan", "--folder", "marketing/**"]).await;
        assert_eq!(code, 0, "{err}");
        let ci = ci.trim();
        assert!(ci.starts_with("lk_") && err.contains("shown this once") && !err.contains(ci), "{err}");
        let (code, _, err) = said(&world, &["token", "create", "ci", "--scope", "read"]).await;
        assert!(code == 1 && err.contains("already"), "{err}");
        let daemon = Daemon::start(&world).await;
        assert_eq!(asked(&daemon, ci, "GET", "/v1/exports").await, 200);
        assert_eq!(asked(&daemon, ci, "POST", "/v1/runs").await, 403);
        let (_, list, _) = said(&world, &["token", "list"]).await;
        assert!(list.contains("read,plan") && list.contains(&format!("lk_…{}", &ci[63..])) && !list.contains(ci), "{list}");
        let (code, rotated, err) = said(&world, &["token", "rotate", "ci"]).await;
        assert_eq!(code, 0, "{err}");
        assert_eq!(asked(&daemon, ci, "GET", "/v1/exports").await, 401);
        assert_eq!(asked(&daemon, rotated.trim(), "GET", "/v1/exports").await, 200);
        assert_eq!(said(&world, &["token", "revoke", "ci"]).await.0, 0);
        assert_eq!(asked(&daemon, rotated.trim(), "GET", "/v1/exports").await, 401);
        let (_, ops, _) = said(&world, &["token", "create", "ops", "--scope", "operate"]).await;
        assert_eq!(asked(&daemon, ops.trim(), "POST", "/v1/exports/news/runs?wait=true").await, 200);
        let log = daemon.log();
        daemon.stop().await;
        let (_, audit, _) = said(&world, &["history", "--audit"]).await;
        assert!(audit.contains("token ops") && audit.contains("Token ci") && audit.contains("revoked"), "{audit}");
        let (_, history, _) = said(&world, &["history"]).await;
        assert!(history.contains("token ops"), "{history}");
        for token in [ci, rotated.trim(), ops.trim()] {
            assert!(!log.contains(token) && !audit.contains(token));
        }
        assert_eq!(said(&world, &["token", "revoke", "ops"]).await.0, 0);
        assert!(said(&world, &["token", "list"]).await.2.contains("no token"));
    }

    /// A thief on the port of a daemon that was killed, while something else holds its state.
    #[tokio::test(flavor = "multi_thread")]
    async fn attack_a_thief_on_a_dead_daemons_port_gets_no_token() {
        let world = world().await;
        let daemon = Daemon::start(&world).await;
        let address = daemon.address().unwrap();
        let left = fs::read(world.state().path().join("daemon.json")).unwrap();
        daemon.signal("KILL");
        daemon.ended().await;
        let thief = TcpListener::bind(address.trim_start_matches("http://")).unwrap();
        let got = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&got);
        std::thread::spawn(move || {
            for stream in thief.incoming() {
                let mut bytes = [0; 4096];
                let count = stream.unwrap().read(&mut bytes).unwrap_or_default();
                into.lock().unwrap().push(String::from_utf8_lossy(&bytes[..count]).into_owned());
            }
        });
        // Now the state is held by a process that lives, and what the daemon left says that it is one.
        let _held = Store::open(&world.state(), world.now).unwrap();
        fs::write(world.state().path().join("daemon.json"), left).unwrap();
        for args in [&["trigger", "news"][..], &["cancel", "news"], &["status"], &["approve"], &["apply", "--yes"], &["token", "list"]] {
            said(&world, args).await;
        }
        let (_, _, err) = said(&world, &["trigger", "news"]).await;
        assert!(err.contains("no daemon runs on this state"), "{err}");
        assert_eq!(*got.lock().unwrap(), Vec::<String>::new());
    }

    /// Needs root, to be another user.
    #[tokio::test(flavor = "multi_thread")]
    async fn attack_another_user_of_the_machine_reads_nothing() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let world = world().await;
        let daemon = Daemon::start(&world).await;
        // Everyone may come as far as the state directory.
        fs::set_permissions(world.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let address = daemon.address().unwrap();
        let port = address.rsplit(':').next().unwrap();
        let ask = |path: &str| {
            let script = format!(
                "exec 3<>/dev/tcp/127.0.0.1/{port}; printf 'GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3; cat <&3"
            );
            let output = Command::new("bash").args(["-c", &script]).uid(65_534).gid(65_534).output().unwrap();
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        for path in ["/v1/exports", "/v1/audit", "/v1/connections", "/v1/plans", "/v1/tokens", "/v1/openapi.json"] {
            let answer = ask(path);
            assert!(answer.starts_with("HTTP/1.1 401"), "{path}: {answer}");
        }
        assert!(ask("/livez").starts_with("HTTP/1.1 200"));
        let socket = world.state().path().join("daemon.sock");
        for file in [socket.as_path(), &world.state().path().join("api-token"), &world.state().path().join("state.db")] {
            let open = Command::new("cat").arg(file).uid(65_534).gid(65_534).output().unwrap();
            assert!(!open.status.success(), "{}", file.display());
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
        }
        assert!(daemon.get("/v1/exports").await.is_some(), "its own user may look");
        daemon.stop().await;
    }
}

mod server {
    use super::*;
    use std::{
        net::{TcpListener, TcpStream},
        path::Path,
    };

    /// Somebody, here or elsewhere on this machine, holds the usual port before the daemon comes.
    #[tokio::test(flavor = "multi_thread")]
    async fn attack_a_process_on_the_usual_port_is_warned_of() {
        let world = world().await;
        let _thief = TcpListener::bind("127.0.0.1:8485");
        let daemon = Daemon::start_with(&world, &[]).await;
        assert_ne!(daemon.address().unwrap(), "http://127.0.0.1:8485");
        let log = daemon.log();
        assert!(log.contains("127.0.0.1:8485 is held by another process: whoever sends a token there"), "{log}");
        assert!(log.contains("(not 127.0.0.1:8485, which another process holds)"), "{log}");
        daemon.stop().await;
        let directory = world.directory().display().to_string();
        let (code, _, err) = said(&world, &["run", &directory, "--listen", "127.0.0.1:8485"]).await;
        assert!(code == 1 && err.contains("cannot listen on 127.0.0.1:8485"), "asked for, so no other will do: {err}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn attack_silent_connections_close_neither_the_probes_nor_the_commands() {
        let world = world().await;
        let daemon = Daemon::start(&world).await;
        let address = daemon.address().unwrap();
        let open: Vec<_> = (0..600).map(|_| TcpStream::connect(address.trim_start_matches("http://")).unwrap()).collect();
        assert!(daemon.get("/livez").await.is_some() && daemon.get("/readyz").await.is_some());
        let (code, _, err) = said(&world, &["trigger", "news", "--wait"]).await;
        assert_eq!(code, 0, "{err}");
        assert!(daemon.get("/v1/exports").await.is_some());
        drop(open);
        daemon.stop().await;
    }

    /// What a daemon that was killed left behind stands in nobody's way, also where the path is long.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_stale_socket_is_replaced() {
        let mut world = world().await;
        let long = world.dir.path().join("long-".repeat(30));
        fs::create_dir(&long).unwrap();
        world.keep_state_in(&long);
        for _ in 0..2 {
            let daemon = Daemon::start(&world).await;
            assert!(said(&world, &["status"]).await.1.contains("news"));
            assert_eq!(said(&world, &["trigger", "news", "--wait"]).await.0, 0, "{}", daemon.log());
            daemon.signal("KILL");
            daemon.ended().await;
            assert!(world.state().path().join("daemon.sock").exists());
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn beyond_loopback_it_warns_of_what_can_be_read_on_the_way_or_speaks_tls() {
        let world = world().await;
        let token = world.dir.path().join("token");
        fs::write(&token, "0123456789abcdef0123456789abcdef").unwrap();
        let reference = format!("file:{}", token.display());
        let listen = ["--listen", "0.0.0.0:0", "--api-token", &reference];
        let plain = Daemon::start_with(&world, &listen).await;
        assert!(plain.log().contains("without TLS"), "{}", plain.log());
        plain.stop().await;
        fs::remove_file(world.dir.path().join("daemon.log")).unwrap();
        let support = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/tls").join(name).display().to_string();
        let (cert, key) = (support("first.pem"), support("first.key"));
        let daemon = Daemon::start_with(&world, &[&listen[..], &["--tls-cert", &cert, "--tls-key", &key]].concat()).await;
        assert!(!daemon.log().contains("without TLS"), "{}", daemon.log());
        let (address, directory) = (daemon.address().unwrap(), world.directory().display().to_string());
        let plan = ["plan", &directory, "--server", &address, "--api-token", &reference, "--detailed-exitcode"];
        let (code, _, err) = said(&world, &plan).await;
        assert!(code == 1 && err.contains("cannot be reached"), "an authority that nobody believes: {err}");
        let ca = support("ca.pem");
        let (code, out, err) = said(&world, &[&plan[..], &["--tls-ca", &ca]].concat()).await;
        assert_eq!(code, 2, "{err}");
        assert!(out.contains("+ 20 new"), "{out}");
        let trigger = ["trigger", "news", "--wait", "--server", &address, "--api-token", &reference, "--tls-ca", &ca];
        let (code, _, err) = said(&world, &trigger).await;
        assert_eq!(code, 0, "{err}");
        let (code, _, err) = said(
            &world,
            &["trigger", "news", "--server", &address.replace("https://127.0.0.1", "http://192.0.2.1"), "--api-token", &reference],
        )
        .await;
        assert!(code == 1 && err.contains("without encryption"), "{err}");
        daemon.stop().await;
    }
}
