# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# A service that the host's systemd runs is taken over by a container, for good or not at all.
# models: none
# seconds: 420
# reboots: yes
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

unit=web1_sandbox.service
log=/var/www/html/written

# Apache, with a page that it has only in the end: when it is stopped.
prepare() {
	mkdir -p /etc/systemd/system/apache2.service.d
	printf '[Service]\nExecStopPost=/bin/sh -c "echo at-rest > %s"\n' "$log" >/etc/systemd/system/apache2.service.d/lab.conf
	echo running >"$log"
	systemctl daemon-reload
	check "the host's service runs" systemctl enable --now apache2.service
	expect "and serves" '^running$' curl -sS --max-time 20 http://127.0.0.1/written
}

host_is_back() { # WHAT
	check "$1: the host's service runs again" systemctl is-active apache2.service
	check "$1: and starts at boot" systemctl is-enabled apache2.service
	expect "$1: and serves" '.' curl -sS --max-time 20 http://127.0.0.1/written
	nothing_left web1
	empty "$1: no record is left" ls /var/lib/libvirt-sandbox/take-over
}

failures() {
	refused "a health check that fails" 'health check fails.*apache2.service of the host runs again' \
		virt-sandbox-service create -C --take-over apache2.service --health-command false --health-retries 1 web1
	host_is_back "health"

	printf '[Unit]\nRequires=apache2.service\n[Service]\nExecStart=/bin/sleep infinity\n' >/etc/systemd/system/needs-web.service
	check "a service that depends on it" systemctl start needs-web.service
	refused "is named" 'needs-web.service of this host depends on it' virt-sandbox-service create -C --take-over apache2.service web1
	check "and was not touched" systemctl is-active needs-web.service
	systemctl stop needs-web.service
	expect "dry run" '^host: publish 80:80$' virt-sandbox-service create -C --dry-run --take-over apache2.service web1
	rm /etc/systemd/system/needs-web.service

	virt-sandbox-service create -C --take-over apache2.service --health-command 'sleep 20; false' --health-timeout 30 web1 >"$LAB_OUT/interrupted" 2>&1 &
	check "it waits for health" wait_until 120 sh -c 'virt-sandbox-service list -r | grep -F web1'
	kill -TERM $!
	wait $!
	expect "a signal is answered" 'interrupted; apache2.service of the host runs again' cat "$LAB_OUT/interrupted"
	host_is_back "signal"
}

first_boot() {
	prepare
	failures
	check "taken over" virt-sandbox-service create -C --take-over apache2.service --health-command 'grep -q . /var/www/html/written' web1
	refused "the host's service is stopped" inactive systemctl is-active apache2.service
	refused "and disabled" disabled systemctl is-enabled apache2.service
	expect "the container's unit runs" 'Active: active \(running\)' systemctl status "$unit"
	expect "and is enabled" '^enabled$' systemctl is-enabled "$unit"
	expect "its data was copied at rest" '^at-rest$' curl -sS --max-time 20 "http://$(address_of web1)/written"
	expect "it is reached where the host's service was" '^at-rest$' curl -sS --max-time 20 http://127.0.0.1/written
	echo "$tap_count" >"$LAB_STATE/count"
	echo 2 >"$LAB_STATE/reboot"
}

second_boot() {
	tap_count=$(cat "$LAB_STATE/count")
	check "after a reboot the container runs" wait_until 90 systemctl is-active --quiet "$unit"
	expect "and serves" '^at-rest$' curl -sS --max-time 20 http://127.0.0.1/written
	refused "the host's service does not" inactive systemctl is-active apache2.service
	check "given back: stop" virt-sandbox-service stop web1
	check "given back: start" systemctl enable --now apache2.service
	check "delete" virt-sandbox-service delete web1
	nothing_left web1
	done_testing
}

case $LAB_STAGE in
1) first_boot ;;
2) second_boot ;;
esac
