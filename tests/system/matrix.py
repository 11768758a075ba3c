# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rows of the matrix of real services: what each is created from, and what its own client must see."""
import imaplib
import pathlib
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import harness
from harness import run

SERVICE = 'virt-sandbox-service'


def inside(name, script, **options):
    """A shell script as root inside the container; its standard output."""
    return run([SERVICE, 'execute', name, '--', 'sh', '-ec', script], **options).stdout


def talk(address, port, question, end=b'\n', timeout=5):
    """Sends question and reads until end was seen or the peer closes."""
    with socket.create_connection((address, port), timeout=timeout) as peer:
        peer.sendall(question)
        answer = b''
        while end not in answer:
            part = peer.recv(65536)
            if not part:
                break
            answer += part
        return answer


def retry(question, seconds=30):
    """What a client sees soon after the start: READY says that the service runs, some open their sockets a moment later."""
    limit = time.monotonic() + seconds
    while True:
        try:
            return question()
        except (OSError, AssertionError, subprocess.SubprocessError, imaplib.IMAP4.error, smtplib.SMTPException):
            if time.monotonic() > limit:
                raise
            time.sleep(0.05)


def get(address, path='/', port=80):
    with urllib.request.urlopen(f'http://{address}:{port}{path}', timeout=5) as answer:
        return answer.read().decode(errors='replace')


class Row:
    """One service. prepare: on the started container, once; check(name, address, round): from the host, in each of the three rounds
    (after create and start, after restart, after stop and start)."""

    def __init__(self, name, program, units, check, prepare=None, options=()):
        self.name, self.program, self.units = name, program, units
        self.check, self.prepare, self.options = check, prepare, options

    def installed(self):
        return pathlib.Path(self.program).exists() or any(pathlib.Path('/').glob(self.program.lstrip('/')))


# ---- web ----


def web_page(name, address, turn):
    page = retry(lambda: get(address))
    assert '<html' in page.lower()


def php_prepare(name):
    inside(name, '''
        printf 'server { listen 80 default_server; root /var/www/html; index index.php;
          location ~ \\.php$ { include snippets/fastcgi-php.conf; fastcgi_pass unix:/run/php/php8.2-fpm.sock; } }' > /etc/nginx/sites-enabled/default
        echo '<?php echo "sum ", 40 + 2;' > /var/www/html/index.php
        systemctl reload nginx''')


def php_page(name, address, turn):
    def ask():  # a worker from before the reload may still answer
        assert get(address, '/index.php') == 'sum 42'
    retry(ask)


def haproxy_prepare(name):
    inside(name, '''
        printf '\\nfrontend f\\n  bind :8080\\n  mode http\\n  http-request return status 200 content-type text/plain string "from haproxy"\\n' >> /etc/haproxy/haproxy.cfg
        systemctl reload haproxy''')


def haproxy_page(name, address, turn):
    assert retry(lambda: get(address, port=8080)) == 'from haproxy'


def status_of(address, port, path='/'):
    try:
        with urllib.request.urlopen(f'http://{address}:{port}{path}', timeout=5) as answer:
            return answer.status, dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers)


def varnish_answers(name, address, turn):
    status, headers = retry(lambda: status_of(address, 6081))
    assert status == 503 and 'varnish' in str(headers).lower(), 'no backend is there, and varnish says so'


def squid_prepare(name):
    """It would wait half a minute for its clients at each stop."""
    inside(name, "echo 'shutdown_lifetime 0 seconds' > /etc/squid/conf.d/t.conf; systemctl reload squid")


def squid_answers(name, address, turn):
    def ask():
        answer = talk(address, 3128, b'GET http://127.0.0.1:1/ HTTP/1.0\r\n\r\n', end=b'\0')
        assert b'squid' in answer.lower(), answer[:200]
    retry(ask, 20)


# ---- databases and caches ----


def redis(address, *words):
    return run(['redis-cli', '-h', address, *words]).stdout.strip()


def redis_prepare(name):
    inside(name, "sed -i 's/^bind .*/bind 0.0.0.0/; s/^protected-mode .*/protected-mode no/' /etc/redis/redis.conf; systemctl restart redis-server")


def redis_keeps(name, address, turn):
    if turn == 0:
        assert retry(lambda: redis(address, 'set', 'key', 'value')) == 'OK'
        assert redis(address, 'save') == 'OK'
    assert retry(lambda: redis(address, 'get', 'key')) == 'value'


def memcached_prepare(name):
    inside(name, "sed -i 's/^-l .*/-l 0.0.0.0/' /etc/memcached.conf; systemctl restart memcached")


def memcached_answers(name, address, turn):
    assert retry(lambda: talk(address, 11211, b'set k 0 0 2\r\nhi\r\n')) == b'STORED\r\n'
    assert b'hi' in talk(address, 11211, b'get k\r\n', end=b'END')


def mariadb_prepare(name):
    inside(name, '''
        sed -i 's/^bind-address.*/bind-address = 0.0.0.0/' /etc/mysql/mariadb.conf.d/50-server.cnf
        systemctl restart mariadb
        mariadb -e "create user t@'%' identified by 'secret'; grant all on *.* to t@'%'"''', timeout=120)


def mariadb(address, statement):
    return run(['mariadb', '--skip-ssl', '-h', address, '-u', 't', '-psecret', '-N', '-e', statement]).stdout.strip()


def mariadb_keeps(name, address, turn):
    if turn == 0:
        retry(lambda: mariadb(address, "create database d; create table d.t (a int); insert into d.t values (42)"), 20)
    assert retry(lambda: mariadb(address, 'select a from d.t'), 20) == '42'


def postgresql_prepare(name):
    inside(name, '''
        echo "listen_addresses = '*'" >> /etc/postgresql/15/main/postgresql.conf
        echo 'host all all 0.0.0.0/0 scram-sha-256' >> /etc/postgresql/15/main/pg_hba.conf
        systemctl restart postgresql@15-main
        runuser -u postgres -- psql -c "create role t login createdb password 'secret'" -c 'create database d owner t' ''', timeout=120)


def psql(address, statement):
    return run(['env', 'PGPASSWORD=secret', 'psql', '-h', address, '-U', 't', '-d', 'd', '-qtAc', statement]).stdout.strip()


def postgresql_keeps(name, address, turn):
    if turn == 0:
        retry(lambda: psql(address, 'create table t (a int); insert into t values (42)'), 20)
    assert retry(lambda: psql(address, 'select a from t'), 20) == '42'


def slapd_answers(name, address, turn):
    def ask():
        said = run(['ldapsearch', '-x', '-H', f'ldap://{address}', '-s', 'base', '-b', '', 'objectclass=*', 'vendorName', 'namingContexts']).stdout
        assert 'result: 0 Success' in said
    retry(ask)


# ---- mail ----


def mail_user(name):
    inside(name, "useradd -m -s /bin/sh tester; echo tester:secret | chpasswd")


def dovecot_prepare(name):
    mail_user(name)
    inside(name, '''
        printf 'From a Thu Jan  1 00:00:00 2026\\nSubject: in the box\\n\\nhello\\n\\n' > /var/mail/tester
        chown tester:mail /var/mail/tester; chmod 660 /var/mail/tester''')


def dovecot_fetch(name, address, turn):
    def fetch():
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with imaplib.IMAP4_SSL(address, ssl_context=context, timeout=10) as box:
            box.login('tester', 'secret')
            box.select()
            return box.fetch('1', '(BODY[HEADER.FIELDS (SUBJECT)])')[1][0][1]
    assert b'in the box' in retry(fetch)


def postfix_delivers(name, address, turn):
    def send():
        with smtplib.SMTP(address, timeout=10) as server:
            server.sendmail('me@example.org', [f'tester@{name}'], f'Subject: turn {turn}\n\nhello\n')
    retry(send)

    def arrived():
        assert f'Subject: turn {turn}' in inside(name, 'cat /var/mail/tester')
    retry(arrived)


def postfix_prepare(name):
    mail_user(name)
    inside(name, f"postconf -e 'mydestination = {name}, localhost' 'inet_interfaces = all' 'mynetworks = 0.0.0.0/0'; systemctl restart postfix")


# ---- names, time, messages ----


def bind_prepare(name):
    inside(name, '''
        printf 'zone "example.test" { type master; file "/etc/bind/db.example.test"; };\\n' >> /etc/bind/named.conf.local
        printf '$TTL 60\\n@ IN SOA ns root 1 60 60 60 60\\n@ IN NS ns\\nns IN A 192.0.2.1\\nwww IN A 192.0.2.7\\n' > /etc/bind/db.example.test
        systemctl reload named || systemctl restart named''')


def dig(address, *words):
    return run(['dig', '+short', '+time=2', '+tries=1', f'@{address}', *words]).stdout.strip()


def dns_answers(wanted, seconds=30):
    """The name that was put into its configuration."""
    def answers(name, address, turn):
        def ask():
            assert dig(address, 'www.example.test') == wanted
        retry(ask, seconds)
    return answers


def unbound_prepare(name):
    inside(name, '''
        printf 'server:\\n  interface: 0.0.0.0\\n  access-control: 0.0.0.0/0 allow\\n  local-data: "www.example.test. A 192.0.2.8"\\n' > /etc/unbound/unbound.conf.d/t.conf
        systemctl restart unbound''')


def dnsmasq_prepare(name):
    inside(name, "printf 'address=/www.example.test/192.0.2.9\\nno-resolv\\n' > /etc/dnsmasq.d/t.conf; systemctl restart dnsmasq")


def rsyslog_prepare(name):
    inside(name, "printf 'module(load=\"imudp\")\\ninput(type=\"imudp\" port=\"514\")\\n*.* /var/log/all.log\\n' > /etc/rsyslog.d/t.conf; systemctl restart rsyslog")


def rsyslog_writes(name, address, turn):
    def said():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(f'<13>tester: turn {turn}'.encode(), (address, 514))
        time.sleep(0.2)
        assert f'turn {turn}' in inside(name, 'cat /var/log/all.log')
    retry(said)


def mosquitto_prepare(name):
    inside(name, "printf 'listener 1883\\nallow_anonymous true\\n' > /etc/mosquitto/conf.d/t.conf; systemctl restart mosquitto")


def mosquitto_passes(name, address, turn):
    def pass_on():
        run(['mosquitto_pub', '-h', address, '-t', 'topic', '-m', f'turn {turn}', '-r'])
        assert run(['mosquitto_sub', '-h', address, '-t', 'topic', '-C', '1', '-W', '5']).stdout.strip() == f'turn {turn}'
    retry(pass_on)


def vsftpd_prepare(name):
    inside(name, '''
        sed -i 's/^listen=.*/listen=YES/; s/^listen_ipv6=.*/listen_ipv6=NO/; s/^anonymous_enable=.*/anonymous_enable=YES/' /etc/vsftpd.conf
        mkdir -p /srv/ftp; echo 'over ftp' > /srv/ftp/file; systemctl restart vsftpd''')


def vsftpd_serves(name, address, turn):
    assert retry(lambda: run(['curl', '-s', '--max-time', '5', f'ftp://{address}/file']).stdout) == 'over ftp\n'


def ngircd_prepare(name):
    """Nobody answers questions about names here, and it would wait for that."""
    inside(name, "sed -i 's/;DNS = .*/DNS = no/; s/;Ident = .*/Ident = no/' /etc/ngircd/ngircd.conf; systemctl restart ngircd")


def ngircd_welcomes(name, address, turn):
    def ask():
        assert b' 001 tester ' in talk(address, 6667, b'NICK tester\r\nUSER tester 0 * :Tester\r\n', end=b' 001 ')
    retry(ask)


def nsd_prepare(name):
    inside(name, '''
        printf 'zone:\\n  name: example.test\\n  zonefile: /etc/nsd/example.test.zone\\n' > /etc/nsd/nsd.conf.d/t.conf
        printf '$ORIGIN example.test.\\n$TTL 60\\n@ IN SOA ns root 1 60 60 60 60\\n@ IN NS ns\\nns IN A 192.0.2.1\\nwww IN A 192.0.2.10\\n' > /etc/nsd/example.test.zone
        systemctl restart nsd''')


def radius_prepare(name):
    inside(name, '''
        echo 'tester Cleartext-Password := "secret"' > /etc/freeradius/3.0/mods-config/files/authorize
        printf 'client all {\\n ipaddr = 0.0.0.0/0\\n secret = shared\\n}\\n' >> /etc/freeradius/3.0/clients.conf
        systemctl restart freeradius''')


def radius_accepts(name, address, turn):
    def ask(password):
        return run(['radclient', '-r', '1', '-t', '2', f'{address}:1812', 'auth', 'shared'], check=False,
                   input=f'User-Name=tester,User-Password={password},NAS-Port=0,Message-Authenticator=0x00\n').stdout

    def answers():
        assert 'Access-Accept' in ask('secret')
    retry(answers)
    assert 'Access-Reject' in ask('wrong')


def tftp_prepare(name):
    inside(name, 'echo over tftp > /srv/tftp/file')


def tftp_serves(name, address, turn):
    """From inside: the server sends from a port of its own, and the host takes only answers from containers."""
    assert retry(lambda: inside(name, 'curl -s --max-time 5 tftp://127.0.0.1/file')) == 'over tftp\n'


def munin_prepare(name):
    inside(name, "echo 'cidr_allow 0.0.0.0/0' >> /etc/munin/munin-node.conf; systemctl restart munin-node")


def munin_answers(name, address, turn):
    def ask():
        assert b'munins node on ' in talk(address, 4949, b'version\nquit\n', end=b'version: ')
    retry(ask)


# ---- shells and jobs ----

_key = {}


def ssh_prepare(name):
    directory = pathlib.Path(tempfile.mkdtemp(prefix='ssh-key.'))
    run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', directory / 'key'])
    _key[name] = directory / 'key'
    public = (directory / 'key.pub').read_text().strip()
    inside(name, f"mkdir -m 700 -p /root/.ssh; echo '{public}' > /root/.ssh/authorized_keys; echo root:secret | chpasswd")


def ssh(address, *options, command='echo in; cat /proc/1/comm', **more):
    return run(['ssh', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', *options,
                f'root@{address}', command], **more)


def ssh_logs_in(name, address, turn):
    assert retry(lambda: ssh(address, '-o', 'BatchMode=yes', '-i', str(_key[name])).stdout) == 'in\nsystemd\n'
    refused = ssh(address, '-o', 'BatchMode=yes', '-o', 'PubkeyAuthentication=no', check=False)
    assert refused.returncode == 255 and 'Permission denied' in refused.stderr
    for key in pathlib.Path('/etc/ssh').glob('ssh_host_*.pub'):
        scanned = run(['ssh-keyscan', '-t', key.name.split('_')[2], address], check=False).stdout
        assert key.read_text().split()[1] not in scanned, 'the host keys are the container\'s own'


def cron_prepare(name):
    """A job that runs when the system starts, so that nobody waits for the next minute."""
    inside(name, "echo '@reboot root echo ran >> /var/tmp/jobs' > /etc/cron.d/t; chmod 644 /etc/cron.d/t")


def cron_runs(name, address, turn):
    assert inside(name, 'systemctl is-active cron').strip() == 'active'

    def ran():
        assert inside(name, 'cat /var/tmp/jobs').split() == ['ran'] * turn
    if turn > 0:
        retry(ran)


def tor_starts(name, address, turn):
    assert inside(name, 'systemctl is-active tor@default').strip() == 'active'


# ---- two services in one container ----


def lamp_prepare(name):
    inside(name, "mariadb -e \"create database d; create table d.t (a int); insert into d.t values (42)\"", timeout=120)


def lamp_answers(name, address, turn):
    web_page(name, address, turn)
    assert retry(lambda: inside(name, 'mariadb -N -e "select a from d.t"').strip(), 20) == '42'


ROWS = [
    Row('apache2', '/usr/sbin/apache2', ['apache2'], web_page),
    Row('nginx', '/usr/sbin/nginx', ['nginx'], web_page),
    Row('lighttpd', '/usr/sbin/lighttpd', ['lighttpd'], web_page),
    Row('nginx + php-fpm', '/usr/sbin/php-fpm8.2', ['nginx', 'php8.2-fpm'], php_page, php_prepare),
    Row('apache2 + mariadb', '/usr/sbin/mariadbd', ['apache2', 'mariadb'], lamp_answers, lamp_prepare),
    Row('haproxy', '/usr/sbin/haproxy', ['haproxy'], haproxy_page, haproxy_prepare),
    Row('varnish', '/usr/sbin/varnishd', ['varnish'], varnish_answers),
    Row('squid', '/usr/sbin/squid', ['squid'], squid_answers, squid_prepare),
    Row('redis', '/usr/bin/redis-server', ['redis-server'], redis_keeps, redis_prepare),
    Row('memcached', '/usr/bin/memcached', ['memcached'], memcached_answers, memcached_prepare),
    Row('mariadb', '/usr/sbin/mariadbd', ['mariadb'], mariadb_keeps, mariadb_prepare),
    Row('postgresql', '/usr/lib/postgresql/15/bin/postgres', ['postgresql@15-main'], postgresql_keeps, postgresql_prepare),
    Row('slapd', '/usr/sbin/slapd', ['slapd'], slapd_answers),
    Row('openssh', '/usr/sbin/sshd', ['ssh'], ssh_logs_in, ssh_prepare),
    Row('dovecot', '/usr/sbin/dovecot', ['dovecot'], dovecot_fetch, dovecot_prepare),
    Row('postfix', '/usr/sbin/postfix', ['postfix'], postfix_delivers, postfix_prepare),
    Row('bind9', '/usr/sbin/named', ['named'], dns_answers('192.0.2.7', seconds=20), bind_prepare),
    Row('unbound', '/usr/sbin/unbound', ['unbound'], dns_answers('192.0.2.8'), unbound_prepare),
    Row('dnsmasq', '/usr/sbin/dnsmasq', ['dnsmasq'], dns_answers('192.0.2.9'), dnsmasq_prepare),
    Row('nsd', '/usr/sbin/nsd', ['nsd'], dns_answers('192.0.2.10'), nsd_prepare),
    Row('rsyslog', '/usr/sbin/rsyslogd', ['rsyslog'], rsyslog_writes, rsyslog_prepare),
    Row('mosquitto', '/usr/sbin/mosquitto', ['mosquitto'], mosquitto_passes, mosquitto_prepare),
    Row('vsftpd', '/usr/sbin/vsftpd', ['vsftpd'], vsftpd_serves, vsftpd_prepare),
    Row('tftpd-hpa', '/usr/sbin/in.tftpd', ['tftpd-hpa'], tftp_serves, tftp_prepare),
    Row('freeradius', '/usr/sbin/freeradius', ['freeradius'], radius_accepts, radius_prepare),
    Row('ngircd', '/usr/sbin/ngircd', ['ngircd'], ngircd_welcomes, ngircd_prepare),
    Row('munin-node', '/usr/sbin/munin-node', ['munin-node'], munin_answers, munin_prepare),
    Row('cron', '/usr/sbin/cron', ['cron'], cron_runs, cron_prepare),
    Row('tor', '/usr/sbin/tor', ['tor@default'], tor_starts),
]
