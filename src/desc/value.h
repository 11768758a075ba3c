/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Single values of a description as text: sizes, numbers, names, addresses. Each parser takes the
 * whole text or refuses it with a sentence that quotes it, and writes its result only on success.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define VALUE_ID_MAX 65535u /* largest user or group id inside a container */
#define VALUE_CREDENTIAL_MAX 128 /* characters of a credential's name */
#define VALUE_LABEL_MAX 4096 /* bytes of a security label: the kernel hands them out in one page */
#define VALUE_CATEGORY_MAX 1023 /* c0.c1023 is what every distributed MCS policy defines */
#define VALUE_SENSITIVITY_MAX 15
#define VALUE_INTERFACE_MAX 15 /* IFNAMSIZ without its NUL */

/* Decimal number from min to max; what names it in the sentence ("io weight"). */
int value_number(const char *what, const char *text, uint64_t min, uint64_t max, uint64_t *ret,
	Error **ret_error);
/* Bytes: a number with K, M, G or T (KiB, MiB, GiB, TiB mean the same: powers of 1024). */
int value_size(const char *text, uint64_t *ret, Error **ret_error);
/* The shortest text that value_size() reads as the same number, newly allocated. NULL without
 * memory. */
char *value_size_format(uint64_t bytes);
/* Processors, "2" or "0.25", in thousandths. */
int value_cpus(const char *text, uint64_t *ret, Error **ret_error);
char *value_cpus_format(uint64_t milli);
/* yes, true, on, 1; no, false, off, 0. */
int value_bool(const char *text, bool *ret, Error **ret_error);

/* A newly allocated normal form of the text. */
int value_path(const char *text, char **ret, Error **ret_error);
int value_level(
	const char *text, char **ret, Error **ret_error); /* "s0:c1" or "s0:c1,c2", c1 < c2 */
int value_mac(const char *text, char **ret, Error **ret_error); /* lower case; unicast */
int value_address(const char *text, char **ret,
	Error **ret_error); /* "10.1.2.3/24"; prefix 24 or 64 if not given */
int value_subnet(const char *text, char **ret,
	Error **ret_error); /* as address, bits beyond the prefix are zero */
int value_ip(const char *text, char **ret, Error **ret_error); /* without prefix */
bool value_same_family(const char *a, const char *b); /* of two texts from these functions */

/* Is the text one of these: 0 or -EINVAL with a sentence. */
int value_check_uuid(const char *text, Error **ret_error);
int value_check_unit(
	const char *text, Error **ret_error); /* a unit's name; the suffix may still be missing */
int value_check_restart(const char *text, Error **ret_error); /* no, on-failure, always */
int value_check_on_upgrade(const char *text, Error **ret_error); /* restart, units, hold, never */
int value_check_package(const char *text, Error **ret_error);
int value_check_hostname(const char *text, Error **ret_error);
int value_check_domain(
	const char *text, Error **ret_error); /* of a search list: up to 253 characters */
/* A name server: one address, normal, that somebody can have. */
int value_server(const char *text, char **ret, Error **ret_error);
int value_check_account(const char *text, Error **ret_error); /* NAME[,password] */
int value_check_user(const char *text, Error **ret_error); /* USER[:GROUP], names or numbers */
int value_check_environment(const char *text, Error **ret_error); /* KEY=value */
/* "NAME=FILE" */
int value_check_credential(const char *text, Error **ret_error);
int value_check_cpuset(const char *text, Error **ret_error); /* "0-3,7" */
int value_check_swap(const char *text, Error **ret_error); /* a size, 0 or max */
/* "/dev/x[:/dev/y[:r]]", both below /dev. */
int value_check_device(const char *text, Error **ret_error);
int value_check_os(const char *text, Error **ret_error); /* "debian:bookworm" */
int value_check_arch(const char *text, Error **ret_error);
int value_check_base(const char *text, Error **ret_error); /* 64 lower-case hex digits */
int value_check_manager(const char *text, Error **ret_error); /* systemd, direct */
int value_check_init(const char *text, Error **ret_error); /* systemd, other */
int value_check_label(const char *text, Error **ret_error);
int value_check_socket_rule(const char *text, Error **ret_error); /* IPAddressDeny=any */
int value_check_sysctl(const char *text, Error **ret_error); /* KEY=VALUE */
int value_check_capability(const char *text, Error **ret_error); /* one that may be given */
int value_check_interface(const char *text, Error **ret_error);
