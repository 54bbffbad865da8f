#include <sys/eventfd.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/logger.h"
#include "base/mem.h"
#include "db/listen.h"

#define CHANNEL "creel"
#define REPLY "reply "		/* and an event's id: somebody may wait */
#define ALIVE_MS 10000		/* silence after which we ask */
#define RETRY_MS 500

struct listener {
	struct cache *cache;	/* NULL: none is kept */
	struct waits *waits;
	struct pg *db;
	int wake;		/* eventfd: the thread shall end */
	atomic_bool stopping;
	pthread_t thread;
};

/* Which statement's row a notification "KIND KEY" is about.  All other kinds
 * are those of hooks. */
static const struct {
	const char *kind;
	enum sql_id sql;
} kinds[] = {
	{ "key", SQL_KEY_FIND },
	{ "organization", SQL_ORGANIZATION_APPLICATIONS },
	{ NULL, SQL__COUNT }
};

static void
hear(struct listener *l, char *payload)
{
	char *key = strchr(payload, ' ');
	size_t i;

	if (strncmp(payload, REPLY, sizeof(REPLY) - 1) == 0) {
		waits_wake(l->waits, payload);
		return;
	}
	if (l->cache == NULL)
		return;
	/* "*", and what a newer schema may send. */
	if (key == NULL) {
		cache_clear(l->cache);
		return;
	}
	*key++ = '\0';

	const struct pg_value address[] = { PG_TEXT(payload), PG_TEXT(key) };

	for (i = 0; kinds[i].kind != NULL; i++)
		if (strcmp(kinds[i].kind, payload) == 0) {
			cache_drop(l->cache, kinds[i].sql, &address[1]);
			return;
		}
	cache_drop(l->cache, SQL_ADDRESS_FIND, address);
}

/* Until the connection is lost, or the thread shall end. */
static int
follow(struct listener *l, struct err *err)
{
	char *payload;

	while (!atomic_load(&l->stopping)) {
		if (pg_notification(l->db, l->wake, ALIVE_MS, &payload,
		    err) < 0)
			return -1;
		if (payload != NULL)
			hear(l, payload);
		else if (pg_listen(l->db, CHANNEL, err) < 0)
			return -1;
		free(payload);
	}
	return 0;
}

static void *
run(void *arg)
{
	struct listener *l = arg;
	struct pollfd wake = { .fd = l->wake, .events = POLLIN };
	struct err err;
	bool told = false;

	while (!atomic_load(&l->stopping)) {
		if (pg_listen(l->db, CHANNEL, &err) == 0) {
			if (l->cache != NULL)
				cache_clear(l->cache);
			log_info("listening for changes");
			told = false;
			if (follow(l, &err) == 0)
				break;
		}
		if (!told)
			log_warn("changes are heard of late: %s", err.text);
		told = true;
		poll(&wake, 1, RETRY_MS);
	}
	return NULL;
}

int
listen_start(const struct conf *conf, struct cache *cache,
    struct waits *waits, struct listener **out, struct err *err)
{
	const struct pg_options options = pg_options_listener(conf);
	struct listener *l = mem_alloc(sizeof(*l));
	int rc;

	l->cache = cache;
	l->waits = waits;
	l->db = pg_open(&options);
	l->wake = eventfd(0, EFD_CLOEXEC);
	rc = l->wake < 0 ? errno : pthread_create(&l->thread, NULL, run, l);
	if (rc == 0) {
		*out = l;
		return 0;
	}
	if (l->wake >= 0)
		close(l->wake);
	pg_close(&l->db);
	free(l);
	return err_set(err, ERR_INTERNAL, "threads: %s", strerror(rc));
}

void
listen_stop(struct listener **listener)
{
	struct listener *l = *listener;
	uint64_t one = 1;

	if (l == NULL)
		return;
	atomic_store(&l->stopping, true);
	if (write(l->wake, &one, sizeof(one)) < 0)
		log_error("eventfd: %s", strerror(errno));
	pthread_join(l->thread, NULL);
	close(l->wake);
	pg_close(&l->db);
	free(l);
	*listener = NULL;
}
