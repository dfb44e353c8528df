//! A server that stays up, whoever connects to it.

mod server {
    use crate::{
        server::{
            SocketPath, TlsFiles,
            tests::world::{World, send},
        },
        state::StateDir,
    };
    use std::{
        fs,
        path::{Path, PathBuf},
        time::{Duration, Instant},
    };
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    const LOOPBACK: &str = "127.0.0.1:0";

    async fn connections(world: &World, count: usize, first: &[u8]) -> Vec<TcpStream> {
        let mut open = Vec::new();
        for _ in 0..count {
            let mut stream = TcpStream::connect(world.server.address()).await.unwrap();
            // It may have been sent away already.
            let _ = stream.write_all(first).await;
            open.push(stream);
        }
        open
    }

    async fn answers_soon(world: &World) {
        for path in ["/livez", "/readyz", "/v1/exports"] {
            let begun = Instant::now();
            assert_eq!(world.ask("GET", path).await.status, 200, "{path}");
            assert!(begun.elapsed() < Duration::from_secs(2), "{path}: {:?}", begun.elapsed());
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn attack_silent_connections_close_nothing() {
        let world = World::new().await;
        let _open = connections(&world, 600, b"").await;
        answers_soon(&world).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn attack_heads_that_never_end_close_nothing_and_are_cut() {
        let world = World::new().await;
        let mut open = connections(&world, 300, b"GET /v1/exports HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await;
        answers_soon(&world).await;
        let mut last = open.pop().unwrap();
        let begun = Instant::now();
        let trickle = async {
            loop {
                tokio::time::sleep(Duration::from_millis(500)).await;
                if last.write_all(b"a").await.is_err() {
                    break;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), trickle).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    }

    /// A caller with a token says how long its body is, and sends none of it, many times.
    #[tokio::test(flavor = "multi_thread")]
    async fn attack_bodies_that_never_come_close_nothing() {
        let world = World::new().await;
        let head = format!(
            "POST /v1/plan HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: 1000000\r\n\r\n{{",
            world.token
        );
        let _open = connections(&world, 300, head.as_bytes()).await;
        for path in ["/livez", "/readyz"] {
            assert_eq!(world.ask("GET", path).await.status, 200, "{path}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn attack_a_short_body_does_not_become_many_values() {
        let world = World::new().await;
        let many = format!(r#"{{"files":[{}]}}"#, vec![r#"{"path":"","text":""}"#; 20_000].join(","));
        let post = |path: &str, body: String| {
            send(world.request("POST", path).bearer_auth(&world.token).header("Content-Type", "application/json").body(body))
        };
        let answer = post("/v1/plan", many).await;
        assert!(answer.status == 422 && answer.text.contains("at most 10000"), "{}", answer.text);
        assert_eq!(post("/v1/tokens", format!(r#"{{"name":"{}"}}"#, "a".repeat(70_000))).await.status, 413);
        assert_eq!(post("/v1/plan", "[".repeat(100_000)).await.status, 422, "nested");
    }

    /// The socket in the state directory knows its user; no token is needed, and one that is shown counts.
    #[tokio::test(flavor = "multi_thread")]
    async fn who_comes_by_the_socket_is_known() {
        let world = World::new().await;
        let socket = SocketPath::of(&StateDir::from(world.dir.path().join("state"))).unwrap();
        assert!(socket.is_trusted());
        let http = reqwest::Client::builder().no_proxy().unix_socket(socket.path()).build().unwrap();
        let ask = |method: &str, path: &str| http.request(method.parse().unwrap(), format!("http://localhost{path}"));
        assert_eq!(send(ask("POST", "/v1/reload")).await.status, 202);
        assert_eq!(send(ask("GET", "/v1/tokens")).await.status, 200);
        let token = world.made("ci", &["read"], &[]).await;
        assert_eq!(send(ask("POST", "/v1/reload").bearer_auth(token)).await.status, 403);
        assert_eq!(send(ask("POST", "/v1/reload").bearer_auth("lk_wrong")).await.status, 401);
        let me = crate::daemon::user_name(rustix::process::geteuid().as_raw());
        assert_eq!(world.seen(), [format!("{me}: reload")]);
    }

    fn support(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/tls").join(name)
    }

    struct Encrypted {
        world: World,
        files: TlsFiles,
        _dir: tempfile::TempDir,
    }

    impl Encrypted {
        async fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let files = TlsFiles { cert: dir.path().join("cert.pem"), key: dir.path().join("key.pem") };
            let this = |world| Self { world, files: files.clone(), _dir: dir };
            take(&files, "first");
            this(World::with(LOOPBACK.parse().unwrap(), None, Some(files.clone())).await)
        }

        /// A client that believes the tests' authority, with connections of its own.
        fn client(&self) -> reqwest::Client {
            let ca = reqwest::Certificate::from_pem(&fs::read(support("ca.pem")).unwrap()).unwrap();
            reqwest::Client::builder().no_proxy().tls_info(true).tls_certs_only([ca]).build().unwrap()
        }

        async fn certificate(&self) -> Vec<u8> {
            let answer = self.client().get(self.world.url("/livez")).send().await.unwrap();
            answer.extensions().get::<reqwest::tls::TlsInfo>().unwrap().peer_certificate().unwrap().to_vec()
        }
    }

    fn take(files: &TlsFiles, which: &str) {
        fs::copy(support(&format!("{which}.pem")), &files.cert).unwrap();
        fs::copy(support(&format!("{which}.key")), &files.key).unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn with_a_certificate_it_speaks_tls_only_and_takes_a_renewed_one() {
        let world = Encrypted::new().await;
        let first = world.certificate().await;
        assert!(world.world.http.get(world.world.url("/livez")).send().await.is_err(), "an authority that nobody believes");
        let plain = world.world.url("/livez").replace("https", "http");
        assert!(world.world.http.get(plain).send().await.is_err());
        let endpoint = fs::read_to_string(world.world.dir.path().join("state/daemon.json")).unwrap();
        assert!(endpoint.contains("https://127.0.0.1:"), "{endpoint}");
        take(&world.files, "second");
        let until = Instant::now() + Duration::from_secs(30);
        while world.certificate().await == first {
            assert!(Instant::now() < until, "the certificate stays the old one");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        fs::write(&world.files.cert, "no certificate").unwrap();
        tokio::time::sleep(Duration::from_secs(6)).await;
        assert_ne!(world.certificate().await, first, "what is no good is not taken");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn attack_handshakes_that_never_end_close_nothing() {
        let world = Encrypted::new().await;
        let mut open = connections(&world.world, 600, b"\x16\x03\x01").await;
        assert_eq!(world.client().get(world.world.url("/livez")).send().await.unwrap().status(), 200);
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(15), open.last_mut().unwrap().read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "a handshake that does not go on is cut");
    }
}
