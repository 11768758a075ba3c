/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plans made from facts that a test writes down as text.
 */
#pragma once

#include "plan/plan.h"

#define ACCOUNTS                                                                                   \
	"user root 0:0 \"root\" /root /bin/bash\ngroup root 0 \ngroup shadow 42 \ngroup utmp 43 "  \
	"\n"                                                                                       \
	"user redis 101:102 \"\" /var/lib/redis /usr/sbin/nologin\ngroup redis 102 \n"             \
	"user mysql 103:104 \"MySQL\" /nonexistent /bin/false\ngroup mysql 104 \n"                 \
	"user alice 1000:1000 \"Alice\" /home/alice /bin/bash\ngroup alice 1000 \n"                \
	"group ssl-cert 105 redis\n"

#define SSHD                                                                                       \
	"unit ssh.service asked\n  path /usr/lib/systemd/system/ssh.service\n  name ssh.service\n" \
	"  [Service] ExecStart=/usr/sbin/sshd -D\n"                                                \
	"package openssh-server 1 source=openssh direct\n  dir /etc/ssh\n" ACCOUNTS
#define REDIS                                                                                      \
	"unit redis-server.service asked\n  path /usr/lib/systemd/system/redis-server.service\n"   \
	"  name redis-server.service\n  name redis.service\n  package redis-server\n"              \
	"  [Service] User=redis\n"                                                                 \
	"package redis-server 1 source=redis direct\n  dir /etc/redis\n"                           \
	"  file /etc/redis/redis.conf conffile\n" ACCOUNTS

typedef struct PlanFixture {
	Desc *desc;
	Facts *facts;
	Plan *plan;
	Error *error;
	int r;
} PlanFixture;

void made_done(PlanFixture *made);
#define _cleanup_made_ _cleanup_(made_done)

PlanFixture made_with(const char *text, bool copy, const char *with, const char *without);
/* With --ignore-directive. */
PlanFixture made_ignoring(const char *text, const char *directive);
/* Fails the test when there is no plan. */
PlanFixture made_new(const char *text, bool copy);
const PlanEntry *made_entry(const PlanFixture *made, const char *path); /* or NULL */
/* The entry of a path, which must be of this kind and come from this rule. */
const PlanEntry *made_expect(
	const PlanFixture *made, const char *path, PlanKind kind, const char *rule);
