//! Programs that go for parts of the kernel that no solution needs, or for networks.

use super::Expected::Says;
use super::{Case, c, python};

pub(super) fn cases() -> Vec<Case> {
    let io_uring = "
int main(void) {
    char parameters[120] = {0};
    FAILS(EPERM, syscall(SYS_io_uring_setup, 8, parameters));
    FAILS(EPERM, syscall(SYS_io_uring_enter, 0, 1, 0, 0, 0, 0));
    FAILS(EPERM, syscall(SYS_io_uring_register, 0, 0, 0, 0));
    FAILS(EPERM, syscall(SYS_io_setup, 8, parameters));
    puts(\"tried\");
}";
    let faults = "
int main(void) {
    FAILS(EPERM, syscall(SYS_userfaultfd, 0));
    FAILS(EPERM, syscall(SYS_userfaultfd, 1));
    REFUSED(open(\"/dev/userfaultfd\", O_RDWR));
    puts(\"tried\");
}";
    let keys = "
int main(void) {
    FAILS(EPERM, syscall(SYS_add_key, \"user\", \"name\", \"value\", 5, -3));
    FAILS(EPERM, syscall(SYS_request_key, \"user\", \"name\", 0, -3));
    for (int i = 0; i < 35; i++) FAILS(EPERM, syscall(SYS_keyctl, i, -3, 0, 0, 0));
    puts(\"tried\");
}";
    let bpf = "
int main(void) {
    char attributes[128] = {0};
    for (int i = 0; i < 40; i++) FAILS(EPERM, syscall(SYS_bpf, i, attributes, sizeof attributes));
    FAILS(EPERM, syscall(SYS_perf_event_open, attributes, 0, -1, -1, 0));
    FAILS(EPERM, syscall(SYS_perf_event_open, attributes, -1, 0, -1, 0));
    puts(\"tried\");
}";
    let rest = "
int main(void) {
    char bytes[4096] = {0};
    FAILS(EPERM, syscall(SYS_init_module, bytes, sizeof bytes, \"\"));
    FAILS(EPERM, syscall(SYS_finit_module, 0, \"\", 0));
    FAILS(EPERM, syscall(SYS_delete_module, \"x\", 0));
    FAILS(EPERM, syscall(SYS_kexec_load, 0, 0, 0, 0));
    FAILS(EPERM, syscall(SYS_reboot, 0xfee1dead, 672274793, 0, 0));
    FAILS(EPERM, syscall(SYS_syslog, 3, bytes, sizeof bytes));
    FAILS(EPERM, syscall(SYS_acct, \"x\"));
    FAILS(EPERM, syscall(SYS_quotactl, 0, 0, 0, 0));
    FAILS(EPERM, syscall(SYS_fanotify_init, 0, 0));
    FAILS(EPERM, syscall(SYS_personality, 0xffffffff));
    FAILS(EPERM, syscall(SYS_vhangup));
    FAILS(EPERM, syscall(SYS_mbind, 0, 0, 0, 0, 0, 0));
    FAILS(EPERM, syscall(SYS_move_pages, 0, 0, 0, 0, 0, 0));
    FAILS(EPERM, syscall(SYS_migrate_pages, 0, 0, 0, 0));
    FAILS(EPERM, syscall(SYS_mq_open, \"/x\", O_CREAT | O_RDWR, 0600, 0));
    FAILS(EPERM, syscall(SYS_msgget, 1, 01777));
    FAILS(EPERM, syscall(SYS_lookup_dcookie, 0, 0, 0));
    FAILS(EPERM, syscall(SYS_memfd_secret, 0));
    FAILS(EPERM, syscall(SYS_setuid, 0));
#ifdef __x86_64__
    FAILS(EPERM, syscall(SYS_iopl, 3));
    FAILS(EPERM, syscall(SYS_ioperm, 0x60, 1, 1));
    FAILS(EPERM, syscall(SYS_modify_ldt, 1, bytes, 16));
    FAILS(EPERM, syscall(SYS_uselib, \"x\"));
#endif
    /* Numbers that belong to nobody yet. */
    for (int i = 470; i < 1000; i++) FAILS(ENOSYS, syscall(i, 0, 0, 0, 0, 0, 0));
    puts(\"tried\");
}";
    vec![
        c("io_uring", io_uring, Says("tried\n")),
        c("userfaultfd", faults, Says("tried\n")),
        c("keys", keys, Says("tried\n")),
        c("bpf and performance events", bpf, Says("tried\n")),
        c("calls that nobody needs", rest, Says("tried\n")),
        python("strange sockets", STRANGE_SOCKETS, Says("tried\n")),
        c("sockets of machine code", NATIVE_SOCKETS, Says("tried\n")),
        python("the host's network", NETWORK, Says("tried\n")),
    ]
}

const STRANGE_SOCKETS: &str = "
import socket
for family in range(0, 50):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET, socket.SOCK_RDM, 10):
        for protocol in (0, 1, 6, 15, 16, 17, 132, 136, 262, 768):
            plain = family in (socket.AF_INET, socket.AF_INET6) and kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)
            # The kernel makes a datagram socket of a raw one in this family.
            if family == socket.AF_UNIX or plain and protocol in (0, 6, 17): continue
            try: made = socket.socket(family, kind, protocol)
            except OSError: continue
            print('gained', made)
try: socket.if_nameindex(); print('gained a list of interfaces')
except OSError: pass
print('tried')
";

const NATIVE_SOCKETS: &str = "
#include <sys/socket.h>
int main(void) {
    int pair[2];
    for (int family = 0; family < 50; family++)
        for (int kind = 1; kind < 11; kind++) {
            REFUSED(socket(family, kind, 0));
            REFUSED(socket(family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            REFUSED(socketpair(family, kind, 0, pair));
        }
    REFUSED(connect(0, 0, 0));
    REFUSED(bind(0, 0, 0));
    REFUSED(listen(0, 1));
    REFUSED(accept(0, 0, 0));
    puts(\"tried\");
}";

/// Names and addresses that mean something on the host, or on many hosts.
const NETWORK: &str = "
import os, socket
def tries(family, address):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        try:
            with socket.socket(family, kind) as made:
                made.settimeout(1)
                made.connect(address)
                made.send(b'x')
                print('gained', address)
        except OSError: pass
for address in ['\\0@ABSTRACT@', '@SOCKET@', '/run/systemd/private', '/run/dbus/system_bus_socket', '/var/run/docker.sock',
                '\\0/tmp/.X11-unix/X0', '/run/nscd/socket', '/dev/log']:
    tries(socket.AF_UNIX, address)
# A datagram to an own address that nobody listens at goes nowhere, and is no gain.
def listens(host, port):
    try: socket.create_connection((host, port), 1); print('gained', host, port)
    except OSError: pass
for host in ['127.0.0.1', '::1', '0.0.0.0', 'localhost']:
    listens(host, @PORT@)
    listens(host, 22)
for host in ['169.254.169.254', '10.0.0.1', '192.168.0.1', '172.17.0.1', '8.8.8.8', 'fd00:ec2::254']:
    tries(socket.AF_INET6 if ':' in host else socket.AF_INET, (host, 80))
    listens(host, 53)
try: socket.getaddrinfo('example.com', 80); print('gained a name')
except OSError: pass
for line in open('/proc/net/dev').read().splitlines()[2:]:
    name = line.split(':')[0].strip()
    if name != 'lo' and any(int(word) for word in line.split(':')[1].split()): print('gained traffic', line)
for line in open('/proc/net/unix').read().splitlines()[1:]:
    if '@' in line or '/' in line: print('gained', line)
for line in open('/proc/net/tcp').read().splitlines()[1:]: print('gained', line)
# Its own loopback is nobody's business.
print('tried')
";
