# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cookbook as docs/SYSTEMS.md prints it, with the real mmdebstrap and Debian's archive: minutes and a network, so it is no part of `make check` but of
`make check-long`. Programs of the tests' network namespace, and containers, reach the archive through a proxy, which listens here and connects there."""
import ctypes
import os
import signal
import socket
import socketserver
import urllib.parse

import pytest

import isolation
from harness import Outside, refused, run, wait_for
from terminal import Terminal

SERVICE = 'virt-sandbox-service'
CLONE_NEWNET = 0x40000000
APT = 'env DEBIAN_FRONTEND=noninteractive http_proxy={} apt-get -qy {}'


def service(*words, **options):
    return run([SERVICE, *words], **{'timeout': 1800, **options})


class Proxy(socketserver.StreamRequestHandler):
    """GET of http, one request of a connection."""

    def handle(self):
        line = self.rfile.readline().decode()
        url = urllib.parse.urlsplit(line.split()[1])
        headers = [h for h in iter(self.rfile.readline, b'\r\n') if h and not h.lower().startswith((b'connection:', b'proxy-'))]
        with socket.create_connection((url.hostname, url.port or 80), 60) as there:
            there.sendall(f'GET {url.path or "/"} HTTP/1.1\r\n'.encode() + b''.join(headers) + b'Connection: close\r\n\r\n')
            while data := there.recv(1 << 16):
                self.wfile.write(data)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


def enter(network):
    with open(network, 'rb') as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) < 0:
            raise OSError(ctypes.get_errno(), f'setns {network}')


@pytest.fixture(scope='module')
def proxy():
    """Its address. It listens in the world beyond the host, and connects in the network of who started us."""
    world = Outside()
    networks = world.path, f'/proc/{os.getppid()}/ns/net'
    there, ready = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            enter(networks[0])
            server = Server(('', 0), Proxy)
            enter(networks[1])
            os.write(ready, str(server.server_address[1]).encode())
            server.serve_forever()
        finally:
            os._exit(1)
    os.close(ready)
    port = os.read(there, 8).decode()
    os.close(there)
    assert port, 'the proxy has no network'
    yield f'http://{world.NEAR}:{port}'
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    world.close()
    run('ip link del up0', check=False)  # gone already when the namespace was faster


@pytest.fixture(scope='module', autouse=True)
def network():
    service('network', 'create', '--subnet', '10.0.2.0/24', 'vs')
    yield
    service('network', 'delete', 'vs')


@pytest.fixture
def made():
    names = []
    yield names
    isolation.remove(*names)
    for base in os.listdir(f'{os.environ["VIRT_SANDBOX_ROOT"]}/var/lib/libvirt-sandbox/bases'):
        if len(base) == 64:
            service('base', 'delete', base)


def inside(name, *words):
    return service('execute', name, '--', *words).stdout.strip()


def key_of_alice(name, directory):
    """An account that who has the key logs in to, as an administrator makes it."""
    key = directory / f'key-{name}'
    run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key])
    inside(name, 'useradd', '-m', '-s', '/bin/sh', 'alice')
    inside(name, 'sh', '-c', f'mkdir -m 700 ~alice/.ssh && echo "{key.with_suffix(".pub").read_text().strip()}" >~alice/.ssh/authorized_keys && chown -R alice: ~alice/.ssh')
    return key


def log_in():
    """At the console, with the password that its administrator gave root."""
    inside('vs1', 'sh', '-c', 'echo root:secret | chpasswd')
    terminal = Terminal(['virt-lxc', 'console', 'vs1'])
    terminal.type('\n')
    for asked, answer in ('vs1 login: ', 'root\n'), ('Password: ', 'secret\n'), ('root@vs1:', 'tty\n'), ('/dev/console', 'exit\n'), ('vs1 login: ', '\x1d'):
        terminal.expect(asked)
        terminal.type(answer)
    assert terminal.end() == 0


@pytest.mark.parametrize('options', [[], ['--arch', 'i386']], ids=['amd64', 'i386'])
def test_vs1_and_vs2(proxy, made, tmp_path, options):
    """Installed, started; packages are installed inside; their pages and logins are reached from the host, by what the host calls them."""
    environment = {**os.environ, 'http_proxy': proxy}
    for n in 1, 2:
        service('create', '--os', 'debian:bookworm', *options, '-N', f'vs,address=10.0.2.2{n}/24', '--hostname', f'vs{n}', f'vs{n}', env=environment)
        made.append(f'vs{n}')
    assert len(service('base', 'list').stdout.splitlines()) == 2, 'one base for both'
    service('start', 'vs1', 'vs2')
    assert inside('vs1', 'systemctl', 'is-system-running', '--wait') == 'running'
    assert inside('vs1', 'dpkg', '--print-architecture') == (options or ['amd64'])[-1] and inside('vs1', 'hostname') == 'vs1'
    inside('vs1', *APT.format(proxy, 'update --error-on=any').split())
    inside('vs1', *APT.format(proxy, 'install openssh-server apache2').split())
    assert 'It works' in run(['curl', '-sS', 'http://10.0.2.21/']).stdout
    ssh = ['ssh', '-i', key_of_alice('vs1', tmp_path), '-o', 'StrictHostKeyChecking=no', '-o', f'UserKnownHostsFile={tmp_path}/known', '-o', 'BatchMode=yes', 'alice@10.0.2.21']
    assert run([*ssh, 'hostname && id -un']).stdout.split() == ['vs1', 'alice']
    log_in()
    service('restart', 'vs1')
    wait_for(lambda: 'It works' in run(['curl', '-s', 'http://10.0.2.21/'], check=False).stdout, 'the page after a restart')
    assert run([*ssh, 'hostname']).stdout.strip() == 'vs1'
    service('stop', 'vs1')
    refused([SERVICE, 'upgrade', '--base', f'debian:bookworm:{(options or ["amd64"])[-1]}', 'vs1'], 'var/lib/dpkg/status')
