/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Devices of the host that the administrator gives to a container: nodes of its own with their numbers, which belong to its root.
 */
#include <string.h>

#include "base/strv.h"
#include "sandbox/compile-parts.h"

static void add_rule(Compile *c, SpecDeviceRule rule, const char *access)
{
	SpecDeviceRule *added = spec_add_device_rule(c->spec);

	if (!added) {
		c->failed = true;
		return;
	}
	*added = rule;
	added->access = compile_text(c, access);
}

/* Root passes over a mode, but not over a rule. */
static void only_read(Compile *c, const SpecDevice *device)
{
	if (c->spec->n_device_rules == 0)
		add_rule(c,
			(SpecDeviceRule){
				.allow = true, .type = SPEC_DEVICE_ALL, .major = -1, .minor = -1 },
			"rwm");
	add_rule(c,
		(SpecDeviceRule){ .type = device->type,
			.major = (int32_t)device->major,
			.minor = (int32_t)device->minor },
		"w");
}

static void add(Compile *c, const char *text, const DeviceFact *fact)
{
	SpecDevice *device = spec_add_device(c->spec);
	const char *colon = strchr(text, ':'), *target = colon ? colon + 1 : text;
	bool readonly = colon && strchr(target, ':');

	if (!device) {
		c->failed = true;
		return;
	}
	device->path = strndup(target, strcspn(target, ":"));
	c->failed = c->failed || !device->path;
	device->type = fact->block ? SPEC_DEVICE_BLOCK : SPEC_DEVICE_CHARACTER;
	device->major = fact->major;
	device->minor = fact->minor;
	device->mode = readonly ? 0444 : 0666;
	device->made = true;
	if (readonly)
		only_read(c, device);
}

void compile_devices(Compile *c)
{
	const DeviceFact *fact = c->facts->devices;

	for (char *const *text = c->desc->devices; fact && text && *text; text++)
		add(c, *text, fact++);
}
