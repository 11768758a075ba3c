# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2009
# The other services of "How To Test" by the names that it gives them, with its lines, and those of the image that it does not
# name: each answers its own client, has its label and nothing else, and the kernel denied nothing that was not meant.
# models: selinux
# seconds: 600
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

answer_of_ssh() {
	ssh-keyscan -T 30 "$(address_of "$1")"
}

answer_of_mysql() {
	inside "$1" mariadb -N -e 'select concat("sum ", 20 + 22)'
}

answer_of_dovecot() {
	{
		sleep 2
		printf 'a logout\r\n'
	} | nc -w 30 "$(address_of "$1")" 143
}

answer_of_nginx() {
	curl -sS --max-time 30 "http://$(address_of "$1")/"
}

answer_of_redis() {
	inside "$1" redis-cli ping
}

# The name that is asked for, the unit's name here, a level, what it runs, function that asks it, what the answer looks like
seed_service() {
	local asked=$1 unit=$2 level=$3 daemon=$4 ask=$5 answer=$6 name=$1-box

	check "$name: \"create -C -l $level -u $asked.service $name\"" \
		virt-sandbox-service create -C -l "$level" -u "$asked.service" "$name"
	howto_outside "$name" /var/lib "$level"
	check "$name: \"start $name\"" virt-sandbox-service start "$name"
	howto_processes "$name" "$level" 'systemd$' systemd-journal "$daemon"
	howto_inside "$name" /var/lib
	expect "$name: it answers" "$answer" "$ask" "$name"
	check "$name: \"stop $name\"" virt-sandbox-service stop "$name"
	equal "$name: no process is left at its level" '' "$(labels_at "$level")"
	check "$name: \"systemctl start $unit@$name.service\"" systemctl start "$unit@$name.service"
	check "$name: it is ${name}_sandbox.service, too" systemctl is-active "${name}_sandbox.service"
	expect "$name: it answers again" "$answer" "$ask" "$name"
	check "$name: \"systemctl enable\"" systemctl enable "$unit@$name.service"
	check "$name: \"systemctl stop\"" systemctl stop "$unit@$name.service"
	equal "$name: again no process is left at its level" '' "$(labels_at "$level")"
	check "$name: \"delete $name\"" virt-sandbox-service delete "$name"
	nothing_left "$name"
}

# Unit, level, function that asks it, what the answer looks like
service() {
	local unit=$1 level=$2 ask=$3 answer=$4 daemon=${3#answer_of_} name=${3#answer_of_}-box

	check "$name: create" virt-sandbox-service create -C -l "$level" -u "$unit.service" "$name"
	check "$name: start" virt-sandbox-service start "$name"
	howto_processes "$name" "$level" "$daemon"
	expect "$name: it answers" "$answer" "$ask" "$name"
	check "$name: stop and delete" sh -c "virt-sandbox-service stop $name && virt-sandbox-service delete $name"
	nothing_left "$name"
}

seed_service sshd ssh s0:c11,c12 sshd answer_of_ssh 'ssh-ed25519'
seed_service mysql mariadb s0:c13,c14 mariadbd answer_of_mysql 'sum 42'
seed_service dovecot dovecot s0:c15,c16 dovecot answer_of_dovecot 'OK .*Dovecot'
service nginx s0:c17,c18 answer_of_nginx '<html'
service redis-server s0:c19,c20 answer_of_redis '^PONG'
empty "no denial but those explained" unexplained_denials
done_testing
