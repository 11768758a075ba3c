/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Golden documents: tests/golden/domain/xml/X.xml is printed as X.out, refused at start as X.warnings, compiled as X.spec; bad/X.xml is refused as X.error; lxc/X.config
 * gives X.out and X.warnings, or X.error. GOLDEN_WRITE writes them.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strv.h"
#include "base/unit-test.h"
#include "domain/grammar.h"
#include "domain/domain.h"

#define ID_BASE 1048576

static char *golden_path(const char *folder, const char *stem, const char *suffix)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/tests/golden/domain/%s/%s%s", getenv("SOURCE_ROOT"), folder,
			    stem, suffix) > 0);
	return path;
}

static char *golden_read(const char *folder, const char *stem, const char *suffix)
{
	_cleanup_free_ char *path = golden_path(folder, stem, suffix);
	_cleanup_error_ Error *error = NULL;
	char *text = NULL;

	if (file_read(path, &text, NULL, &error) < 0)
		fail_msg("%s", error_message(error));
	return text;
}

static void golden_compare(
	const char *folder, const char *stem, const char *suffix, const char *made)
{
	_cleanup_free_ char *path = golden_path(folder, stem, suffix), *golden = NULL;

	if (getenv("GOLDEN_WRITE"))
		assert_int_equal(file_write_atomic(path, made, strlen(made), 0644, NULL), 0);
	golden = golden_read(folder, stem, suffix);
	if (strcmp(golden, made) != 0)
		fail_msg("%s/%s%s is now:\n%s", folder, stem, suffix, made);
}

/* All files with that suffix, by their stem. */
static void each(const char *folder, const char *suffix, void (*check)(const char *stem))
{
	_cleanup_free_ char *path = golden_path(folder, "", "");
	DIR *dir = opendir(path);
	const struct dirent *entry;
	unsigned int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		const char *end = strrchr(entry->d_name, '.');
		char stem[64];

		if (!end || strcmp(end, suffix) != 0)
			continue;
		(void)snprintf(
			stem, sizeof(stem), "%.*s", (int)(end - entry->d_name), entry->d_name);
		check(stem);
		n++;
	}
	(void)closedir(dir);
	assert_true(n > 1);
}

static char *joined(char *const *lines)
{
	_cleanup_free_ char *text = strv_join(lines, "\n");
	char *with_end = NULL;

	assert_true(asprintf(&with_end, "%s%s", text, lines ? "\n" : "") >= 0);
	return with_end;
}

static Domain *parse(const char *text)
{
	_cleanup_error_ Error *error = NULL;
	Domain *domain = NULL;

	if (domain_parse_xml(text, strlen(text), "(domain_definition)", 0, &domain, &error) < 0)
		fail_msg("%s", error_message(error));
	return domain;
}

static char *format(const Domain *domain)
{
	char *text = NULL;

	assert_int_equal(domain_format_xml(domain, 0, &text, NULL), 0);
	return text;
}

static char *compile(const Domain *domain)
{
	struct DomainNodeFact nodes[8] = { { 10, 229 }, { 8, 16 } };
	DomainFacts facts = {
		.user_namespace = domain->root_kind != DOMAIN_ROOT_HOST,
		.user = domain->inituser ? 1000 : 0,
		.group = domain->inituser ? 1000 : 0,
		.nodes = nodes,
		.n_nodes = domain->n_hostdevs,
		.numbers = (char *[]){ (char *)"8:0", NULL },
		.join_network = domain_get(domain, "lxc:namespace/lxc:sharenet/@value")
					? (char *)"/run/netns/red"
					: NULL,
		.counts_memory = true,
		.stop_signal = "TERM",
		.hidden = (char *[]){ (char *)"/run/libvirt-sandbox", NULL },
	};
	_cleanup_identity_ Identity *identity = identity_new();
	_cleanup_error_ Error *error = NULL;
	_cleanup_spec_ Spec *spec = NULL;
	char *text = NULL;

	if (domain->root_kind != DOMAIN_ROOT_HOST)
		facts.hidden = NULL;
	identity->id_base = ID_BASE;
	identity->model = DESC_MODEL_SELINUX;
	identity->uuid = strdup("8369f1ac7e46e8694ca5759d51478066");
	identity->label = strdup("system_u:system_r:container_t:s0:c1,c2");
	identity->imagelabel = strdup("system_u:object_r:container_file_t:s0:c1,c2");
	if (spec_from_domain(domain, identity, &(Places){ 0 }, &(KernelFacts){ 0 }, &facts, &spec,
		    &error) < 0)
		fail_msg("%s", error_message(error));
	assert_int_equal(spec_format(spec, &text, NULL), 0);
	return text;
}

static void check_document(const char *stem)
{
	_cleanup_free_ char *text = golden_read("xml", stem, ".xml"), *out = NULL, *again = NULL,
			    *warnings = NULL, *spec = NULL;
	_cleanup_domain_ Domain *domain = parse(text), *second = NULL, *copy = NULL;
	_cleanup_error_ Error *error = NULL;

	out = format(domain);
	golden_compare("xml", stem, ".out", out);
	/* A fixed point, also when it is copied. */
	second = parse(out);
	again = format(second);
	assert_string_equal(out, again);
	assert_int_equal(domain_copy(domain, &copy, NULL), 0);
	free(again);
	again = format(copy);
	assert_string_equal(out, again);
	warnings = joined(domain->warnings);
	golden_compare("xml", stem, ".warnings", warnings);
	assert_int_equal(domain_check_start(domain, &error), domain->warnings ? -EOPNOTSUPP : 0);
	free(warnings);
	warnings = joined(domain->notes);
	golden_compare("xml", stem, ".notes", warnings);
	if (domain->warnings)
		return;
	spec = compile(domain);
	golden_compare("xml", stem, ".spec", spec);
}

TEST(documents)
{
	each("xml", ".xml", check_document);
}

static void check_bad(const char *stem)
{
	_cleanup_free_ char *text = golden_read("bad", stem, ".xml"), *line = NULL;
	_cleanup_error_ Error *error = NULL;
	Domain *domain = NULL;

	if (domain_parse_xml(text, strlen(text), "(domain_definition)", 0, &domain, &error) == 0)
		fail_msg("bad/%s.xml is accepted", stem);
	assert_null(domain);
	assert_true(asprintf(&line, "%s\n", error_message(error)) > 0);
	assert_null(strchr(line, '\n')[1] ? line : NULL); /* one sentence */
	golden_compare("bad", stem, ".error", line);
}

TEST(bad)
{
	each("bad", ".xml", check_bad);
}

static void check_lxc(const char *stem)
{
	_cleanup_free_ char *text = golden_read("lxc", stem, ".config"), *out = NULL, *told = NULL;
	_cleanup_strv_ char **warnings = NULL;
	_cleanup_domain_ Domain *domain = NULL;
	_cleanup_error_ Error *error = NULL;
	int r = domain_from_lxc(text, strlen(text), "config", &domain, &warnings, &error);

	if (r < 0) {
		assert_true(asprintf(&told, "%s\n", error_message(error)) > 0);
		golden_compare("lxc", stem, ".error", told);
		return;
	}
	assert_int_equal(
		domain_set(domain, "uuid", "8369f1ac-7e46-e869-4ca5-759d51478066", &error), 0);
	out = format(domain);
	golden_compare("lxc", stem, ".out", out);
	told = joined(warnings);
	golden_compare("lxc", stem, ".warnings", told);
}

TEST(lxc)
{
	each("lxc", ".config", check_lxc);
}

#define START                                                                                      \
	"<domain "                                                                                 \
	"type='lxc'><name>x</name><memory>1</memory><os><type>exe</type><init>/bin/sh</init></os>"

TEST(what_is_filled_in)
{
	_cleanup_domain_ Domain *one = parse(START "<devices><interface type='bridge'><source "
						   "bridge='b'/></interface></devices></domain>"),
				*two = parse(START "</domain>");

	assert_int_equal(strlen(one->uuid), 36);
	assert_string_not_equal(one->uuid, two->uuid);
	assert_int_equal(one->uuid[14], '4');
	assert_int_equal(strncmp(one->interfaces[0].mac, "52:54:00:", 9), 0);
	assert_string_equal(domain_get(two, "on_reboot"), "restart");
	assert_string_equal(domain_get(two, "devices/emulator"), "/usr/libexec/libvirt_lxc");
}

/* Quickly: what is larger than any document is refused before it is read. */
TEST(too_large)
{
	size_t size = 10 << 20;
	_cleanup_free_ char *text = malloc(size + 1);
	_cleanup_error_ Error *error = NULL;
	Domain *domain;

	memset(text, 'a', size);
	text[size] = '\0';
	memcpy(text, "<domain type='", 14);
	assert_int_equal(
		domain_parse_xml(text, size, "(domain_definition)", 0, &domain, &error), -EFBIG);
	assert_string_equal(
		error_message(error), "(domain_definition): it is larger than 1024 KiB");
}

static int compile_disks(
	const char *disks, const struct DomainNodeFact *nodes, Spec **ret, Error **error)
{
	_cleanup_identity_ Identity *identity = identity_new();
	_cleanup_free_ char *text = NULL;
	_cleanup_domain_ Domain *domain = NULL;

	assert_return_code(
		asprintf(&text, START "<devices><console type='pty'/>%s</devices></domain>", disks),
		0);
	domain = parse(text);
	return spec_from_domain(domain, identity, &(Places){ 0 }, &(KernelFacts){ 0 },
		&(DomainFacts){ .nodes = (struct DomainNodeFact *)nodes, .n_nodes = 2 }, ret,
		error);
}

/* The same node twice is one; two of one name are none. */
TEST(nodes_of_one_name)
{
	static const char bare_and_path[] =
		"<disk type='block'><source dev='/dev/loop1'/><target dev='vda'/></disk>"
		"<disk type='block'><source dev='/dev/loop1'/><target dev='/dev/vda'/></disk>";
	static const struct DomainNodeFact same[] = { { 7, 1 }, { 7, 1 } },
					   other[] = { { 7, 1 }, { 7, 2 } };
	_cleanup_spec_ Spec *spec = NULL, *none = NULL;
	_cleanup_error_ Error *error = NULL;
	unsigned int found = 0;

	assert_int_equal(compile_disks(bare_and_path, same, &spec, NULL), 0);
	for (size_t i = 0; i < spec->n_devices; i++)
		found += strcmp(spec->devices[i].path, "/dev/vda") == 0;
	assert_int_equal(found, 1);
	assert_int_equal(compile_disks(bare_and_path, other, &none, &error), -EINVAL);
	assert_non_null(strstr(error_message(error), "another device as /dev/vda already"));
}

TEST(changes)
{
	static const char interface[] = "<interface type='bridge'><source bridge='br0'/><mac "
					"address='52:54:00:00:00:09'/></interface>";
	_cleanup_domain_ Domain *domain =
		parse(START "<devices><console type='pty'/></devices></domain>");
	_cleanup_free_ char *before = format(domain), *after = NULL, *metadata = NULL;
	_cleanup_error_ Error *error = NULL;
	const DomainNode *device = NULL;

	assert_int_equal(domain_set(domain, "memtune/hard_limit", "2048", &error), 0);
	assert_int_equal(domain->hard_limit, 2048);
	assert_int_equal(domain_set(domain, "memtune/hard_limit", "many", &error), -EINVAL);
	assert_int_equal(domain->hard_limit, 2048);
	assert_int_equal(domain_set(domain, "memtune/hard_limit", NULL, &error), 0);
	assert_int_equal(domain_add_device(domain, interface, strlen(interface), &error), 0);
	assert_int_equal(domain->n_interfaces, 1);
	assert_int_equal(
		domain_find_device(domain,
			"<interface type='bridge'><mac address='52:54:00:00:00:09'/></interface>",
			71, &device, NULL),
		0);
	assert_int_equal(
		domain_find_device(domain,
			"<interface type='bridge'><mac address='52:54:00:00:00:08'/></interface>",
			71, &device, NULL),
		-ENOENT);
	assert_int_equal(domain_remove_device(domain, device, &error), 0);
	assert_int_equal(domain_set_metadata(
				 domain, "http://e.org/", "e", "<a b='1'><c>d</c></a>", 21, &error),
		0);
	assert_int_equal(domain_get_metadata(domain, "http://e.org/", &metadata, &error), 0);
	assert_string_equal(metadata, "<a b=\"1\">\n  <c>d</c>\n</a>");
	assert_int_equal(domain_set_metadata(domain, "http://e.org/", "e", NULL, 0, &error), 0);
	after = format(domain);
	assert_string_equal(before, after);
	assert_int_equal(domain_add_device(domain, "<video/>", 8, &error), -EINVAL);
}

TEST(live)
{
	_cleanup_domain_ Domain
		*domain = parse(
			START "<devices><interface type='bridge'><source "
			      "bridge='b'/></interface><console type='pty'/></devices></domain>"),
		*live = NULL;
	char *names[] = { (char *)"vsb0123-0", NULL };
	_cleanup_free_ char *before = format(domain), *running = NULL, *inactive = NULL;

	assert_int_equal(domain_with_live(domain,
				 &(DomainLive){ .id = 7,
					 .model = "selinux",
					 .label = "l",
					 .imagelabel = "i",
					 .console = "/dev/pts/3",
					 .host_names = names },
				 &live, NULL),
		0);
	running = format(live);
	assert_non_null(strstr(running, "<domain type='lxc' id='7'>"));
	assert_non_null(strstr(running,
		"<console type='pty' tty='/dev/pts/3'>\n      <source path='/dev/pts/3'/>"));
	assert_non_null(strstr(running, "<target dev='vsb0123-0'/>"));
	assert_non_null(strstr(running, "<partition>/machine</partition>"));
	assert_non_null(strstr(running, "<label>l</label>\n    <imagelabel>i</imagelabel>"));
	assert_int_equal(domain_format_xml(domain, DOMAIN_INACTIVE, &inactive, NULL), 0);
	assert_string_equal(inactive, before);
}

/* What the XML says beyond what a container can have is not given; "deny" gives nothing that is not said. */
TEST(capabilities)
{
	static const struct {
		const char *say, *caps;
	} cases[] = {
		{ "<capabilities policy='deny'/>", "" },
		{ "<capabilities policy='deny'><chown/><kill state='on'/><sys_module "
		  "state='on'/></capabilities>",
			"bounding=chown kill\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = NULL, *spec = NULL;
		_cleanup_domain_ Domain *domain = NULL;

		assert_true(asprintf(&text,
				    START "<features>%s</features><devices><console "
					  "type='pty'/></devices></domain>",
				    cases[i].say) > 0);
		domain = parse(text);
		spec = compile(domain);
		if (*cases[i].caps)
			assert_non_null(strstr(spec, cases[i].caps));
		else
			assert_null(strstr(spec, "bounding="));
	}
}

/* Each row can be reached, and none is there twice below one parent. */
TEST(grammar)
{
	for (size_t i = 0; i + 1 < rules_count; i++) {
		assert_true(rules[i + 1].depth <= rules[i].depth + 1);
		for (const Rule *a = rule_first(&rules[i]); a; a = rule_next(a)) {
			for (const Rule *b = rule_next(a); b; b = rule_next(b))
				if (strcmp(a->name, b->name) == 0)
					fail_msg("<%s> has %s twice", rules[i].name, a->name);
			if (a->value == VALUE_ENUM || a->value == VALUE_SIZE)
				assert_non_null(a->detail);
		}
	}
}

/* docs/LIBVIRT.md names each element that the grammar knows. */
TEST(paper)
{
	_cleanup_free_ char *path = NULL, *paper = NULL;

	assert_true(asprintf(&path, "%s/docs/LIBVIRT.md", getenv("SOURCE_ROOT")) > 0);
	assert_int_equal(file_read(path, &paper, NULL, NULL), 0);
	for (size_t i = 1; i < rules_count; i++) {
		char name[64];

		if (*rules[i].name == '@' || rules[i].flags & RULE_ANY_NAME)
			continue;
		(void)snprintf(name, sizeof(name), "`%s`", rules[i].name);
		if (!strstr(paper, name) && strcmp(rules[i].name, "clock") != 0 &&
			strcmp(rules[i].name, "devices") != 0)
			fail_msg("docs/LIBVIRT.md does not name %s", name);
	}
}
