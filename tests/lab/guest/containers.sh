# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# What suites do with containers, and how a process takes a label without being in one.

# shellcheck source=tap.sh
. "$LAB_IN/guest/tap.sh"

trees=/var/lib/libvirt/filesystems

vss() {
	virt-sandbox-service "$@"
}

inside() { # NAME COMMAND...
	local name=$1

	shift
	virt-sandbox-service execute "$name" -- "$@"
}

# property NAME KEY: one value of a container's row in the list.
property() {
	virt-sandbox-service list --json | python3 -c '
import json, sys
for row in json.load(sys.stdin):
    if row["name"] == sys.argv[1]:
        print(row[sys.argv[2]])' "$1" "$2"
}

address_of() {
	property "$1" address | cut -d/ -f1
}

# A session at the console, as an administrator has it. Prints what is on the screen, without control sequences.
connect() { # NAME LINE-TO-TYPE...
	local name=$1

	shift
	printf '%s\n' "$@" | "$LAB_IN/guest/terminal.py" virt-sandbox-service connect "$name" |
		tr -d '\r' | sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g'
}

# The lines of "How To Test" that are typed inside, and what they should tell. The container has three files in a directory
# of its own: content is not there yet, badcontent has another level, hostcontent the host made.
howto_inside() { # NAME DIRECTORY
	local name=$1 directory=$2 screen=$LAB_OUT/connect-$1.txt

	connect "$name" id getenforce 'setenforce 1' 'touch /file' "touch $directory/content && echo touched" \
		"cat $directory/badcontent" "cat $directory/hostcontent && echo readable" 'ip -o -4 address show dev eth0' >"$screen"
	expect "$name: \"connect $name\", \"id\"" '^uid=0\(root\)' cat "$screen"
	expect "$name: \"getenforce\": \"SELinux is disabled\"" '^Disabled' cat "$screen"
	expect "$name: \"setenforce 1\": \"should be denied\"" '^setenforce: ' cat "$screen"
	expect "$name: \"touch /file\": \"should deny you\"" "touch: cannot touch '/file': Read-only file system" cat "$screen"
	expect "$name: \"touch $directory/content\": \"should be allowed\"" '^touched' cat "$screen"
	expect "$name: \"cat $directory/badcontent\": \"should be denied\"" '/badcontent: Permission denied' cat "$screen"
	expect "$name: control: content without a bad label is read" '^readable' cat "$screen"
	expect "$name: \"ifconfig eth0\"" "inet $(address_of "$name")[/ ]" cat "$screen"
}

# Makes those files from outside, as it says there.
howto_outside() { # NAME DIRECTORY LEVEL
	local name=$1 directory=$trees/$1$2 level=$3

	check "$name: \"touch content\"" touch "$trees/$name/var/log/content" "$directory/hostcontent"
	expect "$name: \"Content should be labeled with $level : Not s0\"" ":svirt_lxc_file_t:$level " \
		ls -Z "$trees/$name/var/log/content"
	echo Secret >"$directory/badcontent"
	check "$name: \"chcon -l s0:c3,c4 badcontent\"" chcon -l s0:c3,c4 "$directory/badcontent"
}

# "Make sure the processes are running with the proper SELinux label": each one at the level has the type, and these are there.
howto_processes() { # NAME LEVEL COMMAND...
	local name=$1 level=$2 command

	shift 2
	for command; do
		expect "$name: \"ps -eZ | grep svirt_lxc\": $command" "svirt_lxc_net_t:$level .* $command" ps -eZ
	done
	equal "$name: every process at that level has the type" "system_u:system_r:svirt_lxc_net_t:$level" "$(labels_at "$level")"
}

labels_at() { # LEVEL
	ps -eo label= | grep ":$1\$" | sort -u
}

# The label that the processes of a running container have, as the kernel says.
process_label() {
	tr -d '\0\n' <"/proc/$(property "$1" pid)/attr/current"
}

# The labels that the processes of a service's container have, the supervisor's aside; one line each.
labels_inside() { # NAME
	local pids

	pids=$(find "/sys/fs/cgroup/$(systemctl show -P ControlGroup "${1}_sandbox.service")" -name cgroup.procs -exec cat {} + |
		grep -vx "$(systemctl show -P MainPID "${1}_sandbox.service")")
	# shellcheck disable=SC2086 # a list of numbers
	ps -o label= -p "$(tr '\n' , <<<$pids | sed 's/,$//')" | sort -u
}

# The label of the files of a container.
file_label() {
	local name=security.selinux

	[ "$LAB_MODEL" = selinux ] || name=security.SMACK64
	getfattr --absolute-names --only-values -n "$name" "$trees/$1/var/lib" | tr -d '\0'
}

label_file() { # LABEL PATH...
	local name=security.selinux label=$1 path

	[ "$LAB_MODEL" = selinux ] || name=security.SMACK64
	shift
	for path; do
		setfattr -n "$name" -v "$label" "$path" || return
	done
}

# The label of a file that a process with this label may write.
file_label_for() { # LABEL OF A PROCESS
	case $LAB_MODEL in
	selinux) echo "${1%%:*}:object_r:svirt_lxc_file_t:$(cut -d: -f4- <<<"$1")" ;;
	smack) echo "$1" ;;
	esac
}

# as LABEL COMMAND...: root with every capability in the host's own namespaces, confined by nothing but the label. Under
# Smack the two capabilities are dropped that are the right to disregard labels. What it says goes through a file of its own
# label, because a confined process may not write to one of the suite's.
as() {
	local label=$1 output status=0

	shift
	output=$(mktemp /run/lab/output.XXXXXX)
	label_file "$(file_label_for "$label")" "$output"
	case $LAB_MODEL in
	selinux)
		runcon "$label" "$@" >"$output" 2>&1 || status=$?
		;;
	smack)
		bash -c 'echo "$0" >/proc/self/attr/current && exec setpriv --bounding-set=-mac_override,-mac_admin "$@"' \
			"$label" "$@" >"$output" 2>&1 || status=$?
		;;
	esac
	cat "$output"
	rm "$output"
	return "$status"
}

# Nothing of a container may be left: paths, units, processes, links, mounts, cgroups.
nothing_left() {
	local name=$1

	check "$name: no path is left" test ! -e "$trees/$name" -a ! -e "/etc/libvirt-sandbox/services/$name.sandbox" \
		-a ! -e "/run/libvirt-sandbox/$name" -a ! -e "/etc/systemd/system/${name}_sandbox.service"
	empty "$name: no unit is left" sh -c "find /etc/systemd/system /run/systemd/system | grep -E '(@|/)$name(_sandbox)?[.]service'"
	empty "$name: nothing is kept of it" find /var/lib/libvirt-sandbox -name "$name"
	empty "$name: no cgroup is left" find /sys/fs/cgroup -name "*$name*"
	empty "$name: no mount is left" grep -F "/$name" /proc/self/mountinfo
	refused "$name: it is not listed" . sh -c "virt-sandbox-service list | grep -w $name || { echo gone; false; }"
}

# Denials that nobody has explained. What is expected is a list of regular expressions, each with its reason above it.
unexplained_denials() {
	grep -aE 'avc: +denied|apparmor="DENIED"|lsm=SMACK .*action=denied' /var/log/audit/audit.log |
		grep -aE 'svirt_lxc|container_|:vss_|apparmor=|subject="vss-' |
		grep -avEf <(grep -v -e '^#' -e '^$' "$LAB_IN/guest/denials")
}
