# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# systemd-machined knows containers: machinectl lists them, shows them, and opens a shell where a bus runs inside.
# models: none
# seconds: 420
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

check "create" virt-sandbox-service create -C -u apache2.service web1
check "start" virt-sandbox-service start web1
check "machined knows it" wait_until 30 machinectl show web1
expect "machinectl list" 'web1 +container +virt-sandbox' machinectl list --no-pager
expect "its first process" "^Leader=$(property web1 pid)\$" machinectl show -p Leader web1
expect "its unit" '^Unit=web1_sandbox.service$' machinectl show -p Unit web1
expect "machinectl status" 'apache2' machinectl status --no-pager web1
refused "a shell needs a bus inside" '.' machinectl shell web1 /usr/bin/id -u
check "restart" virt-sandbox-service restart web1
check "it is known by its new first process" wait_until 30 sh -c "machinectl show -p Leader web1 | grep -x Leader=$(property web1 pid)"
check "stop" virt-sandbox-service stop web1
check "machined has forgotten it" wait_until 30 sh -c '! machinectl show web1'
check "create with a bus" virt-sandbox-service create -C -u apache2.service -u dbus.service web2
check "start it" virt-sandbox-service start web2
check "machined knows it" wait_until 30 machinectl show web2
expect "a shell inside" '^0' machinectl shell web2 /usr/bin/id -u
check "stop it" virt-sandbox-service stop web2
check "delete" virt-sandbox-service delete web1 web2
done_testing
