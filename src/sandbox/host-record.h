/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What of the host a container was made with: packages, where its interpreters led to, what create warned of. An upgrade of the host is held against it.
 */
#pragma once

#include "plan/plan.h"

/* Written by create and upgrade. With apt, its packages are kept from being removed as no longer needed. Not yet on disk: see file_write_unsynced(). */
int host_record_save(const char *name, const Plan *plan, Error **ret_error);
/* Missing is success. */
int host_record_forget(const char *name, Error **ret_error);
int host_record_rename(const char *from, const char *to, Error **ret_error);

/* Appends a sentence to *sentences for each thing that is not as it was. Without a record, what create would warn of. */
int host_record_compare(const char *name, const Plan *plan, char ***sentences, Error **ret_error);
/* The packages of a container; none without a record. */
int host_record_packages(const char *name, char ***ret, Error **ret_error);
