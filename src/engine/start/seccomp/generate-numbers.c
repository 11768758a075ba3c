/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Run by meson: writes the numbers of all system calls, by name, as a C header to standard output, for the architectures that this
 * machine's kernel may run programs of. libseccomp says which name has which number.
 */
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALL_NUMBER_MAX 1024 /* above any that a libseccomp knows, but for ... */
#define X32_BIT 0x40000000 /* ... x32, which adds this */
#define CALLS_MAX 1024
#define ARCHITECTURES_MAX 3

typedef struct Architecture {
	const char *name;
	uint32_t token;
} Architecture;

/* The first is the native one; the others are 32-bit programs on the same processor. */
static const Architecture families[][ARCHITECTURES_MAX] = {
	{ { "x86_64", SCMP_ARCH_X86_64 }, { "x86", SCMP_ARCH_X86 }, { "x32", SCMP_ARCH_X32 } },
	{ { "aarch64", SCMP_ARCH_AARCH64 }, { "arm", SCMP_ARCH_ARM } },
	{ { "x86", SCMP_ARCH_X86 } },
	{ { "arm", SCMP_ARCH_ARM } },
	{ { "ppc64le", SCMP_ARCH_PPC64LE } },
	{ { "s390x", SCMP_ARCH_S390X } },
	{ { "riscv64", SCMP_ARCH_RISCV64 } },
};

/* Whatever libseccomp has a name for; those of another processor never come up here. */
static const char *const known[] = { "x86", "x86_64", "x32", "arm", "aarch64", "mips", "mips64",
	"mips64n32", "mipsel", "mipsel64", "mipsel64n32", "parisc", "parisc64", "ppc", "ppc64",
	"ppc64le", "s390", "s390x", "riscv64" };

typedef struct Call {
	char *name;
	int32_t numbers[ARCHITECTURES_MAX];
} Call;

static Call calls[CALLS_MAX];
static size_t n_calls;

static Call *find(const char *name)
{
	for (size_t i = 0; i < n_calls; i++)
		if (strcmp(calls[i].name, name) == 0)
			return &calls[i];
	if (n_calls == CALLS_MAX)
		abort();
	calls[n_calls] = (Call){ strdup(name), { -1, -1, -1 } };
	return &calls[n_calls++];
}

static void add(const Architecture *architecture, size_t index)
{
	int base = architecture->token == SCMP_ARCH_X32 ? X32_BIT : 0;

	for (int number = base; number < base + CALL_NUMBER_MAX; number++) {
		char *name = seccomp_syscall_resolve_num_arch(architecture->token, number);

		if (name)
			find(name)->numbers[index] = number;
		free(name);
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const Call *)a)->name, ((const Call *)b)->name);
}

static void print_architectures(const Architecture *family, size_t n)
{
	(void)printf("#define CALL_ARCHITECTURES %zu\n", n);
	(void)printf("static const struct {\n\tconst char *name;\n\tuint32_t audit;\n"
		     "} call_architectures[CALL_ARCHITECTURES] = {\n");
	for (size_t i = 0; i < n; i++)
		(void)printf("\t{ \"%s\", 0x%x },\n", family[i].name,
			family[i].token == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : family[i].token);
	(void)printf("};\n\nstatic const char *const call_all_architectures[] = {\n");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		(void)printf("\t\"%s\",\n", known[i]);
	(void)printf("};\n\n");
}

static void print_calls(size_t n)
{
	size_t offset = 0;

	(void)printf("static const char call_names[] =\n");
	for (size_t i = 0; i < n_calls; i++)
		(void)printf("\t\"%s\\0\"\n", calls[i].name);
	(void)printf(
		"\t;\n\ntypedef struct CallNumbers {\n\tuint32_t name; /* in call_names */\n"
		"\tint32_t numbers[CALL_ARCHITECTURES]; /* -1: it has none */\n} CallNumbers;\n\n"
		"static const CallNumbers call_numbers[] = { /* sorted by name */\n");
	for (size_t i = 0; i < n_calls; i++) {
		(void)printf("\t{ %zu, {", offset);
		for (size_t k = 0; k < n; k++)
			(void)printf("%s %d", k ? "," : "", calls[i].numbers[k]);
		(void)printf(" } },\n");
		offset += strlen(calls[i].name) + 1;
	}
	(void)printf("};\n");
}

int main(void)
{
	const Architecture *family = NULL;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (!family && families[i][0].token == seccomp_arch_native())
			family = families[i];
	if (!family) {
		(void)fprintf(stderr, "seccomp generator: unknown architecture\n");
		return EXIT_FAILURE;
	}
	for (; n < ARCHITECTURES_MAX && family[n].name; n++)
		add(&family[n], n);
	qsort(calls, n_calls, sizeof(calls[0]), compare);
	(void)printf(
		"/* Written by src/engine/start/seccomp/generate-numbers.c. */\n#pragma once\n\n"
		"#include <stdint.h>\n\n");
	print_architectures(family, n);
	print_calls(n);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
