# SPDX-License-Identifier: LGPL-2.1-or-later
"""Requests per second of nginx for a small file, from the host: in a sandbox of the default network, and the same nginx behind a plain veth, in turn."""
import pathlib
import re
import shutil
import statistics
import subprocess
import time
import urllib.error
import urllib.request

REQUESTS, AT_ONCE = 20000, 8
ANSWER_TIMEOUT = 30  # seconds
HOST, ADDRESS = '192.0.2.1', '192.0.2.2'  # TEST-NET-1
INSIDE = '/srv/bench'
CONFIGURATION = """daemon off;
worker_processes 1;
user root;
pid /tmp/bench-nginx.pid;
error_log stderr crit;
events {{}}
http {{
    access_log off;
    client_body_temp_path /tmp/bench-body; proxy_temp_path /tmp/bench-proxy; fastcgi_temp_path /tmp/bench-fastcgi; uwsgi_temp_path /tmp/bench-uwsgi; scgi_temp_path /tmp/bench-scgi;
    server {{ listen 80; root {place}; }}
}}
"""


def available():
    return shutil.which('nginx') and shutil.which('ab')


def wait_for_answer(address):
    end = time.monotonic() + ANSWER_TIMEOUT
    while True:
        try:
            with urllib.request.urlopen(f'http://{address}/small', timeout=2) as answer:
                return answer.read()
        except (OSError, urllib.error.URLError):
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def place_of(directory, inside):
    """A configuration and a file of 612 bytes, as that of nginx's own first page."""
    place = directory / ('sandbox' if inside else 'plain')
    place.mkdir()
    place.chmod(0o755)
    (place / 'small').write_bytes(b'x' * 612)
    (place / 'nginx.conf').write_text(CONFIGURATION.format(place=INSIDE if inside else place))
    return place


def start_sandbox(directory, program):
    place = place_of(directory, True)
    one = subprocess.Popen([program, '--print-address', '-N', 'default', '-m', f'host-bind:{INSIDE}={place},readonly', '--',
                            'nginx', '-c', f'{INSIDE}/nginx.conf'], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    return one, one.stderr.readline().strip()


def start_plain(directory, _):
    place = place_of(directory, False)
    one = subprocess.Popen(['unshare', '--net', 'sh', '-c', f'echo; read go; exec nginx -c {place}/nginx.conf'],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    one.stdout.readline()
    for command in (f'ip link add plain0 type veth peer name eth0 netns {one.pid}', f'ip address add {HOST}/24 dev plain0', 'ip link set plain0 up',
                    f'nsenter --net --target {one.pid} sh -c "ip address add {ADDRESS}/24 dev eth0 && ip link set eth0 up"'):
        subprocess.run(command, shell=True, check=True)
    one.stdin.write('\n')
    one.stdin.flush()
    return one, ADDRESS


def rate(address):
    said = subprocess.run(['ab', '-q', '-n', str(REQUESTS), '-c', str(AT_ONCE), f'http://{address}/small'], check=True, capture_output=True, text=True).stdout
    if re.search(r'Failed requests: *([0-9]+)', said)[1] != '0':
        raise RuntimeError(said)
    return float(re.search(r'Requests per second: *([0-9.]+)', said)[1])


def measure(directory, program, rounds):
    """Each round asks both; the ratios of the rounds tell how far to believe the median."""
    directory = pathlib.Path(directory) / 'requests'
    directory.mkdir()
    directory.chmod(0o755)
    started = []
    try:
        for start in (start_sandbox, start_plain):
            started.append(start(directory, program))
            wait_for_answer(started[-1][1])
        rates = [[rate(address) for _, address in started] for _ in range(rounds)]
    finally:
        for process, _ in started:
            process.terminate()
            process.wait()
    ratios = [sandbox / plain for sandbox, plain in rates]
    return {'sandbox': statistics.median(r[0] for r in rates), 'plain': statistics.median(r[1] for r in rates), 'ratio': statistics.median(ratios),
            'ratios': ratios}
