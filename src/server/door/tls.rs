//! TLS with a certificate and key from files, read again when they change.

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::CancellationToken;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// Where the certificate (with its chain) and its key are, as PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// Why there is no TLS with these files.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {why}", .path.display())]
pub struct TlsError {
    pub path: PathBuf,
    pub why: String,
}

pub(in crate::server) struct Tls {
    files: TlsFiles,
    acceptor: TlsAcceptor,
    current: Arc<Current>,
}

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Tls {
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let current = Arc::new(Current(RwLock::new(Arc::new(files.read(&provider)?))));
        let failed = |error: rustls::Error| TlsError { path: files.cert.clone(), why: error.to_string() };
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(failed)?;
        let mut config = config.with_no_client_auth().with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { files, acceptor: TlsAcceptor::from(Arc::new(config)), current })
    }

    pub async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }

    /// Takes a renewed certificate. One that is no good is reported, and the old one goes on.
    pub async fn keep_current(self: Arc<Self>, stop: CancellationToken) {
        let mut seen = self.files.stamp();
        while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
            let now = self.files.stamp();
            if now != seen {
                seen = now;
                self.renew();
            }
        }
    }

    fn renew(&self) {
        match self.files.read(&aws_lc_rs::default_provider()) {
            Ok(read) => {
                *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
                tracing::info!(cert = %self.files.cert.display(), "the API's certificate was read again");
            }
            Err(error) => tracing::error!(%error, "the API's certificate changed and is no good; the one before goes on"),
        }
    }
}

impl TlsFiles {
    fn read(&self, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let failed = |path: &Path, why: String| TlsError { path: path.to_owned(), why };
        let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_file_iter(&self.cert).and_then(Iterator::collect);
        let chain = chain.map_err(|error| failed(&self.cert, format!("no certificate: {error}")))?;
        if chain.is_empty() {
            return Err(failed(&self.cert, "no certificate is in it".to_owned()));
        }
        // What is wrong with a key's text is not told: it may be in the message.
        let key =
            PrivateKeyDer::from_pem_file(&self.key).map_err(|_| failed(&self.key, "no private key can be read from it".to_owned()))?;
        CertifiedKey::from_der(chain, key, provider).map_err(|error| failed(&self.key, format!("not a key of this certificate: {error}")))
    }

    /// Changes with the files, or with what a link leads to.
    fn stamp(&self) -> Vec<Option<(u64, u64, i64, i64)>> {
        let of = |path: &PathBuf| fs::metadata(path).ok().map(|meta| (meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec()));
        [&self.cert, &self.key].map(of).into()
    }
}
