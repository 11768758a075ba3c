# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# A service of the host in a container, as suites look at it. Who sources this defines answer_of_NAME, which asks it.

# shellcheck source=containers.sh
. "$LAB_IN/guest/containers.sh"

service() { # unit, what the answer looks like
	local unit=$1 answer=$2 name=my-${1%-server}

	check "$name: create" virt-sandbox-service create -C -u "$unit.service" "$name"
	check "$name: start" virt-sandbox-service start "$name"
	expect "$name: it answers" "$answer" "answer_of_${name#my-}"
	equal "$name: every process has its label" "$(process_label "$name")" "$(labels_inside "$name")"
	refused "$name: inside, the root is read-only" 'Read-only' inside "$name" touch /file
	expect "$name: no unit inside has failed" '^0 loaded units' inside "$name" systemctl --failed
	check "$name: stop by its unit" systemctl stop "$unit@$name.service"
	check "$name: delete" virt-sandbox-service delete "$name"
	nothing_left "$name"
}
