/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hard limits (setrlimit(2)) of every process of a container: who compiles a start sets them, and who plans tells of units that
 * want more.
 */
#pragma once

#define DESC_LIMIT_MEMLOCK (8ULL << 20) /* bytes */
#define DESC_LIMIT_MSGQUEUE 819200 /* bytes */
#define DESC_LIMIT_NOFILE 524288 /* as systemd has it */
