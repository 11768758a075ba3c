# SPDX-License-Identifier: LGPL-2.1-or-later
"""Units that reach a service of the host by its loopback interface or a socket: create says so before anything is made, and is silent of what the container has itself."""
import os
import socket

import pytest

from harness import run
from test_unit_cases import SERVICE, host, put  # noqa: F401 (host: a fixture)

RUN = 'ExecStart=/bin/sleep infinity'
NETWORK = 'is on the loopback interface of this host'
SOCKET = 'is a socket of this host'

# lines of [Service], files, what must be said: each as a word of one warning
SAID = {
    'url': ('Environment=DATABASE_URL=postgres://app:secret@localhost/db', {}, ['DATABASE_URL', 'localhost', '--egress host:PORT']),
    'url-driver': ('Environment="SQLALCHEMY=postgresql+psycopg2://a:b@127.0.0.1:5433/db"', {}, ['SQLALCHEMY', '127.0.0.1:5433', '--egress host:5433']),
    'redis': ('Environment=REDIS_URL=redis://[::1]:6379/0', {}, ['REDIS_URL', '[::1]:6379']),
    'option': ('ExecStart=/bin/sleep infinity --upstream 127.0.0.1:9000', {}, ['ExecStart=--upstream', '127.0.0.1:9000']),
    'option-equals': ('ExecStart=/bin/sleep infinity --backend-url=http://localhost:9000/', {}, ['localhost:9000']),
    'host-and-port': ('Environment=DB_HOST=localhost\nEnvironment=DB_PORT=5432', {}, ['DB_HOST', 'localhost:5432']),
    'host-alone': ('Environment=REDIS_HOST=127.0.0.1', {}, ['REDIS_HOST', '127.0.0.1']),
    'environment-file': ('EnvironmentFile=-/etc/default/p-web', {'/etc/default/p-web': '# x\nAMQP_URL=amqp://guest@localhost//\n'}, ['/etc/default/p-web:2', 'localhost']),
    'environment-of-srv': ('EnvironmentFile=/srv/p-web/env', {'/srv/p-web/env': 'MYSQL_DSN=u:p@tcp(127.0.0.1:3306)/db\n'}, ['/srv/p-web/env:1', '127.0.0.1:3306']),
    'configuration': ('ExecStart=/bin/cat /etc/p-app.conf', {'/etc/p-app.conf': 'listen 8080\nproxy_pass http://127.0.0.1:9001;\n'}, ['/etc/p-app.conf:2', '127.0.0.1:9001']),
    'yaml': ('ExecStart=/bin/cat /etc/p-app/app.yml', {'/etc/p-app/app.yml': 'database:\n  host: localhost\n  port: 5432\n  dsn: mysql://localhost/x\n'}, ['/etc/p-app/app.yml:4']),
    'directory': ('ExecStart=/bin/ls /etc/p-dir', {'/etc/p-dir/db.toml': '[db]\nurl = "postgres://localhost:5434/x"\n'}, ['/etc/p-dir/db.toml:2', 'localhost:5434']),
    'dot-env': ('WorkingDirectory=/srv/p-laravel\n' + RUN, {'/srv/p-laravel/.env': 'APP_URL=http://localhost\nDB_HOST=127.0.0.1\nDB_PORT=3306\n'}, ['/srv/p-laravel/.env:2', '127.0.0.1:3306']),
    'socket-of-a-service': ('Environment=DB_SOCKET=/run/mysqld/mysqld.sock', {}, ['DB_SOCKET', '/run/mysqld/mysqld.sock', '-m']),
    'socket-proxy': ('ExecStart=/bin/sleep infinity --upstream unix:/run/p-other/x.sock', {}, ['/run/p-other/x.sock']),
}


def create(place, names, text, *options, files=None, unit='p-unit.service'):
    for path, content in (files or {}).items():
        put(path, content)
    service = text if 'ExecStart' in text else f'{text}\n{RUN}'
    (place / unit).write_text(f'[Service]\n{service}\n')
    return run([SERVICE, 'create', '--dry-run', '-C', '-u', unit, *options, names()]).said


def warnings(said):
    return [line for line in said.split('\n') if NETWORK in line or SOCKET in line]


@pytest.mark.parametrize('case', SAID)
def test_said_before_anything_is_made(host, names, case):  # noqa: F811
    text, files, words = SAID[case]
    said = warnings(create(host, names, text, files=files))
    assert any(all(word in line for word in words) for line in said), said
    assert 'secret' not in ''.join(said)


@pytest.mark.parametrize('line, words', [
    ('ExecStartPost=/usr/bin/curl -u admin:s3cret http://localhost:8080/api', 'ExecStartPost=...: '),
    ('ExecStartPost=/usr/bin/curl -u a:--s3cret http://localhost:8080/api --url smtp://localhost:8081', 'ExecStartPost=--url ...: '),
    ('Environment="OPTIONS=s3cret smtp://localhost:8080"', 'Environment=OPTIONS ...: '),
    ('Environment="OPTIONS=--s3cret smtp://localhost:8080"', 'Environment=OPTIONS ...: '),
])
def test_no_password_is_shown(host, names, listener, line, words):  # noqa: F811
    listener(8080)
    said = create(host, names, f'{RUN}\n{line}')
    assert any(words in warning for warning in warnings(said)), said
    assert 's3cret' not in ''.join(warnings(said))


@pytest.fixture
def listener():
    """A function that listens at a port of the loopback interface, or at a path, until the test ends."""
    open_sockets = []

    def listen(where):
        one = socket.socket(socket.AF_INET if isinstance(where, int) else socket.AF_UNIX)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(('127.0.0.1', where) if isinstance(where, int) else where)
        one.listen()
        open_sockets.append(one)

    yield listen
    for one in open_sockets:
        name = one.getsockname()
        one.close()
        if isinstance(name, str):
            os.unlink(name)


def test_who_listens_on_the_host_is_named(host, names, listener):  # noqa: F811
    """Where somebody does, what words leave open is clear."""
    text = 'ExecStart=/bin/sleep infinity --host 127.0.0.1 --port 9777'
    assert not warnings(create(host, names, text))
    listener(9777)
    said = warnings(create(host, names, 'ExecStart=/bin/sleep infinity --where 127.0.0.1:9777'))
    assert said and 'python3' in said[0] and 'listens there' in said[0], said


def test_socket_that_somebody_holds(host, names, listener, tmp_path):  # noqa: F811
    path = str(tmp_path / 'held.sock')
    listener(path)
    said = warnings(create(host, names, f'Environment=WHERE=unix:{path}'))
    assert said and path in said[0] and 'listens there' in said[0], said


@pytest.mark.parametrize('text, files', [
    ('ExecStart=/bin/sleep infinity --bind 127.0.0.1:8000', {}),
    ('ExecStart=/bin/sleep infinity --listen=localhost:8000 --upstream http://localhost:8000/health', {}),
    ('ExecStart=/bin/sleep infinity --port 8100\nExecStartPost=/bin/true --server http://127.0.0.1:8100', {}),
    ('Environment=HOST=127.0.0.1 PORT=3000', {}),
    ('Environment=APP_URL=http://localhost:3000 ALLOWED_ORIGINS=http://localhost:3000', {}),
    ('Environment=NO_PROXY=127.0.0.0/8', {}),
    ('ExecStart=/bin/cat /etc/p-quiet', {'/etc/p-quiet': '# upstream 127.0.0.1:9000\nlisten 127.0.0.1:9000\nhost all all 127.0.0.1/32 md5\n'}),
    ('RuntimeDirectory=p-own\nEnvironment=CACHE_SOCKET=/run/p-own/x.sock', {}),
    ('Environment=DBUS_CONNECT=unix:/run/dbus/system_bus_socket', {}),
    ('Environment=CACHE_DIR=/tmp/p-app STORE=/run/p-store/data MAILTO=root@localhost', {}),
])
def test_silent_of_its_own(host, names, text, files):  # noqa: F811
    assert not warnings(create(host, names, text, files=files))


def test_silent_of_a_unit_beside_it(host, names):  # noqa: F811
    """The remedy that it names ends the warning."""
    (host / 'p-back.service').write_text('[Service]\nExecStart=/bin/sleep infinity --port 9000\n')
    (host / 'p-sock.socket').write_text('[Socket]\nListenStream=9000\n')
    (host / 'p-sock.service').write_text('[Service]\nExecStart=/bin/sleep infinity\n')
    text = 'ExecStart=/bin/sleep infinity --upstream 127.0.0.1:9000'
    assert warnings(create(host, names, text))
    for unit in 'p-back.service', 'p-sock.socket':
        assert not warnings(create(host, names, text, '-u', unit))


def test_silent_where_the_interface_is_the_hosts(host, names):  # noqa: F811
    assert not warnings(create(host, names, 'ExecStart=/bin/sleep infinity --upstream 127.0.0.1:9000', '-N', 'host'))
    assert warnings(create(host, names, 'ExecStart=/bin/sleep infinity --upstream unix:/run/p-other/x.sock', '-N', 'host'))
