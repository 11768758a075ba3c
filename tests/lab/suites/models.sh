# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A model that is asked for and that this host has not is an error that says how to get it, and nothing is started or left; the host's
# own model is what everybody gets who does not ask; none has to be asked for by name.
# models: selinux smack apparmor none
# seconds: 120
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

models='selinux smack apparmor'

how_to_get() { # MODEL: what the error has to say
	case $1 in
	selinux) echo 'install a policy and boot with it' ;;
	smack) echo 'CONFIG_SECURITY_SMACK.*lsm=\.\.\.,smack' ;;
	apparmor) echo 'lsm=\.\.\.,apparmor.*package apparmor' ;;
	esac
}

# All that a container could leave, beside processes and cgroups: names of files, and reservations.
traces() {
	find /etc/libvirt-sandbox /var/lib/libvirt-sandbox /var/lib/libvirt /run/libvirt-sandbox /etc/systemd/system -printf '%p %y\n' 2>/dev/null |
		grep -v -e lock -e '\.error f$' | sort # what a unit of the host failed for is kept for who asks
	find /sys/fs/cgroup -name '*asked*'
	pgrep -af '[s]leep infinity'
}

unchanged() {
	traces | diff /run/lab/before -
}

model_of() { # of a container, by its description
	sed -n 's/^model *= *//p' "/etc/libvirt-sandbox/services/$1.sandbox"
}

label_of_command() {
	local label

	label=$(virt-sandbox "$@" -- cat /proc/self/attr/current | tr -d '\0\n')
	echo "${label:-nothing}"
}

check "create a container without asking for a model" virt-sandbox-service create plain -- /usr/bin/sleep infinity
equal "it has the host's" "$LAB_MODEL" "$(model_of plain)"
own=$(label_of_command)
note "a sandbox of one command runs as $own"

first= # what differs not by the model is tried once: emulated, each costs seconds
for other in $models; do
	[ "$other" != "$LAB_MODEL" ] || continue
	first=${first:-$other}
	traces >/run/lab/before
	refused "create -s $other" "model $other is asked for.*$(how_to_get "$other")" \
		virt-sandbox-service create -s "$other" asked -- /usr/bin/sleep infinity
	[ "$other" != "$first" ] || refused "create of a service -s $other" "model $other is asked for.*$(how_to_get "$other")" \
		virt-sandbox-service create -C -s "$other" -u redis-server.service asked
	refused "a command -s $other" "model $other is asked for.*$(how_to_get "$other")" \
		sh -c "virt-sandbox -s $other -- /usr/bin/touch /dev/shm/started || exit 1"
	check "nothing is left of it" unchanged

	# It was made where the model was there.
	sed -i "s/^model *=.*/model=$other/" /etc/libvirt-sandbox/services/plain.sandbox
	traces >/run/lab/before
	refused "start of a container with $other" "model $other is asked for.*$(how_to_get "$other")" virt-sandbox-service start plain
	if [ "$other" = "$first" ]; then
		refused "start of it by its unit" . systemctl start plain_sandbox.service
		systemctl reset-failed plain_sandbox.service
	fi
	check "nothing was started" unchanged
	sed -i "s/^model *=.*/model=$LAB_MODEL/" /etc/libvirt-sandbox/services/plain.sandbox
done
refused "a model that nobody has heard of" 'nonsense' virt-sandbox-service create -s nonsense asked -- /usr/bin/sleep infinity

check "control: with the host's model it starts" virt-sandbox-service start plain
check "stop it" virt-sandbox-service stop plain
check "delete it" virt-sandbox-service delete plain
nothing_left plain

check "create with none, by name" virt-sandbox-service create -s none bare -- /usr/bin/sleep infinity
equal "it has none" none "$(model_of bare)"
check "it starts" virt-sandbox-service start bare
without=$(label_of_command -s none)
note "a sandbox of one command without a label runs as $without"
case $LAB_MODEL in
none) equal "nobody has a label here" nothing/nothing "$own/$without" ;;
*) check "none is not the same as the host's model" test "$without" != "$own" ;;
esac
check "stop it" virt-sandbox-service stop bare
check "delete it" virt-sandbox-service delete bare
nothing_left bare
done_testing
