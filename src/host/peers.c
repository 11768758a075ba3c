/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container has a loopback interface and a /run of its own: what a unit reaches there on the host is not inside unless that service is in the container, too. Of all that text names, what the
 * container is known to give is taken out again, and what nobody could be sure of.
 */
#include "host/host-read.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/config-reference.h"
#include "host/directives.h"
#include "host/host-listener.h"
#include "host/peer-note.h"
#include "host/unit-words.h"

#define FILES_MAX 256 /* of directories that a unit names */

typedef struct Resolve {
	const Reader *reader;
	HostListeners listeners;
} Resolve;

/* The words of a directive as lines; "A=1 B=2" are two. */
static int add_lines(const FactDirective *d, char ***lines, char ***keys)
{
	const Directive *row = directive_find(d->key);
	bool command = row && row->noun == NOUN_PROGRAM;
	_cleanup_strv_ char **words = NULL;
	_cleanup_free_ char *all = NULL;

	if (!row || (!command && row->noun != NOUN_VARIABLES))
		return 0;
	if (unit_words(d->value, row->words, &words) == -ENOMEM)
		return -ENOMEM;
	STRV_FOREACH (word, words)
		for (char *c = *word; *c; c++)
			*c = *c == '\n' ? ' ' : *c;
	all = strv_join(words, " ");
	if (!all)
		return -ENOMEM;
	if (command)
		return strv_append(lines, all) < 0 ? -ENOMEM : strv_append(keys, d->key);
	STRV_FOREACH (word, words)
		if (strv_append(lines, *word) < 0 || strv_append(keys, d->key) < 0)
			return -ENOMEM;
	return 0;
}

/* How much of the line may be shown: a variable's name or that of an option. Whatever else stands in it may be a password. */
static char *shown_of(const char *key, const char *line, const PeerMention *m)
{
	const Directive *row = directive_find(key);
	size_t n = strlen(m->key);

	if (row && row->noun == NOUN_VARIABLES)
		return strndup(line, strchr(line, '=') ? strcspn(line, "=") : 0);
	if (strncmp(m->key, "--", 2) != 0)
		return strdup("");
	for (const char *at = strstr(line, m->key); at; at = strstr(at + 1, m->key))
		if ((at == line || at[-1] == ' ') && (at[n] == ' ' || at[n] == '='))
			return strdup(m->key);
	return strdup("");
}

static int add_of_unit(
	const FactUnit *unit, const char *key, const char *line, PeerMention *m, Facts *facts)
{
	_cleanup_free_ char *where = NULL, *shown = shown_of(key, line, m);

	if (!shown)
		return -ENOMEM;
	if (asprintf(&where, "%s: %s=%s%s", unit->name, key, shown, *shown ? " ..." : "...") < 0) {
		where = NULL;
		return -ENOMEM;
	}
	return peer_note(where, NULL, m, facts);
}

/* All directives together: a host and its port may stand in two of them. */
static int note_unit(const FactUnit *unit, Facts *facts)
{
	_cleanup_peer_text_ PeerText named = { 0 };
	_cleanup_strv_ char **lines = NULL, **keys = NULL;
	_cleanup_free_ char *text = NULL;
	int r = 0;

	for (size_t i = 0; i < unit->n_directives && r == 0; i++)
		r = add_lines(&unit->directives[i], &lines, &keys);
	if (r < 0 || !lines)
		return r;
	text = strv_join(lines, "\n");
	if (!text)
		return -ENOMEM;
	r = peer_text_parse(text, strlen(text), &named);
	for (size_t i = 0; i < named.n_ports && r == 0; i++)
		r = peer_note_port(named.ports[i], facts);
	for (size_t i = 0; i < named.n && r == 0; i++) {
		size_t line = named.mentions[i].line - 1;

		r = add_of_unit(unit, keys[line], lines[line], &named.mentions[i], facts);
	}
	return r;
}

static int note_path(const Reader *reader, const char *path, Facts *facts)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r = config_reference_read_text(&reader->root, path, &text, &size);

	if (r < 0 || memchr(text, '\0', size))
		return r == -ENOMEM ? r : 0;
	return peer_note_file(path, text, size, facts);
}

/* EnvironmentFile= */
static int note_environment(const Reader *reader, const FactUnit *unit, Facts *facts)
{
	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];
		_cleanup_strv_ char **paths = NULL;

		if (strcmp(d->key, "EnvironmentFile") != 0)
			continue;
		if (host_root_glob(&reader->root, d->value + strspn(d->value, "-"), &paths) < 0)
			return -ENOMEM;
		STRV_FOREACH (path, paths)
			if (note_path(reader, *path, facts) < 0)
				return -ENOMEM;
	}
	return 0;
}

/* A directory of configuration that no package owns is brought whole, and so are the settings of an application, which lie in its first directory. */
static int note_directory(const Reader *reader, const char *directory, size_t *n, Facts *facts)
{
	_cleanup_strv_ char **names = NULL;
	int r = host_root_list(&reader->root, directory, &names);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	STRV_FOREACH (name, names) {
		_cleanup_free_ char *path = path_join(directory, *name);

		if (!path)
			return -ENOMEM;
		if (path_is_below(directory, "/etc") ? (*name)[0] != '.'
						     : strncmp(*name, ".env", 4) == 0)
			r = (*n)++ < FILES_MAX ? note_path(reader, path, facts) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static int note_directories(const Reader *reader, Facts *facts)
{
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < facts->n_references && r == 0; i++) {
		const FactReference *reference = &facts->references[i];

		if (reference->type == FACT_FILE_DIRECTORY &&
			package_index_owner(&reader->packages, reference->path) == PACKAGE_NONE)
			r = note_directory(reader, reference->path, &n, facts);
	}
	return r;
}

/* The service that listens there in most places, by its protocol, or its name in the key. */
static const Stanza *service_of(const Reader *reader, const PeerMention *m)
{
	const Knowledge *knowledge = reader->facts->knowledge;

	KNOWLEDGE_FOREACH (name, knowledge, STANZA_LOCAL_SERVICE, "scheme")
		if (strcasecmp(name.value, m->scheme) == 0)
			return name.stanza;
	KNOWLEDGE_FOREACH (place, knowledge, STANZA_LOCAL_SERVICE, "socket")
		if (m->path && path_is_below(m->path, place.value))
			return place.stanza;
	KNOWLEDGE_FOREACH (name, knowledge, STANZA_LOCAL_SERVICE, "scheme")
		if (!*m->scheme && strcasestr(m->key, name.value))
			return name.stanza;
	return NULL;
}

/* Does a unit that is inside listen there for its service, or make the directory of the socket? */
static bool gives(const FactUnit *unit, const PeerMention *m)
{
	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];
		const char *colon = strrchr(d->value, ':');
		_cleanup_strv_ char **words = NULL;

		if (strncmp(d->key, "Listen", 6) == 0 &&
			(m->path ? strcmp(d->value, m->path) == 0
				 : strtoul(colon ? colon + 1 : d->value, NULL, 10) == m->port))
			return true;
		if (!m->path || strcmp(d->key, "RuntimeDirectory") != 0 ||
			unit_directive_words(d->key, d->value, &words) < 0)
			continue;
		STRV_FOREACH (word, words) {
			_cleanup_free_ char *made = path_join("/run", *word);

			if (made && path_is_below(m->path, made))
				return true;
		}
	}
	return false;
}

static bool is_inside(const Resolve *resolve, const PeerMention *m, const Stanza *service,
	const HostListener *listener)
{
	const Facts *facts = resolve->reader->facts;
	uint32_t package;

	for (size_t i = 0; m->port && i < facts->n_own_ports; i++)
		if (facts->own_ports[i] == m->port)
			return true;
	for (size_t i = 0; i < facts->n_units; i++) {
		if (gives(&facts->units[i], m))
			return true;
		STRV_FOREACH (name, facts->units[i].names) {
			_cleanup_free_ char *prefix = strndup(*name, strcspn(*name, "@."));

			if (service && prefix && stanza_has(service, "name", prefix))
				return true;
		}
	}
	if (!listener)
		return false;
	if (listener->unit && facts_has_unit(facts, listener->unit))
		return true;
	package = listener->program
			  ? package_index_owner(&resolve->reader->packages, listener->program)
			  : PACKAGE_NONE;
	for (size_t i = 0; package != PACKAGE_NONE && i < facts->n_units; i++)
		if (facts->units[i].package &&
			strcmp(facts->units[i].package,
				resolve->reader->packages.packages[package].name) == 0)
			return true;
	return false;
}

/* What systemd inside has, too, and what no service is behind. */
static bool is_of_every_system(const char *path)
{
	static const char *const places[] = { "/run/dbus", "/run/lock", "/run/shm", "/run/systemd",
		"/run/user" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (path_is_below(path, places[i]))
			return true;
	return false;
}

/* Or is it what a package has, enabled by a link? */
static bool is_packaged(const Reader *reader, const char *file)
{
	_cleanup_free_ char *real = NULL;

	if (!file || package_index_owner(&reader->packages, file) != PACKAGE_NONE)
		return file;
	return host_root_realpath(&reader->root, file, &real) == 0 &&
	       package_index_owner(&reader->packages, real) != PACKAGE_NONE;
}

/* Most paths below /run and /tmp are of no socket. */
static bool may_be_socket(const Reader *reader, const char *path)
{
	KNOWLEDGE_FOREACH (place, reader->facts->knowledge, STANZA_LOCAL_SERVICE, "socket")
		if (path_is_below(path, place.value))
			return true;
	return strstr(path, ".sock");
}

/* Is it worth a word? Where somebody listens on the host it is: what the program finds there today it does not find inside. Where nobody does, what
 * the administrator wrote is believed if it says clearly that the program connects. */
static int resolve_peer(Resolve *resolve, FactPeer *peer, bool *ret)
{
	PeerMention *m = &peer->mention;
	const Stanza *service = service_of(resolve->reader, m);
	const HostListener *listener;
	const char *port = service ? stanza_get(service, "port") : NULL;

	*ret = false;
	if (m->role == PEER_LISTENS || (m->path && is_of_every_system(m->path)))
		return 0;
	if (service && m->role == PEER_UNKNOWN)
		m->role = PEER_CONNECTS;
	if (!m->path && m->port == 0 && port)
		m->port = (unsigned int)strtoul(port, NULL, 10);
	listener = m->port || m->path ? host_listeners_find(&resolve->listeners, m->port, m->path)
				      : NULL;
	if (listener && host_listeners_find_holders(&resolve->listeners) < 0)
		return -ENOMEM;
	if (is_inside(resolve, m, service, listener))
		return 0;
	*ret = listener ||
	       (m->role == PEER_CONNECTS && (!m->path || may_be_socket(resolve->reader, m->path)) &&
		       !is_packaged(resolve->reader, peer->file));
	if (!listener)
		return 0;
	peer->holder = listener->unit ? strdup(listener->unit)
				      : strdup(listener->command ? listener->command : "a program");
	return peer->holder ? 0 : -ENOMEM;
}

static int resolve_all(const Reader *reader)
{
	Resolve resolve = { reader, { 0 } };
	Facts *facts = reader->facts;
	size_t kept = 0;
	int r = 0;

	if (facts->n_peers > 0 && !*reader->root.path)
		r = host_listeners_read(&resolve.listeners);
	for (size_t i = 0; i < facts->n_peers; i++) {
		FactPeer peer = facts->peers[i];
		bool keep = false;

		if (r == 0)
			r = resolve_peer(&resolve, &peer, &keep);
		if (keep)
			facts->peers[kept++] = peer;
		else
			fact_peer_done(&peer);
	}
	facts->n_peers = kept;
	host_listeners_done(&resolve.listeners);
	return r;
}

int peers_read(Reader *reader, Error **ret_error)
{
	Facts *facts = reader->facts;
	int r = note_directories(reader, facts);

	for (size_t i = 0; i < facts->n_units && r == 0; i++) {
		r = note_unit(&facts->units[i], facts);
		if (r == 0)
			r = note_environment(reader, &facts->units[i], facts);
	}
	if (r == 0)
		r = resolve_all(reader);
	return r < 0 ? error_oom(ret_error) : 0;
}
