# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2009,SC2016
# "How To Test" of the Fedora feature page "Secure Containers", line by line, with apache2 for httpd. Lines in quotes are its.
# models: selinux
# seconds: 420
# reboots: yes
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

name=container1
unit=apache2@container1.service

connect() { # lines to type; what is on the screen, without control sequences
	printf '%s\n' "$@" | "$LAB_IN/guest/terminal.py" virt-sandbox-service connect "$name" |
		tr -d '\r' | sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g'
}

page_is_served() {
	curl -sS --max-time 20 "http://$(address_of "$name")/"
}

labels_of_processes() {
	ps -eo label= | grep ':s0:c1,c2$' | sort -u
}

first_boot() {
	expect '"virt-sandbox-service create -C -l s0:c1,c2 -u httpd.service container1"' \
		"^Created sandbox container dir $trees/container1$" \
		virt-sandbox-service create -C -l s0:c1,c2 -u apache2.service "$name"
	check "its description is there" test -s /etc/libvirt-sandbox/services/container1.sandbox

	echo Secret >/tmp/secret
	check '"touch content"' touch "$trees/$name/var/log/content" "$trees/$name/var/www/html/hostcontent"
	expect '"Content should be labeled with s0:c1,c2 : Not s0"' ':svirt_lxc_file_t:s0:c1,c2 ' \
		ls -Z "$trees/$name/var/log/content"
	cp /tmp/secret "$trees/$name/var/www/html/badcontent"
	check '"chcon -l s0:c3,c4 badcontent"' chcon -l s0:c3,c4 "$trees/$name/var/www/html/badcontent"

	check '"virt-sandbox-service start container1"' virt-sandbox-service start "$name"
	expect '"ps -eZ | grep svirt_lxc": systemd' 'svirt_lxc_net_t:s0:c1,c2 .* systemd$' ps -eZ
	expect '"systemd-journal"' 'svirt_lxc_net_t:s0:c1,c2 .* systemd-journal' ps -eZ
	expect '"and httpd"' 'svirt_lxc_net_t:s0:c1,c2 .* apache2$' ps -eZ
	equal "every process at that level has the type" 'system_u:system_r:svirt_lxc_net_t:s0:c1,c2' "$(labels_of_processes)"

	connect id getenforce 'setenforce 1' 'touch /file' 'touch /var/www/html/content && echo touched' \
		'cat /var/www/html/badcontent' 'cat /var/www/html/hostcontent && echo readable' 'ip -o -4 address show dev eth0' \
		>"$LAB_OUT/connect.txt"
	expect '"virt-sandbox-service connect container1", "id"' '^uid=0\(root\)' cat "$LAB_OUT/connect.txt"
	expect '"getenforce": "SELinux is disabled"' '^Disabled' cat "$LAB_OUT/connect.txt"
	expect '"setenforce 1": "should be denied"' '^setenforce: ' cat "$LAB_OUT/connect.txt"
	expect '"touch /file": "should deny you"' "touch: cannot touch '/file': Read-only file system" cat "$LAB_OUT/connect.txt"
	expect '"touch /var/www/html/content": "should be allowed"' '^touched' cat "$LAB_OUT/connect.txt"
	expect '"cat /var/www/html/badcontent": "should be denied"' '/badcontent: Permission denied' cat "$LAB_OUT/connect.txt"
	expect "control: content without a bad label is read" '^readable' cat "$LAB_OUT/connect.txt"
	expect '"ifconfig eth0"' "inet $(address_of "$name")[/ ]" cat "$LAB_OUT/connect.txt"
	expect '"firefox $IP": "make sure you see the content"' '<html' page_is_served

	check '"virt-sandbox-service stop container1"' virt-sandbox-service stop "$name"
	equal "no process is left at its level" '' "$(labels_of_processes)"

	check '"systemctl start httpd@container1.service"' systemctl start "$unit"
	check "control: it runs" systemctl is-active "$unit"
	expect "and serves" '<html' page_is_served
	check '"systemctl stop"' systemctl stop "$unit"
	check "container1_sandbox.service is the same container" systemctl start container1_sandbox.service
	expect "which serves" '<html' page_is_served
	check "and stops" systemctl stop container1_sandbox.service
	check '"systemctl enable httpd@container1.service"' systemctl enable "$unit"
	echo 2 >"$LAB_STATE/reboot"
	echo "$tap_count" >"$LAB_STATE/count"
}

second_boot() {
	tap_count=$(cat "$LAB_STATE/count")
	check '"check on reboot if the container is running"' wait_until 90 systemctl is-active --quiet "$unit"
	expect "it serves" '<html' page_is_served
	connect 'ps -eZ' >"$LAB_OUT/connect2.txt"
	expect '"connect container1", "ps -eZ"' 'systemd' cat "$LAB_OUT/connect2.txt"
	connect 'ps -e' >"$LAB_OUT/connect3.txt"
	expect '"connect to container again"' 'apache2' cat "$LAB_OUT/connect3.txt"
	check '"systemctl stop httpd@container1.service"' systemctl stop "$unit"
	check '"virt-sandbox-service delete container1"' virt-sandbox-service delete "$name"
	nothing_left "$name"
	empty "no denial but those explained" unexplained_denials
	done_testing
}

case $LAB_STAGE in
1) first_boot ;;
2) second_boot ;;
esac
