# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# An ordinary host: systemd is PID 1 and cgroup v2 has its controllers. The host's own tools manage a container as they
# manage a service, and its limits hold.
# models: none
# seconds: 420
# reboots: yes
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

unit=web1_sandbox.service
other=apache2@web1.service

serves() {
	curl -sS --max-time 20 "http://$(address_of web1)/"
}

# The cgroup of a container as a whole: its first process sits in one below that is named init.scope.
limits_of() { # NAME
	echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(property "$1" pid)/cgroup")" | sed 's|/init.scope$||'
}

first_boot() {
	check "create" virt-sandbox-service create -C --host-journal --memory 256M --pids 200 -u apache2.service web1
	check "start goes through the host's systemd" virt-sandbox-service start web1
	expect "status: active" 'Active: active \(running\)' systemctl status "$unit"
	expect "status of the unit's other name" 'Active: active' systemctl status "$other"
	expect "Type=notify" '^Type=notify$' systemctl show -p Type "$unit"
	expect "Delegate=yes" '^Delegate=yes$' systemctl show -p Delegate "$unit"
	expect "it serves" '<html' serves
	expect "list says running" 'web1 +running' virt-sandbox-service list
	expect "the host's journal has the container's log" 'Apache HTTP Server' \
		journalctl --merge --no-pager "_MACHINE_ID=$(inside web1 cat /etc/machine-id)"
	expect "logs shows it" 'apache2.service' virt-sandbox-service logs web1

	expect "--memory is the cgroup's limit" '^268435456$' cat "$(limits_of web1)/memory.max"
	check "set" virt-sandbox-service set web1 --memory 128M
	expect "changes it live" '^134217728$' cat "$(limits_of web1)/memory.max"
	check "set of another limit" virt-sandbox-service set web1 --pids 150
	expect "changes that, too" '^150$' cat "$(limits_of web1)/pids.max"
	expect "and leaves the first" '^134217728$' cat "$(limits_of web1)/memory.max"
	limits
	image
	reload

	check "systemctl stop" systemctl stop "$unit"
	refused "it is inactive" inactive systemctl is-active "$other"
	check "systemctl start by the other name" systemctl start "$other"
	check "restart" systemctl restart "$unit"
	expect "it serves" '<html' serves
	expect "what was set live is still set" '^134217728$' cat "$(limits_of web1)/memory.max"
	check "enable" systemctl enable "$unit"
	expect "is-enabled" '^enabled$' systemctl is-enabled "$unit"
	echo "$tap_count" >"$LAB_STATE/count"
	echo 2 >"$LAB_STATE/reboot"
}

# The service reads its configuration again and goes on: by both names, and by our own command.
reload() {
	local pid way

	pid=$(property web1 pid)
	for way in "systemctl reload $unit" "systemctl reload $other" 'virt-sandbox-service reload web1'; do
		echo "Redirect /lab /${way// /-}" >"$trees/web1/etc/apache2/conf-enabled/lab.conf"
		# shellcheck disable=SC2086 # a command with its arguments
		check "$way" $way
		check "has been done" wait_until 30 sh -c "curl -sSI --max-time 20 'http://$(address_of web1)/lab' | grep -F '/${way// /-}'"
	done
	rm "$trees/web1/etc/apache2/conf-enabled/lab.conf"
	equal "the container has not been started again for it" "$pid" "$(property web1 pid)"
}

# What runs inside can neither take more than it has nor hurt the host in trying.
limits() {
	check "create a container with small limits" \
		virt-sandbox-service create --memory 64M --pids 40 small -- /usr/bin/sleep infinity
	check "start it" virt-sandbox-service start small
	refused "a fork bomb ends at the limit" 'Cannot fork|Resource temporarily unavailable' \
		inside small sh -c 'for i in $(seq 100); do sleep 30 & done; wait'
	check "the container is there after it" wait_until 60 inside small true
	exits "who wants more memory than the limit is killed" $((128 + 9)) inside small python3 -c 'x = bytearray(200 << 20)'
	check "an event says so" wait_until 60 sh -c 'virt-sandbox-service events --json small | grep -q "\"oom\",\"reason\":\"memory ran out, and the kernel killed 1 process"'
	check "control: half of it is given" inside small python3 -c 'x = bytearray(32 << 20)'
	check "the host has lost nothing" sh -c 'sleep 1 & wait'
	virt-sandbox-service stop small
	check "delete it" virt-sandbox-service delete small
	nothing_left small
}

# Root of this host has CAP_SYS_RESOURCE, so that the kernel grows the file system in the image itself: it stays the same file.
image() {
	local file=/var/lib/libvirt/images/small.raw blocks before

	check "create a container in an image" virt-sandbox-service create -i 64M small -- /usr/bin/sleep infinity
	check "start it" virt-sandbox-service start small
	check "write into it" inside small sh -c 'echo kept >/var/tmp/kept'
	blocks=$(inside small stat -f -c %b /var/tmp)
	refused "nothing grows while it runs" 'while the container is stopped' virt-sandbox-service set small --image-size 256M
	check "stop" virt-sandbox-service stop small
	before=$(stat -c %i "$file")
	check "set --image-size" virt-sandbox-service set small --image-size 256M
	equal "the image is of that size" $((256 << 20)) "$(stat -c %s "$file")"
	equal "it was grown in place" "$before" "$(stat -c %i "$file")"
	check "its file system is whole" e2fsck -fn "$file"
	refused "it does not get smaller" 'can only grow' virt-sandbox-service set small --image-size 64M
	check "start it again" virt-sandbox-service start small
	expect "what was written is there" '^kept$' inside small cat /var/tmp/kept
	check "the file system has more than three times the room" test "$(inside small stat -f -c %b /var/tmp)" -gt $((3 * blocks))
	virt-sandbox-service stop small
	check "delete it" virt-sandbox-service delete small
	nothing_left small
}

second_boot() {
	tap_count=$(cat "$LAB_STATE/count")
	check "after a reboot it is running" wait_until 90 systemctl is-active --quiet "$unit"
	expect "and serves" '<html' serves
	check "disable" systemctl disable "$unit"
	refused "delete of a running container" running virt-sandbox-service delete web1
	check "stop" virt-sandbox-service stop web1
	check "delete" virt-sandbox-service delete web1
	nothing_left web1
	expect "no unit of the host failed" '^0 loaded units listed' systemctl --failed
	done_testing
}

case $LAB_STAGE in
1) first_boot ;;
2) second_boot ;;
esac
