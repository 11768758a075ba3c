# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Kinds of network that the machine of the system tests has no kernel for: VLANs, on a wire that is a veth pair, and an interface that moves in and back.
# models: none
# seconds: 120
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

check "make a wire" ip link add wire0 type veth peer name far0
check "bring it up" ip link set wire0 up
check "and its other end" ip link set far0 up
for id in 7 8; do
	check "the other end has VLAN $id" ip link add far$id link far0 type vlan id $id
	check "with an address" ip address add 10.7.$id.1/24 dev far$id
	check "which is up" ip link set far$id up
done

check "create a container on VLAN 7" virt-sandbox-service create -N vlan,source=wire0,id=7,address=10.7.7.2/24 tagged -- /usr/bin/sleep infinity
check "start it" virt-sandbox-service start tagged
check "the host reaches it there" ping -c1 -W5 10.7.7.2
refused "but not on VLAN 8" . ping -c1 -W1 -I far8 10.7.7.2
check "stop it" virt-sandbox-service stop -t 1 tagged
refused "then it is not reached" . ping -c1 -W1 10.7.7.2

check "make an interface without hardware" ip link add nic0 type dummy
check "create a container that gets it" virt-sandbox-service create -N hostdev,source=nic0,address=10.7.9.2/24 owner -- /usr/bin/sleep infinity
check "start it, too" virt-sandbox-service start owner
refused "the host has it no more" . ip link show nic0
check "the container has it" inside owner ip link show eth0
check "stop the owner" virt-sandbox-service stop -t 1 owner
check "the host has it back" ip link show nic0

for name in tagged owner; do
	check "delete $name" virt-sandbox-service delete "$name"
done
for link in wire0 nic0; do
	check "remove $link" ip link del "$link"
done
done_testing
