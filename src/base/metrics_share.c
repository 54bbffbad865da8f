/* SPDX-License-Identifier: ISC */
/* Shared metrics: a mapped file per worker, and a base for ended workers. */
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/ids.h"
#include "base/logger.h"
#include "base/mapped.h"
#include "base/mem.h"
#include "base/metrics_share.h"

#define NAME_SIZE 64
#define LOCK_TRIES 100		/* a process that holds the lock longer than */
#define LOCK_PAUSE_MS 10	/* a second is stopped */

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "counts are shared by processes");

struct metrics_share {
	char *dir;
	char base[NAME_SIZE];
	char prefix[NAME_SIZE];	/* of the workers' files */
	int fd;			/* this worker's file; holds its lock */
	struct metrics_page *page;
};

static int
fail(const struct metrics_share *s, struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE, "metrics_dir %s: %s", s->dir,
	    strerror(errno));
}

/* Returns the directory, locked until it is closed.  Opens it each time,
 * because threads that share an open file would share its lock. */
static int
dir_lock(const struct metrics_share *s, struct err *err)
{
	static const struct timespec rest = { 0, LOCK_PAUSE_MS * 1000000L };
	int fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), tries;

	if (fd < 0)
		return fail(s, err);
	for (tries = 0; tries < LOCK_TRIES; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		nanosleep(&rest, NULL);
	}
	fail(s, err);
	close(fd);
	return -1;
}

/* Maps the page in a file for reading; returns NULL if there is none. */
static struct metrics_page *
page_map(int fd)
{
	struct stat st;
	void *page;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size != sizeof(struct metrics_page))
		return NULL;
	page = mmap(NULL, sizeof(struct metrics_page), PROT_READ, MAP_SHARED,
	    fd, 0);
	return page == MAP_FAILED ? NULL : page;
}

static void
page_unmap(struct metrics_page *page)
{
	if (page != NULL)
		munmap(page, sizeof(*page));
}

static int
file_open(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK);
}

/* Returns a copy of the base; zeroed if there is none yet. */
static struct metrics_page *
base_read(const struct metrics_share *s, int dir)
{
	struct metrics_page *copy = mem_alloc(sizeof(*copy)), *page = NULL;
	int fd = file_open(dir, s->base);

	if (fd >= 0) {
		page = page_map(fd);
		close(fd);
	}
	if (page != NULL)
		memcpy(copy, page, sizeof(*copy));
	page_unmap(page);
	return copy;
}

/* Replaces the base atomically: a killed worker leaves the old or new one. */
static int
base_write(const struct metrics_share *s, int dir,
    const struct metrics_page *base)
{
	ssize_t written;
	int fd, rc = -1, saved;

	fd = openat(dir, "base.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (fd < 0)
		return -1;
	written = write(fd, base, sizeof(*base));
	if (written == (ssize_t)sizeof(*base))
		rc = renameat(dir, "base.new", dir, s->base);
	else if (written >= 0)
		errno = ENOSPC;
	saved = errno;
	close(fd);
	if (rc < 0)
		unlinkat(dir, "base.new", 0);
	errno = saved;
	return rc;
}

/* Adds the counts of an ended worker to the base.  The base stores the page's
 * ID: if the file cannot be removed, it is not added twice. */
static void
page_fold(const struct metrics_share *s, int dir, const char *name,
    const struct metrics_page *page)
{
	struct metrics_page *base = base_read(s, dir);
	size_t m, c;

	if (base->id != page->id) {
		base->id = page->id;
		for (m = 0; m < METRIC__COUNT; m++)
			for (c = 0; c < METRICS_CELLS; c++)
				base->cells[m][c] += page->cells[m][c];
		if (base_write(s, dir, base) < 0) {
			log_warn("metrics_dir %s: %s", s->dir,
			    strerror(errno));
			free(base);
			return;
		}
	}
	free(base);
	unlinkat(dir, name, 0);
}

typedef void page_fn(const struct metrics_share *, int dir, const char *name,
    const struct metrics_page *, bool alive, void *ctx);

static int
pages_walk(const struct metrics_share *s, int dir, page_fn *fn, void *ctx)
{
	struct metrics_page *page;
	struct dirent *entry;
	DIR *names;
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || (names = fdopendir(fd)) == NULL) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while ((entry = readdir(names)) != NULL) {
		if (strncmp(entry->d_name, s->prefix, strlen(s->prefix)) != 0 ||
		    (fd = file_open(dir, entry->d_name)) < 0)
			continue;
		if ((page = page_map(fd)) != NULL)
			fn(s, dir, entry->d_name, page,
			    flock(fd, LOCK_SH | LOCK_NB) < 0, ctx);
		page_unmap(page);
		close(fd);
	}
	closedir(names);
	return 0;
}

/* Implements page_fn. */
static void
fold_ended(const struct metrics_share *s, int dir, const char *name,
    const struct metrics_page *page, bool alive, void *ctx)
{
	(void)ctx;
	if (!alive)
		page_fold(s, dir, name, page);
}

struct visit {
	share_fn *fn;
	void *ctx;
	uint64_t added;		/* the page that the base contains already */
};

/* Implements page_fn. */
static void
visit_page(const struct metrics_share *s, int dir, const char *name,
    const struct metrics_page *page, bool alive, void *ctx)
{
	const struct visit *v = ctx;

	(void)s, (void)dir, (void)name;
	if (page->id != v->added)
		v->fn(page, alive, v->ctx);
}

int
share_walk(const struct metrics_share *s, share_fn *fn, void *ctx,
    struct err *err)
{
	struct visit v = { .fn = fn, .ctx = ctx };
	struct metrics_page *base;
	int dir = dir_lock(s, err), rc;

	if (dir < 0)
		return -1;
	rc = pages_walk(s, dir, fold_ended, NULL);
	base = base_read(s, dir);
	v.added = base->id;
	fn(base, false, ctx);
	free(base);
	if (rc == 0)
		rc = pages_walk(s, dir, visit_page, &v);
	if (rc < 0)
		fail(s, err);
	close(dir);
	return rc;
}

static int
page_create(struct metrics_share *s, int dir)
{
	char name[2 * NAME_SIZE];
	uint64_t id;
	int rc;

	id_random(&id, sizeof(id));
	snprintf(name, sizeof(name), "%s%016" PRIx64, s->prefix, id);
	s->fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return -1;
	if (flock(s->fd, LOCK_EX | LOCK_NB) == 0 &&
	    (s->page = mapped_open(s->fd, sizeof(*s->page))) != NULL) {
		s->page->id = id;
		s->page->pid = getpid();
		return 0;
	}
	rc = errno;
	unlinkat(dir, name, 0);
	errno = rc;
	return -1;
}

int
share_open(const char *path, uint64_t layout, struct metrics_share **out,
    struct metrics_page **page, struct err *err)
{
	struct metrics_share *s = mem_alloc(sizeof(*s));
	bool full = false;
	int dir, rc = -1;

	s->dir = mem_strdup(path);
	s->fd = -1;
	snprintf(s->base, sizeof(s->base), "base-%016" PRIx64, layout);
	snprintf(s->prefix, sizeof(s->prefix), "worker-%016" PRIx64 "-",
	    layout);
	if ((dir = dir_lock(s, err)) >= 0) {
		if ((rc = page_create(s, dir)) < 0) {
			full = mapped_is_full(errno);
			fail(s, err);
		}
		close(dir);
	}
	if (rc == 0) {
		*page = s->page;
		*out = s;
		return 0;
	}
	err->code = full ? ERR_UNAVAILABLE : ERR_CONFIG;
	share_close(&s);
	return -1;
}

void
share_close(struct metrics_share **share)
{
	struct metrics_share *s = *share;
	struct err err;
	bool created = s->page != NULL;
	int dir;

	page_unmap(s->page);
	if (s->fd >= 0)
		close(s->fd);
	/* The file is unlocked now: it is folded as an ended worker's. */
	if (created && (dir = dir_lock(s, &err)) >= 0) {
		pages_walk(s, dir, fold_ended, NULL);
		close(dir);
	}
	free(s->dir);
	free(s);
	*share = NULL;
}
