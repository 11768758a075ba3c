# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2009,SC2016
# The image's services under the models that have no suite of their own for them: each answers its client, all its processes
# have the label, and the kernel denies nothing that is not explained.
# models: smack apparmor
# seconds: 300
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

answer_of_nginx() {
	curl -sS --max-time 20 "http://$(address_of my-nginx)/"
}

answer_of_redis() {
	inside my-redis redis-cli set lab 42
}

answer_of_mariadb() {
	inside my-mariadb mariadb -N -e 'select concat("sum ", 20 + 22)'
}

answer_of_ssh() {
	ssh-keyscan -T 30 "$(address_of my-ssh)"
}

answer_of_dovecot() {
	{
		sleep 2
		printf 'a logout\r\n'
	} | nc -w 30 "$(address_of my-dovecot)" 143
}

service() { # unit, what the answer looks like
	local unit=$1 answer=$2 name=my-${1%-server}

	check "$name: create" virt-sandbox-service create -C -u "$unit.service" "$name"
	check "$name: start" virt-sandbox-service start "$name"
	expect "$name: it answers" "$answer" "answer_of_${name#my-}"
	equal "$name: every process has its label" "$(process_label "$name")" "$(labels_inside "$name")"
	refused "$name: inside, the root is read-only" 'Read-only' inside "$name" touch /file
	expect "$name: no unit inside has failed" '^0 loaded units' inside "$name" systemctl --failed
	check "$name: stop by its unit" systemctl stop "$unit@$name.service"
	check "$name: delete" virt-sandbox-service delete "$name"
	nothing_left "$name"
}

service nginx '<html'
service redis-server '^OK'
service mariadb 'sum 42'
service ssh 'ssh-ed25519'
service dovecot 'OK .*Dovecot'
empty "no denial but those explained" unexplained_denials
done_testing
