/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's links, made and removed by a program of their own, virt-sandbox-links: neither a command whose start counts nor a supervisor that lives
 * for months loads libraries that are needed for a moment.
 */
#pragma once

#include "engine/spec/spec.h"

/* The descriptors that the program finds: the start protocol's socket, the description as a keyfile, the network namespace. */
#define LINKS_SOCKET_FD 3
#define LINKS_SPEC_FD 4
#define LINKS_NETNS_FD 5 /* of attach */

/* net_attach(), net_detach(). Without links nothing to do. */
int links_attach(const Spec *spec, int netns_fd, Error **ret_error);
int links_detach(const Spec *spec, Error **ret_error);
/* net_publish(), net_restore() */
int links_publish(const Spec *spec, Error **ret_error);
int links_hold(const Spec *spec, Error **ret_error); /* who is connected stays so */
int links_restore(const Spec *spec, Error **ret_error);
int links_limit(const Spec *spec, Error **ret_error); /* net_limit() */
int links_reach(const Spec *spec, Error **ret_error); /* net_reach() */
/* Becomes the program that takes back what dead processes have published. Descriptor LINKS_SOCKET_FD is a socket. */
_noreturn_ void links_become_unpublish(void);
