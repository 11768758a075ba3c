# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Policy modules that come and go: types of a container's own, and the module of all. Four compilations of the whole policy,
# minutes each in an emulated machine.
# models: selinux
# seconds: 1500
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

# Types of its own
check "create with types of its own" virt-sandbox-service create -C -s selinux,type=own -u apache2.service own1
expect "its files have another" ':vss_own1_file_t:s0:c[0-9]+,c[0-9]+ ' ls -Zd "$trees/own1/etc"
check "start" virt-sandbox-service start own1
expect "it runs with its own type" '^system_u:system_r:vss_own1_t:s0:c[0-9]+,c[0-9]+$' process_label own1
expect "and serves" '<html' curl -sS --max-time 20 "http://$(address_of own1)/"
refused "it binds no port of another service" 'Permission denied' inside own1 \
	python3 -c 'import socket; socket.socket().bind(("", 2222))'
check "stop" virt-sandbox-service stop own1
check "delete" virt-sandbox-service delete own1
refused "its types are gone" 'Invalid argument' chcon -t vss_own1_file_t /srv
nothing_left own1

# The module
expect "policy status" 'policy module of virt-sandbox is loaded' virt-sandbox-service policy status
check "policy remove" virt-sandbox-service policy remove
expect "policy status says what is missing" 'policy install' virt-sandbox-service policy status
refused "without it nothing starts" 'policy install' sh -c 'virt-sandbox -- /bin/true || exit 1' # 125 is its own status
check "policy install" virt-sandbox-service policy install
expect "control: now it does" '^again$' virt-sandbox -- /bin/echo again
empty "no denial but those explained" unexplained_denials
done_testing
