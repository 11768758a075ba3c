# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2009,SC2016
# "How To Test" of the Fedora feature page "Secure Containers", line by line, with apache2 for httpd. Lines in quotes are its.
# models: selinux
# seconds: 420
# reboots: yes
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

name=container1
unit=httpd@container1.service

page_is_served() {
	curl -sS --max-time 20 "http://$(address_of "$name")/"
}

first_boot() {
	expect '"virt-sandbox-service create -C -l s0:c1,c2 -u httpd.service container1"' \
		"^Created sandbox container dir $trees/container1$" \
		virt-sandbox-service create -C -l s0:c1,c2 -u httpd.service "$name"
	check "its description is there" test -s /etc/libvirt-sandbox/services/container1.sandbox

	howto_outside "$name" /var/www/html s0:c1,c2

	check '"virt-sandbox-service start container1"' virt-sandbox-service start "$name"
	howto_processes "$name" s0:c1,c2 'systemd$' systemd-journal 'apache2$'
	howto_inside "$name" /var/www/html
	expect '"firefox $IP": "make sure you see the content"' '<html' page_is_served

	check '"virt-sandbox-service stop container1"' virt-sandbox-service stop "$name"
	equal "no process is left at its level" '' "$(labels_at s0:c1,c2)"

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
	connect "$name" 'ps -eZ' >"$LAB_OUT/connect2.txt"
	expect '"connect container1", "ps -eZ"' 'systemd' cat "$LAB_OUT/connect2.txt"
	connect "$name" 'ps -e' >"$LAB_OUT/connect3.txt"
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
