# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# A web server in a container under the models that have no suite of their own for it: it serves, every process of it has the
# container's label, and what the kernel was told about the label is gone with it.
# models: smack apparmor
# seconds: 200
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

loaded() { # what the kernel knows of the label, one line for each rule or profile
	case $LAB_MODEL in
	smack) grep -w "$1" /sys/fs/smackfs/load2 ;;
	apparmor) grep "^$1 " /sys/kernel/security/apparmor/profiles ;;
	esac
}

check "create" virt-sandbox-service create -C -u apache2.service web1
check "start" virt-sandbox-service start web1
label=$(process_label web1)
note "web1 runs as $label"
check "it has a label of its own" test -n "$label" -a "$label" != _ -a "$label" != unconfined
equal "every process inside has it" "$label" "$(labels_inside web1)"
expect "it serves" '<html' curl -sS --max-time 20 "http://$(address_of web1)/"
expect "a command run inside has it, too" "^${label%% *}" inside web1 cat /proc/self/attr/current
refused "inside, the label cannot be left" . inside web1 sh -c 'echo _ >/proc/self/attr/current'
check "control: the kernel knows the label" loaded "${label%% *}"
check "stop" virt-sandbox-service stop web1
check "delete" virt-sandbox-service delete web1
empty "the kernel has forgotten the label" loaded "${label%% *}"
nothing_left web1
empty "no denial but those explained" unexplained_denials
done_testing
