/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets made fresh, by the programs whose formats they are in: openssl and ssh-keygen. Neither gets a path below the tree, where the container that is
 * cloned may have put links: what they make is in memory first, and then written by descriptor.
 */
#include "content/generated-secret.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/spawn.h"

static const char tls[] = "tls-certificate ", host_key[] = "ssh-host-key ",
		  shared[] = "shared-key "; /* kinds with something behind them */

#define SHARED_BYTES 32 /* of a key for HMAC-SHA256 */

/* What the container that is cloned has under that name goes: a link, a fifo that nobody reads, a second name of another file. */
static int write_file(int parent_fd, const char *name, const char *text, mode_t mode, uid_t uid,
	gid_t gid, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r = file_remove_tree(parent_fd, name, ret_error);
	if (r < 0)
		return r;
	fd = openat(parent_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot make %s", name);
	r = fd_write_all(fd, text, strlen(text));
	if (r < 0)
		return error_errno(ret_error, -r, "cannot write %s", name);
	if (fchown(fd, uid, gid) < 0 || fchmod(fd, mode) < 0)
		return error_errno(ret_error, errno, "cannot set owner and mode of %s", name);
	return 0;
}

/* What openssl(1) says of a key: the algorithm and, in *option, its size or curve, as genpkey wants them. Both untouched where nobody can say. */
static void read_algorithm(const char *source, const char **algorithm, char **option)
{
	static const char curve[] = "ASN1 OID: ", bits[] = "Public-Key: (";
	static const char *const plain[] = { "ED25519", "ED448" };
	_cleanup_free_ char *text = NULL;
	char *const argv[] = { (char *)"openssl", (char *)"pkey", (char *)"-passin",
		(char *)"pass:", (char *)"-noout", (char *)"-text_pub", (char *)"-in",
		(char *)source, NULL };
	const char *found;
	int status = 0;

	if (spawn_run(argv, NULL, &text, &status, NULL) < 0 || status != 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (strncmp(text, plain[i], strlen(plain[i])) == 0)
			*algorithm = plain[i];
	found = strstr(text, curve);
	if (found && asprintf(option, "ec_paramgen_curve:%.*s",
			     (int)strcspn(found + strlen(curve), "\n"), found + strlen(curve)) < 0)
		*option = NULL;
	found = strstr(text, bits);
	if (!found || !strstr(text, "Modulus:"))
		return;
	*algorithm = "RSA";
	if (asprintf(option, "rsa_keygen_bits:%.*s",
		    (int)strspn(found + strlen(bits), "0123456789"), found + strlen(bits)) < 0)
		*option = NULL;
}

/* Of the same kind as source, a key of the host: some programs take no other. NULL: whatever is good. */
static int make_key(const char *source, char **ret, Error **ret_error)
{
	const char *algorithm = NULL;
	_cleanup_free_ char *option = NULL;

	if (source)
		read_algorithm(source, &algorithm, &option);
	if (!algorithm && !option) {
		option = strdup("ec_paramgen_curve:prime256v1");
		if (!option)
			return error_oom(ret_error);
	}
	char *const argv[] = { (char *)"openssl", (char *)"genpkey", (char *)"-algorithm",
		(char *)(algorithm ? algorithm : "EC"), option ? (char *)"-pkeyopt" : NULL, option,
		NULL };

	return spawn_run(argv, NULL, ret, NULL, ret_error);
}

static int make_certificate(const char *key, const char *hostname, char **ret, Error **ret_error)
{
	_cleanup_free_ char *subject = NULL, *names = NULL;

	if (asprintf(&subject, "/CN=%s", hostname) < 0 ||
		asprintf(&names, "subjectAltName=DNS:%s", hostname) < 0)
		return error_oom(ret_error);
	char *const argv[] = { (char *)"openssl", (char *)"req", (char *)"-x509", (char *)"-new",
		(char *)"-sha256", (char *)"-days", (char *)"3650", (char *)"-subj", subject,
		(char *)"-addext", names, (char *)"-key", (char *)"/dev/stdin", NULL };

	return spawn_run(argv, key, ret, NULL, ret_error);
}

static int tls_certificate(const PlanEntry *entry, const char *certificate, int tree_fd,
	int parent_fd, const char *hostname, uid_t uid, gid_t gid, Error **ret_error)
{
	_cleanup_free_ char *key = NULL, *text = NULL, *folder = NULL, *both = NULL;
	_cleanup_fd_ int fd = -EBADF;
	bool one = strcmp(certificate, entry->path) == 0;
	int r = make_key(entry->source, &key, ret_error);
	if (r >= 0)
		r = make_certificate(key, hostname, &text, ret_error);
	if (r < 0)
		return r;
	if (one && asprintf(&both, "%s%s", key, text) < 0)
		return error_oom(ret_error);
	r = write_file(parent_fd, path_base(entry->path), one ? both : key, entry->mode, uid, gid,
		ret_error);
	if (r < 0 || one)
		return r;
	folder = strndup(certificate, (size_t)(path_base(certificate) - certificate));
	if (!folder)
		return error_oom(ret_error);
	fd = path_open_in_root(tree_fd, folder, O_PATH | O_DIRECTORY, 0);
	if (fd == -ENOENT)
		fd = path_mkdir_in_root(tree_fd, folder, 0755);
	if (fd < 0)
		return error_errno(ret_error, -fd, "cannot make %s", folder);
	return write_file(fd, path_base(certificate), text, 0644, 0, 0, ret_error);
}

static int private_key(
	const PlanEntry *entry, int parent_fd, uid_t uid, gid_t gid, Error **ret_error)
{
	_cleanup_free_ char *key = NULL;
	int r = make_key(entry->source, &key, ret_error);

	return r < 0 ? r
		     : write_file(parent_fd, path_base(entry->path), key, entry->mode, uid, gid,
			       ret_error);
}

/* A file system in memory that nobody can reach by a path but through our descriptor, and that ends with it, even if we are killed. */
static int open_private(Error **ret_error)
{
	_cleanup_fd_ int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0700", 0) < 0 ||
		fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return error_errno(ret_error, errno, "cannot create a file system for a key");
	fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? error_errno(ret_error, errno, "cannot create a file system for a key") : fd;
}

static int move_key(int private_fd, const char *from, int parent_fd, const char *name, mode_t mode,
	uid_t uid, gid_t gid, Error **ret_error)
{
	_cleanup_fd_ int fd = path_open_no_links(private_fd, from, O_RDONLY, 0);
	_cleanup_free_ char *text = NULL;
	int r = fd < 0 ? fd : fd_read_all(fd, FILE_LIMIT, &text, NULL);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot read what ssh-keygen wrote");
	return write_file(parent_fd, name, text, mode, uid, gid, ret_error);
}

static int ssh_host_key(const PlanEntry *entry, const char *type, int parent_fd,
	const char *hostname, uid_t uid, gid_t gid, Error **ret_error)
{
	_cleanup_free_ char *path = NULL, *comment = NULL, *public = NULL;
	_cleanup_fd_ int fd = open_private(ret_error);
	int r;

	if (fd < 0)
		return fd;
	if (asprintf(&path, "/proc/%d/fd/%d/key", (int)getpid(), fd) < 0 ||
		asprintf(&comment, "root@%s", hostname) < 0 ||
		asprintf(&public, "%s.pub", path_base(entry->path)) < 0)
		return error_oom(ret_error);
	char *const argv[] = { (char *)"ssh-keygen", (char *)"-q", (char *)"-t", (char *)type,
		(char *)"-N", (char *)"", (char *)"-C", comment, (char *)"-f", path, NULL };

	r = spawn_run(argv, NULL, NULL, NULL, ret_error);
	if (r == 0)
		r = move_key(fd, "key", parent_fd, path_base(entry->path), entry->mode, uid, gid,
			ret_error);
	return r < 0 ? r : move_key(fd, "key.pub", parent_fd, public, 0644, 0, 0, ret_error);
}

static void base64(const unsigned char *data, size_t size, char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < size; i += 3) {
		unsigned int left = (unsigned int)(size - i), v = (unsigned int)data[i] << 16;

		if (left > 1)
			v |= (unsigned int)data[i + 1] << 8;
		if (left > 2)
			v |= data[i + 2];
		*out++ = digits[v >> 18];
		*out++ = digits[(v >> 12) & 63];
		*out++ = left > 1 ? digits[(v >> 6) & 63] : '=';
		*out++ = left > 2 ? digits[v & 63] : '=';
	}
	*out = '\0';
}

/* text with the key, in base64, for its "%1". */
static int shared_key(const PlanEntry *entry, const char *text, int parent_fd, uid_t uid, gid_t gid,
	Error **ret_error)
{
	const char *place = strstr(text, "%1");
	unsigned char secret[SHARED_BYTES];
	char encoded[SHARED_BYTES * 4 / 3 + 4];
	_cleanup_free_ char *whole = NULL;

	if (!place)
		return error_set(ret_error, EINVAL, "the text of %s has no %%1", entry->path);
	if (getrandom(secret, sizeof(secret), 0) != (ssize_t)sizeof(secret))
		return error_errno(ret_error, errno, "cannot read random bytes");
	base64(secret, sizeof(secret), encoded);
	if (asprintf(&whole, "%.*s%s%s", (int)(place - text), text, encoded, place + 2) < 0) {
		whole = NULL;
		return error_oom(ret_error);
	}
	return write_file(
		parent_fd, path_base(entry->path), whole, entry->mode, uid, gid, ret_error);
}

bool generated_secret_covers(const PlanEntry *entry, const char *path)
{
	size_t n = strlen(entry->path);

	if (entry->kind != PLAN_SECRET)
		return false;
	if (strcmp(path, entry->path) == 0)
		return true;
	if (strncmp(entry->content, tls, strlen(tls)) == 0)
		return strcmp(path, entry->content + strlen(tls)) == 0;
	return strncmp(entry->content, host_key, strlen(host_key)) == 0 &&
	       strncmp(path, entry->path, n) == 0 && strcmp(path + n, ".pub") == 0;
}

int generated_secret_make(const PlanEntry *entry, int tree_fd, int parent_fd, const char *hostname,
	uid_t uid, gid_t gid, Error **ret_error)
{
	if (strncmp(entry->content, tls, strlen(tls)) == 0)
		return tls_certificate(entry, entry->content + strlen(tls), tree_fd, parent_fd,
			hostname, uid, gid, ret_error);
	if (strncmp(entry->content, host_key, strlen(host_key)) == 0)
		return ssh_host_key(entry, entry->content + strlen(host_key), parent_fd, hostname,
			uid, gid, ret_error);
	if (strcmp(entry->content, "private-key") == 0)
		return private_key(entry, parent_fd, uid, gid, ret_error);
	if (strncmp(entry->content, shared, strlen(shared)) == 0)
		return shared_key(
			entry, entry->content + strlen(shared), parent_fd, uid, gid, ret_error);
	return error_set(ret_error, EINVAL, "there is no way to generate \"%s\" for %s",
		entry->content, entry->path);
}
