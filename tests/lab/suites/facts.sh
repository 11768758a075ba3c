# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# Facts of units come from the running systemd, and from files where none runs: both make the same plan. An override of the root
# makes our tools leave the host's systemd alone, so each plan is made once with and once without it.
# models: none
# seconds: 600
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

elsewhere=$(mktemp -d)
run=/run/systemd/system

# plan OPTION...: what create would make, without the random machine id.
plan() {
	virt-sandbox-service create --dry-run --json -C "$@" x | sed '/"path":"\/etc\/machine-id"/d'
}

of_files() {
	VIRT_SANDBOX_ROOT=$elsewhere plan "$@"
}

# Refusals count as plans: they must be the same words.
same() { # DESCRIPTION OPTION...
	local description=$1

	shift
	plan "$@" >"$elsewhere/running" 2>&1 </dev/null
	of_files "$@" >"$elsewhere/files" 2>&1 </dev/null
	check "$description: systemd's word and the files agree" diff "$elsewhere/running" "$elsewhere/files"
}

has() { # DESCRIPTION PATH: of the plan that same() made last
	expect "$1" "\"path\":\"$2\"" cat "$elsewhere/running"
}

write() { # PATH, content on standard input
	mkdir -p "${1%/*}"
	cat >"$1"
}

every_service() {
	local unit seen=0

	for unit in $(cd /usr/lib/systemd/system && find . -name '*.service' ! -lname /dev/null -printf '%P\n' | sort); do
		case $unit in
		systemd-* | dbus-org.* | initrd-* | quota* | *@.service | */*) continue ;;
		esac
		same "$unit" -u "$unit"
		seen=$((seen + 1))
	done
	check "control: that were many" test "$seen" -ge 15
	same "an instance of a template" -u redis-server@other.service
	same "a template takes the container's name" -u redis-server@.service
	same "what does not exist" -u no-such-thing.service
	expect "and is refused" 'does not exist' cat "$elsewhere/running"
}

init_script() {
	write /etc/init.d/oldd <<-'END'
		#!/bin/sh
		### BEGIN INIT INFO
		# Provides:          oldd older
		# Required-Start:    $remote_fs $syslog
		# Required-Stop:     $remote_fs
		# Default-Start:     2 3 4 5
		# Default-Stop:      0 1 6
		# Short-Description: an old daemon
		### END INIT INFO
		exit 0
	END
	chmod 755 /etc/init.d/oldd
	systemctl daemon-reload
	expect "control: a generator makes the unit" generator.late systemctl show -P FragmentPath oldd.service
	same "an init script" --package coreutils -u oldd
	has "the script comes along" /etc/init.d/oldd
}

until_reboot() {
	write $run/apache2.service.d/facts.conf <<-'END'
		[Service]
		Environment=FACTS=seen
	END
	systemctl daemon-reload
	same "a drop-in until the next boot" -u apache2
	has "is kept where the container finds it" /etc/systemd/system/apache2.service.d/facts.conf
	check "set-property --runtime" systemctl set-property --runtime apache2.service CPUWeight=50
	same "a property until the next boot" -u apache2
	has "comes along as well" /etc/systemd/system/apache2.service.d/50-CPUWeight.conf

	# systemd forgets units that do not run, and then reads them anew.
	check "start a service of the host" systemctl start redis-server.service
	write $run/redis-server.service.d/late.conf <<-'END'
		[Service]
		Environment=LATE=1
	END
	plan -u redis >"$elsewhere/running"
	expect "files newer than what systemd read: a warning" 'redis-server.service changed on disk' cat "$elsewhere/running"
	has "and the files are taken" /etc/systemd/system/redis-server.service.d/late.conf
	systemctl daemon-reload
	same "after daemon-reload" -u redis
	empty "no warning is left" grep 'changed on disk' "$elsewhere/running"
	check "stop it" systemctl stop redis-server.service

	check "run a transient unit" systemd-run --unit=passing sleep infinity
	same "a transient unit" --package coreutils -u passing.service
	has "its file comes along" /etc/systemd/system/passing.service
	systemctl stop passing.service
	check "mask until the next boot" systemctl mask --runtime nginx.service
	same "a masked unit" -u nginx
	expect "is refused" masked cat "$elsewhere/running"
	systemctl unmask --runtime nginx.service
}

other_names() {
	write /etc/systemd/system/many@.service <<-'END'
		[Service]
		ExecStart=/usr/bin/sleep infinity
		[Install]
		Alias=alias@.service
	END
	write /opt/elsewhere/linked.service <<-'END'
		[Service]
		ExecStart=/usr/bin/sleep infinity
	END
	ln -s ssh.service /etc/systemd/system/shell.service
	systemctl daemon-reload
	same "an alias" -u shell
	has "is the unit itself" /etc/systemd/system/multi-user.target.wants/ssh.service
	same "an instance of an own template" --package coreutils -u many@one.service
	check "link a unit until the next boot" systemctl link --runtime /opt/elsewhere/linked.service
	same "a linked unit" --package coreutils -u linked.service
	has "its file comes along" /etc/systemd/system/linked.service
	rm /etc/systemd/system/shell.service
}

inside_too() {
	check "create" virt-sandbox-service create -C -u apache2.service web1
	check "systemd knows its units at once" systemctl cat web1_sandbox.service apache2@web1.service
	check "start" virt-sandbox-service start web1
	expect "what holds until the next boot holds inside" 'FACTS=seen' \
		inside web1 systemctl show -P Environment apache2.service
	check "stop" virt-sandbox-service stop web1
	check "delete" virt-sandbox-service delete web1
	nothing_left web1
}

every_service
init_script
until_reboot
other_names
inside_too
done_testing
