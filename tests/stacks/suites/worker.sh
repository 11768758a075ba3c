# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# Work that is done later: a worker of one's own takes jobs from redis, its supervisor is supervisord, a timer of systemd counts what was done.
# packages: redis-server redis-tools supervisor python3-redis
units='supervisor.service redis-server.service count.timer'
# What create itself names: data that only the program's text knows.
options='--with /var/lib/worker --with /etc/worker/worker.conf'

configure() {
	useradd -r -d /var/lib/worker -m worker
	mkdir -p /opt/worker /etc/worker /var/log/worker
	chown worker: /var/log/worker
	echo 'greeting=hello' >/etc/worker/worker.conf
	cat >/opt/worker/work.py <<-'END'
	import redis
	greeting = open('/etc/worker/worker.conf').read().strip().partition('=')[2]
	store = redis.Redis()
	while True:
	    _, job = store.blpop('jobs')
	    with open('/var/lib/worker/done', 'a') as done:
	        done.write(f'{greeting} {job.decode()}\n')
	    store.rpush('results', f'{greeting} {job.decode()}')
	END
	cat >/etc/supervisor/conf.d/worker.conf <<-'END'
	[program:worker]
	command=/usr/bin/python3 -u /opt/worker/work.py
	user=worker
	autorestart=true
	stdout_logfile=/var/log/worker/out.log
	redirect_stderr=true
	END
	printf '[Service]\nType=oneshot\nUser=worker\nExecStart=/bin/sh -c "wc -l </var/lib/worker/done >/var/lib/worker/count"\n' >/etc/systemd/system/count.service
	printf '[Timer]\nOnActiveSec=1s\nOnUnitActiveSec=2s\nAccuracySec=1s\n[Install]\nWantedBy=timers.target\n' >/etc/systemd/system/count.timer
	sed -i 's/^bind .*/bind 0.0.0.0/; s/^protected-mode yes/protected-mode no/' /etc/redis/redis.conf
	touch /var/lib/worker/done
	chown worker: /var/lib/worker/done
	systemctl daemon-reload
}

job() {
	redis-cli -h "$1" rpush jobs "$2"
	redis-cli -h "$1" blpop results 5 | grep "$2"
}

ask() {
	job "$1" 'first job' | grep -q 'hello first job'
	redis-cli -h "$1" set asked yes
}

kept() {
	[ "$(redis-cli -h "$1" get asked)" = yes ]
	job "$1" another
}

change() {
	echo 'greeting=goodbye' >/etc/worker/worker.conf
}

changed() {
	job "$1" last | grep -q 'goodbye last'
}
