# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2009,SC2016
# The script of the Fedora feature page that "sets up hundreds of containers", as it stands there but for the name of the
# service. As many as an emulated machine starts in a few minutes; the system tests do a hundred.
# models: selinux
# seconds: 420
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

many=8

cat >/usr/local/bin/containers <<'SCRIPT'
#!/bin/bash
create() {
   virt-sandbox-service create -C -l s0:c$2 -u apache2.service $1
}
delete() {
    virt-sandbox-service delete $1
}
start() {
    systemctl start apache2@$1.service
}
stop() {
    systemctl stop apache2@$1.service
}
command=$1
name=$2
repeat=$3
for i in $(seq 1 $repeat)
do
    eval $command $name$i $i
done
SCRIPT
chmod 755 /usr/local/bin/containers

memory_used() { # KiB
	awk '/^MemTotal/ { total = $2 } /^MemAvailable/ { print total - $2 }' /proc/meminfo
}

cpu_of_containers() { # microseconds
	cat /sys/fs/cgroup/system.slice/*containers*/cpu.stat | awk '$1 == "usage_usec" { sum += $2 } END { print sum }'
}

check "create" containers create containers "$many"
before=$(memory_used)
check "start half" containers start containers $((many / 2))
half=$(memory_used)
check "start all" containers start containers "$many"
full=$(memory_used)
equal "each has a journal of its own, as has the host" $((many + 1)) "$(ps -eZ | grep -c systemd-journal)"
equal "each has a level of its own" "$many" "$(ps -eo label= | grep -o 'svirt_lxc_net_t:s0:c[0-9]*$' | sort -u | wc -l)"
for i in 1 "$many"; do
	expect "connect to containers$i" '^uid=0' inside "containers$i" id
	expect "containers$i serves" '<html' curl -sS --max-time 20 "http://$(address_of "containers$i")/"
done
first=$(((half - before) / (many / 2))) second=$(((full - half) / (many - many / 2)))
note "memory of a container: $first KiB in the first half, $second KiB in the second"
check "memory grows linearly" test "$second" -lt $((first * 3 / 2 + 1024))
cpu=$(cpu_of_containers)
sleep 10
cpu=$(($(cpu_of_containers) - cpu))
note "all containers at rest used $cpu us of processor time in 10 s"
check "at rest, they use less than a tenth of one processor" test "$cpu" -lt 1000000
check "stop" containers stop containers "$many"
equal "none runs" 1 "$(ps -e | grep -c systemd-journal)"
check "delete" containers delete containers "$many"
for i in $(seq "$many"); do
	nothing_left "containers$i"
done
empty "no link is left" sh -c 'ip -o link | grep -E "vsb|veth"'
empty "no denial but those explained" unexplained_denials
done_testing
