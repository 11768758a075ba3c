# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The other services of "How To Test" under enforcing SELinux: each answers its own client, has its label and nothing else.
# models: selinux
# seconds: 400
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

# unit, level, function that asks it, what the answer looks like
service() {
	local unit=$1 level=$2 ask=$3 answer=$4 name=${3#answer_of_}

	check "$name: create" virt-sandbox-service create -C -l "$level" -u "$unit.service" "$name"
	touch "$trees/$name/var/content"
	expect "$name: a file that the host makes has its level" ":svirt_lxc_file_t:$level " ls -Z "$trees/$name/var/content"
	check "$name: start" virt-sandbox-service start "$name"
	expect "$name: it answers" "$answer" "$ask" "$name"
	equal "$name: label of its first process" "system_u:system_r:svirt_lxc_net_t:$level" "$(process_label "$name")"
	refused "$name: inside, SELinux looks disabled" . inside "$name" setenforce 1
	refused "$name: inside, the root is read-only" 'Read-only' inside "$name" touch /file
	check "$name: stop" virt-sandbox-service stop "$name"
	check "$name: start by its unit" systemctl start "$unit@$name.service"
	expect "$name: it answers again" "$answer" "$ask" "$name"
	check "$name: delete" sh -c "systemctl stop $unit@$name.service && virt-sandbox-service delete $name"
	nothing_left "$name"
}

service ssh s0:c11,c12 answer_of_ssh 'ssh-ed25519'
service mariadb s0:c13,c14 answer_of_mysql 'sum 42'
service dovecot s0:c15,c16 answer_of_dovecot 'OK .*Dovecot'
empty "no denial but those explained" unexplained_denials
done_testing
