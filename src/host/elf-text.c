/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Heads of programs, read with every offset checked: nobody says that the file is well made.
 */
#include "host/elf-text.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/strv.h"

#define SCRIPT_MAX 256 /* bytes of the first line that the kernel reads */
#define SEGMENTS_MAX 128
#define DYNAMIC_MAX 1024 /* entries */
#define STRING_MAX 4096

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#elif defined(__riscv)
#define MACHINE EM_RISCV
#elif defined(__powerpc64__)
#define MACHINE EM_PPC64
#elif defined(__s390x__)
#define MACHINE EM_S390
#else
#define MACHINE EM_NONE
#endif

typedef struct Elf {
	int fd;
	Elf64_Phdr segments[SEGMENTS_MAX];
	size_t n_segments;
	Elf64_Off strings; /* in the file; 0: none */
} Elf;

void elf_text_done(ElfText *text)
{
	free(text->interpreter);
	free(text->found_by_env);
	strv_free(text->needed);
	strv_free(text->directories);
	*text = (ElfText){ 0 };
}

static bool read_at(int fd, void *data, size_t size, Elf64_Off offset)
{
	return offset <= INT64_MAX && pread(fd, data, size, (off_t)offset) == (ssize_t)size;
}

/* The string at offset, newly allocated; NULL: there is none, or no memory. */
static char *string_at(int fd, Elf64_Off offset)
{
	char text[STRING_MAX];
	ssize_t n = offset <= INT64_MAX ? pread(fd, text, sizeof(text), (off_t)offset) : -1;

	return n > 0 && memchr(text, '\0', (size_t)n) ? strdup(text) : NULL;
}

/* env(1): options and variables, then the name. */
static int read_env_words(const char *words, ElfText *text)
{
	for (words += strspn(words, " \t\r"); *words; words += strspn(words, " \t\r")) {
		size_t n = strcspn(words, " \t\r");

		if (*words != '-' && !memchr(words, '=', n)) {
			text->found_by_env = strndup(words, n);
			return text->found_by_env ? 0 : -ENOMEM;
		}
		words += n;
	}
	return 0;
}

static int read_script(int fd, ElfText *text)
{
	char line[SCRIPT_MAX + 1];
	ssize_t n = pread(fd, line, SCRIPT_MAX, 0);
	const char *word;

	line[n < 0 ? 0 : n] = '\0';
	word = line + 2 + strspn(line + 2, " \t");
	if (*word != '/')
		return 0;
	text->interpreter = strndup(word, strcspn(word, " \t\r\n"));
	if (!text->interpreter)
		return -ENOMEM;
	word += strlen(text->interpreter);
	line[strcspn(line, "\n")] = '\0';
	return strcmp(path_base(text->interpreter), "env") == 0 ? read_env_words(word, text) : 0;
}

/* Where in the file an address is. 0: nowhere. */
static Elf64_Off offset_of(const Elf *elf, Elf64_Addr address)
{
	for (size_t i = 0; i < elf->n_segments; i++) {
		const Elf64_Phdr *s = &elf->segments[i];

		if (s->p_type == PT_LOAD && address >= s->p_vaddr &&
			address - s->p_vaddr < s->p_filesz)
			return s->p_offset + (address - s->p_vaddr);
	}
	return 0;
}

static int add_entry(const Elf *elf, const Elf64_Dyn *entry, ElfText *text)
{
	bool library = entry->d_tag == DT_NEEDED;
	_cleanup_strv_ char **words = NULL;
	_cleanup_free_ char *name = NULL;

	if ((!library && entry->d_tag != DT_RUNPATH && entry->d_tag != DT_RPATH) || !elf->strings)
		return 0;
	name = string_at(elf->fd, elf->strings + entry->d_un.d_val);
	if (!name)
		return 0;
	if (library)
		return strv_length(text->needed) < ELF_NEEDED_MAX ? strv_append(&text->needed, name)
								  : 0;
	if (strv_split(&words, name, ":") < 0)
		return -ENOMEM;
	STRV_FOREACH (word, words)
		if (strv_append(&text->directories, *word) < 0)
			return -ENOMEM;
	return 0;
}

static int read_dynamic(Elf *elf, const Elf64_Phdr *segment, ElfText *text)
{
	size_t n = segment->p_filesz / sizeof(Elf64_Dyn);
	Elf64_Dyn entries[DYNAMIC_MAX];
	int r = 0;

	if (n > DYNAMIC_MAX)
		n = DYNAMIC_MAX;
	if (n == 0 || !read_at(elf->fd, entries, n * sizeof(*entries), segment->p_offset))
		return 0;
	for (size_t i = 0; i < n; i++)
		if (entries[i].d_tag == DT_STRTAB)
			elf->strings = offset_of(elf, entries[i].d_un.d_ptr);
	for (size_t i = 0; i < n && r == 0 && entries[i].d_tag != DT_NULL; i++)
		r = add_entry(elf, &entries[i], text);
	return r;
}

static int read_elf(int fd, const unsigned char *ident, ElfText *text)
{
	Elf elf = { .fd = fd };
	Elf64_Ehdr head;
	int r = 0;

	if (ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
		!read_at(fd, &head, sizeof(head), 0) || head.e_machine != MACHINE) {
		text->foreign = MACHINE != EM_NONE;
		return 0;
	}
	elf.n_segments = head.e_phnum < SEGMENTS_MAX ? head.e_phnum : SEGMENTS_MAX;
	if (head.e_phentsize != sizeof(Elf64_Phdr) ||
		!read_at(fd, elf.segments, elf.n_segments * sizeof(*elf.segments), head.e_phoff))
		return 0;
	for (size_t i = 0; i < elf.n_segments && r == 0; i++) {
		if (elf.segments[i].p_type == PT_DYNAMIC)
			r = read_dynamic(&elf, &elf.segments[i], text);
		else if (elf.segments[i].p_type == PT_INTERP && !text->interpreter)
			text->interpreter = string_at(fd, elf.segments[i].p_offset);
	}
	return r;
}

int elf_text_read(int fd, ElfText *ret)
{
	_cleanup_elf_text_ ElfText text = { 0 };
	unsigned char ident[EI_NIDENT] = { 0 };
	ssize_t n = pread(fd, ident, sizeof(ident), 0);
	int r = 0;

	if (n >= 2 && memcmp(ident, "#!", 2) == 0)
		r = read_script(fd, &text);
	else if (n == (ssize_t)sizeof(ident) && memcmp(ident, ELFMAG, SELFMAG) == 0)
		r = read_elf(fd, ident, &text);
	if (r < 0)
		return r;
	*ret = text;
	text = (ElfText){ 0 };
	return 0;
}
