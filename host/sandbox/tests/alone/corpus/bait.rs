//! Things of the host that programs are told of and must not reach.

use crate::Scene;
use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::PathBuf;

/// What the answers are.
const SECRET: &str = "the-answers-are-in-here";

/// Listeners and files that everyone on the host may use.
pub(super) struct Bait {
    loopback: TcpListener,
    abstract_name: String,
    abstract_socket: UnixListener,
    socket_path: PathBuf,
    socket: UnixListener,
    answers: PathBuf,
    scratch: PathBuf,
    tier: u8,
}

impl Bait {
    pub(super) fn lay(scene: &Scene) -> Self {
        let scratch = scene.scratch.path().to_owned();
        fs::set_permissions(&scratch, fs::Permissions::from_mode(0o777)).unwrap();
        let abstract_name = format!("bait-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&abstract_name).unwrap();
        let socket_path = scratch.join("socket");
        let bait = Self {
            loopback: TcpListener::bind("127.0.0.1:0").unwrap(),
            abstract_name,
            abstract_socket: UnixListener::bind_addr(&address).unwrap(),
            socket: UnixListener::bind(&socket_path).unwrap(),
            socket_path,
            answers: scratch.join("answers"),
            scratch,
            tier: scene.sandbox.isolation().tier,
        };
        fs::write(&bait.answers, SECRET).unwrap();
        for path in [&bait.answers, &bait.socket_path] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
        }
        bait.loopback.set_nonblocking(true).unwrap();
        bait.abstract_socket.set_nonblocking(true).unwrap();
        bait.socket.set_nonblocking(true).unwrap();
        bait
    }

    /// `source` with where everything is, and how strong the walls are.
    pub(super) fn fill_in(&self, source: &str) -> String {
        source
            .replace("@TIER@", &self.tier.to_string())
            .replace("@PORT@", &self.loopback.local_addr().unwrap().port().to_string())
            .replace("@ABSTRACT@", &self.abstract_name)
            .replace("@SOCKET@", self.socket_path.to_str().unwrap())
            .replace("@ANSWERS@", self.answers.to_str().unwrap())
            .replace("@SCRATCH@", self.scratch.to_str().unwrap())
    }

    /// Whether nobody came.
    pub(super) fn untouched(&self) -> Result<(), String> {
        let visitors = [
            ("the loopback", self.loopback.accept().map(drop)),
            ("an abstract socket", self.abstract_socket.accept().map(drop)),
            ("a socket", self.socket.accept().map(drop)),
        ];
        for (what, visitor) in visitors {
            match visitor {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                other => return Err(format!("it reached {what} of the host: {other:?}")),
            }
        }
        let answers = fs::read_to_string(&self.answers).map_err(|error| error.to_string())?;
        let mut names: Vec<_> = fs::read_dir(&self.scratch).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        if answers == SECRET && names == ["answers", "scratch", "socket"] {
            Ok(())
        } else {
            Err(format!("it changed the host's files: {names:?}, {answers:?}"))
        }
    }

    pub(super) fn connect_loopback(&self) {
        TcpStream::connect(self.loopback.local_addr().unwrap()).unwrap();
    }

    pub(super) fn connect_abstract(&self) {
        let address = SocketAddr::from_abstract_name(&self.abstract_name).unwrap();
        UnixStream::connect_addr(&address).unwrap();
    }

    pub(super) fn connect_socket(&self) {
        UnixStream::connect(&self.socket_path).unwrap();
    }

    pub(super) fn write_answers(&self) {
        fs::write(&self.answers, "others").unwrap();
    }

    /// Makes it as it was.
    pub(super) fn restore(&self) {
        fs::write(&self.answers, SECRET).unwrap();
    }
}
