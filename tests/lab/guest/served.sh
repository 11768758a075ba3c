# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Services of the matrix (tests/system/matrix.py) under enforcing. Who sources this defines for each container NAME ask_NAME,
# which asks it and prints the answer, and where the service as it is installed would not answer the host prepare_NAME, which
# edits the container's tree, $tree, before the first start.

# shellcheck source=containers.sh
. "$LAB_IN/guest/containers.sh"

# answer PORT[/udp] QUESTION WANTED: what the container that is asked now says to that (ask.py).
answer() {
	"$LAB_IN/guest/ask.py" "$(address_of "$name")" "$@"
}

append() { # FILE IN THE TREE: standard input
	cat >>"$tree$1"
}

# served NAME UNIT...: the units in one container.
served() {
	local name=$1 tree=$trees/$1 unit units=() label

	shift
	for unit; do
		units+=(-u "$unit.service")
	done
	check "$name: create" virt-sandbox-service create -C "${units[@]}" "$name"
	[ -z "$(declare -F "prepare_$name")" ] || check "$name: its settings" "prepare_$name"
	check "$name: start" virt-sandbox-service start "$name"
	label=$(process_label "$name")
	note "$name is $label"
	check "$name: it answers" "ask_$name"
	equal "$name: every process has its label" "$label" "$(labels_inside "$name")"
	expect "$name: no unit inside has failed" '^0 loaded units' inside "$name" systemctl --failed
	check "$name: stop" virt-sandbox-service stop "$name"
	check "$name: delete" virt-sandbox-service delete "$name"
}
