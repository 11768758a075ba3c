/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Devices of the host that the administrator gives to a container: nodes of its own with their numbers, which belong to its root.
 */
#include <string.h>

#include "sandbox/compile-parts.h"

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
		c->failed = !spec_forbid_writing(c->spec, device) || c->failed;
}

void compile_devices(Compile *c)
{
	const DeviceFact *fact = c->facts->devices;

	for (char *const *text = c->desc->devices; fact && text && *text; text++)
		add(c, *text, fact++);
}
