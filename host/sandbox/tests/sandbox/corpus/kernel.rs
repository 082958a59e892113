//! Programs that try the parts of the kernel that have been ways in.

use super::{Case, python, try_all};
use perfagent_core::execution::Outcome;

const OVER: &[Outcome] = &[Outcome::Exited(0)];

const CALLS: &str = "
import ctypes
lib = ctypes.CDLL(None, use_errno=True)
for name, number, *args in (('io_uring_setup', 425, 8, bytes(120)), ('userfaultfd', 323, 0), ('keyctl', 250, 0, 0, 0), ('add_key', 248, b'user', b'x', b'x', 1, -2),
                            ('request_key', 249, b'user', b'x', 0, 0), ('bpf', 321, 0, bytes(72), 72), ('perf_event_open', 298, bytes(112), 0, -1, -1, 0),
                            ('fanotify_init', 300, 0, 0), ('name_to_handle_at', 303, -100, b'/', 0, 0, 0), ('kcmp', 312, 1, 1, 0, 0, 0),
                            ('pidfd_getfd', 438, 0, 0, 0), ('fsopen', 430, b'tmpfs', 0), ('open_tree', 428, -100, b'/', 1), ('move_mount', 429, -1, b'', -1, b'', 0),
                            ('syslog', 103, 3, 0, 0), ('process_madvise', 440, 0, 0, 0, 0, 0), ('lookup_dcookie', 212, 0, 0, 0), ('nfsservctl', 180, 0, 0, 0),
                            ('a call of tomorrow', 600, 0)):
    if lib.syscall(number, *args) != -1: print('gained', name)
";

const NETWORK: &str = "
import socket
def attempt(what, act):
    try: act()
    except OSError: return
    print('gained', what)
for family, kind in ((socket.AF_NETLINK, socket.SOCK_RAW), (getattr(socket, 'AF_VSOCK', 40), socket.SOCK_STREAM), (socket.AF_PACKET, socket.SOCK_RAW),
                     (socket.AF_INET, socket.SOCK_RAW), (38, 5), (16, 3), (29, 3), (31, 1)):
    attempt(('socket', family), lambda: socket.socket(family, kind))
for address in (('127.0.0.1', 22), ('169.254.169.254', 80), ('10.0.0.1', 53), ('1.1.1.1', 443)):
    def connect():
        s = socket.socket(); s.settimeout(0.2); s.connect(address)
    attempt(address, connect)
def datagram(): socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53))
attempt('a datagram', datagram)
def six(): socket.socket(socket.AF_INET6).connect(('::1', 22))
attempt('version 6', six)
for name in ('/run/systemd/private', '/var/run/docker.sock', '/dev/log', '\\0/tmp/.X11-unix/X0', '\\0dbus'):
    attempt(name, lambda: socket.socket(socket.AF_UNIX).connect(name))
attempt('a name', lambda: socket.getaddrinfo('example.com', 80))
";

const CASES: &[Case] = &[python("rare calls", CALLS, OVER), python("network", NETWORK, OVER)];

#[tokio::test]
async fn programs_that_try_the_kernel() {
    if !cfg!(target_arch = "x86_64") {
        return println!("skipped: the numbers of the calls are those of another processor");
    }
    try_all(CASES).await;
}
