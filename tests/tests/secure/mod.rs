//! A certificate authority, a server that it vouches for, and a proxy, all on loopback.

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use tokio_rustls::TlsAcceptor;

/// An authority that no machine trusts by itself.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new one.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        let key = KeyPair::generate().unwrap();
        // Another name for each, or one would be taken for the other.
        params.distinguished_name.push(DnType::CommonName, format!("{:x?}", key.public_key_raw()));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// Its certificate, as `SSL_CERT_FILE` has it.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// What a server at 127.0.0.1 shows, and the protocols that it offers.
    fn vouch(&self, offered: &[&str]) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &self.0).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        config.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }
}

#[derive(Default)]
struct Seen {
    connections: usize,
    versions: Vec<String>,
}

/// A provider whose model always replies that it is 41. It lives as long as the test's process.
pub(crate) struct SecureServer {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl SecureServer {
    /// Starts one that `authority` vouches for and that offers these protocols.
    pub(crate) fn start(authority: &Authority, offered: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(authority.vouch(offered)));
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(accept(listener, acceptor, shared));
        });
        Self { address, seen }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What goes into `--llm-api-base`.
    pub(crate) fn api_base(&self) -> String {
        format!("https://{}/v1", self.address)
    }

    /// How many connections carried a request.
    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    /// The version of HTTP of each request.
    pub(crate) fn versions(&self) -> Vec<String> {
        self.seen.lock().unwrap().versions.clone()
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, seen: Arc<Mutex<Seen>>) {
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        // Who does not trust the certificate hangs up.
        let Ok(stream) = acceptor.accept(stream).await else { continue };
        seen.lock().unwrap().connections += 1;
        let seen = Arc::clone(&seen);
        tokio::spawn(async move {
            let service = hyper::service::service_fn(|request| answer(request, Arc::clone(&seen)));
            let server = auto::Builder::new(TokioExecutor::new());
            // The client ends the connection as it likes.
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, seen: Arc<Mutex<Seen>>) -> hyper::Result<Response<Full<Bytes>>> {
    seen.lock().unwrap().versions.push(format!("{:?}", request.version()));
    request.into_body().collect().await?;
    let body = serde_json::json!({
        "choices": [{"message": {"role": "assistant", "content": "\\boxed{42}"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    });
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    response.headers_mut().insert(CONTENT_TYPE, "application/json".parse().unwrap());
    Ok(response)
}

/// A proxy that makes tunnels and keeps what clients send through them.
pub(crate) struct Proxy {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl Proxy {
    /// Starts one. It lives as long as the test's process.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || tunnel(client, &shared));
            }
        });
        Self { address, seen }
    }

    /// What goes into `HTTPS_PROXY`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All bytes that clients sent.
    pub(crate) fn seen(&self) -> Vec<u8> {
        self.seen.lock().unwrap().clone()
    }
}

fn tunnel(mut client: TcpStream, seen: &Mutex<Vec<u8>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    seen.lock().unwrap().extend_from_slice(&head);
    let target = String::from_utf8(head).unwrap().split(' ').nth(1).unwrap().to_owned();
    let mut server = TcpStream::connect(target).unwrap();
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
    let (mut from_server, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    // Either end may break off; then the tunnel ends.
    std::thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        seen.lock().unwrap().extend_from_slice(&buffer[..count]);
        if server.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
}
