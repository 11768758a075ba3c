# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# verify under each model: everything holds for a service, a command; what was weakened is found out.
# models: selinux smack apparmor
# seconds: 200
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

claims() { # NAME: claims of it that do not hold, one a line
	virt-sandbox-service verify --json "$1" >"$LAB_OUT/verify-$1.json"
	echo $? >"$LAB_OUT/status"
	python3 - "$LAB_OUT/verify-$1.json" <<-'END'
		import json, sys
		for claim in json.load(open(sys.argv[1])):
		    if claim['holds'] in ('no', 'unknown'):
		        print(claim['what'], claim['holds'], claim['found'], sep=': ')
	END
}

holding() { # NAME WORD: claims about WORD that hold
	python3 - "$LAB_OUT/verify-$1.json" "$2" <<-'END'
		import json, sys
		print(*(claim['what'] for claim in json.load(open(sys.argv[1])) if claim['holds'] == 'yes' and sys.argv[2] in claim['what']), sep='\n')
	END
}

check "create a service" virt-sandbox-service create -C -u apache2.service web1
check "create a command" virt-sandbox-service create two -- /usr/bin/sleep infinity
for name in web1 two; do
	check "start $name" virt-sandbox-service start $name
	empty "$name: everything holds" claims $name
	equal "$name: verify says so by its status" 0 "$(cat "$LAB_OUT/status")"
	expect "$name: its label was looked at" 'label of all processes' holding $name label
	expect "$name: nor could it take the host's" 'attempt: take a label' holding $name label
	expect "$name: what was tried inside was refused" 'attempt: make a user namespace' holding $name attempt
done

check "control: what runs of it is open to others" chmod 0755 /run/libvirt-sandbox/two
expect "verify finds it out" ': no: ' claims two
equal "verify says so by its status" 1 "$(cat "$LAB_OUT/status")"
check "stop" virt-sandbox-service stop web1
check "stop" virt-sandbox-service stop two
check "delete" virt-sandbox-service delete web1
check "delete" virt-sandbox-service delete two
nothing_left web1
nothing_left two
empty "no denial but those explained" unexplained_denials
done_testing
