/* SPDX-License-Identifier: ISC */
/* IDs and secrets: ObjectIds, UUIDs and random bytes. */
#include <sys/random.h>

#include <ctype.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/ids.h"
#include "base/logger.h"

#define OBJECT_BYTES 12
#define EVENT_RANDOM 8		/* random bytes of an event id */

/* Ends the process on failure: without random bits there are no secrets. */
void
id_random(void *p, size_t n)
{
	unsigned char *at = p;
	ssize_t got;

	while (n > 0) {
		got = getrandom(at, n, 0);
		if (got < 0) {
			log_error("getrandom: no random bits");
			_exit(EX_OSERR);
		}
		at += got;
		n -= (size_t)got;
	}
}

static void
put_uuid(char *out, const unsigned char *p)
{
	static const size_t groups[] = { 4, 2, 2, 2, 6 };
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (i > 0)
			*out++ = '-';
		out = hex_put(out, p, groups[i]);
		p += groups[i];
	}
	*out = '\0';
}

static unsigned char object_process[5];
static _Atomic uint32_t object_counter;

static void
object_init(void)
{
	uint32_t start;

	id_random(object_process, sizeof(object_process));
	id_random(&start, sizeof(start));
	atomic_store(&object_counter, start);
}

void
id_object(char out[ID_OBJECT_SIZE])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	unsigned char id[OBJECT_BYTES];
	uint32_t seconds, count;

	pthread_once(&once, object_init);
	seconds = (uint32_t)time(NULL);
	count = atomic_fetch_add(&object_counter, 1);
	id[0] = (unsigned char)(seconds >> 24);
	id[1] = (unsigned char)(seconds >> 16);
	id[2] = (unsigned char)(seconds >> 8);
	id[3] = (unsigned char)seconds;
	memcpy(id + 4, object_process, sizeof(object_process));
	id[9] = (unsigned char)(count >> 16);
	id[10] = (unsigned char)(count >> 8);
	id[11] = (unsigned char)count;
	*hex_put(out, id, sizeof(id)) = '\0';
}

bool
id_is_object(const char *s)
{
	size_t n = strspn(s, "0123456789abcdefABCDEF");

	return n == ID_OBJECT_SIZE - 1 && s[n] == '\0';
}

/* Returns the clock in units of 1/4096 ms, greater with each call: the 60
 * leading bits of a UUIDv7. */
static uint64_t
event_tick(void)
{
	static _Atomic uint64_t last;
	struct timespec now;
	uint64_t tick, seen;

	clock_gettime(CLOCK_REALTIME, &now);
	tick = ((uint64_t)now.tv_sec * 1000 +
	    (uint64_t)now.tv_nsec / 1000000) << 12;
	tick |= (uint64_t)now.tv_nsec % 1000000 * 4096 / 1000000;
	seen = atomic_load(&last);
	do {
		if (tick <= seen)
			tick = seen + 1;
	} while (!atomic_compare_exchange_weak(&last, &seen, tick));
	return tick;
}

/* Fills in the random part of an event ID.  It is not a secret, so each thread
 * keeps a stock, which saves a system call per event. */
static void
event_random(unsigned char out[EVENT_RANDOM])
{
	static _Thread_local unsigned char stock[32 * EVENT_RANDOM];
	static _Thread_local size_t left;

	if (left == 0) {
		id_random(stock, sizeof(stock));
		left = sizeof(stock);
	}
	left -= EVENT_RANDOM;
	memcpy(out, stock + left, EVENT_RANDOM);
}

void
id_event(char out[ID_UUID_SIZE])
{
	unsigned char id[ID_UUID_BYTES];
	uint64_t tick = event_tick();
	int i;

	for (i = 0; i < 6; i++)
		id[i] = (unsigned char)(tick >> (52 - 8 * i));
	id[6] = (unsigned char)(0x70 | (tick >> 8 & 0x0f));
	id[7] = (unsigned char)tick;
	event_random(id + 8);
	id[8] = (unsigned char)(0x80 | (id[8] & 0x3f));
	put_uuid(out, id);
}

void
id_event_floor(int64_t seconds, char out[ID_UUID_SIZE])
{
	unsigned char id[ID_UUID_BYTES] = { 0 };
	uint64_t ms = (uint64_t)seconds * 1000;
	int i;

	for (i = 0; i < 6; i++)
		id[i] = (unsigned char)(ms >> (40 - 8 * i));
	put_uuid(out, id);
}

void
id_guid(char out[ID_UUID_SIZE])
{
	unsigned char id[ID_UUID_BYTES];

	id_random(id, sizeof(id));
	id[6] = (unsigned char)(0x40 | (id[6] & 0x0f));
	id[8] = (unsigned char)(0x80 | (id[8] & 0x3f));
	put_uuid(out, id);
}

bool
id_parse_guid(const char *s, char out[ID_UUID_SIZE])
{
	static const char dashed[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	char guid[ID_UUID_SIZE];
	size_t len = strlen(s), i;
	bool plain = len == 2 * ID_UUID_BYTES;

	if (len == sizeof(dashed) + 1 && s[0] == '{' && s[len - 1] == '}') {
		s++;
		len -= 2;
	}
	if (!plain && len != sizeof(dashed) - 1)
		return false;
	for (i = 0; i < sizeof(dashed) - 1; i++) {
		if (dashed[i] == '-' && (plain || *s++ == '-'))
			guid[i] = '-';
		else if (dashed[i] == 'x' && isxdigit((unsigned char)*s))
			guid[i] = (char)tolower((unsigned char)*s++);
		else
			return false;
	}
	guid[i] = '\0';
	memcpy(out, guid, sizeof(guid));
	return true;
}

void
id_uuid_bytes(const char *uuid, unsigned char out[ID_UUID_BYTES])
{
	size_t i;

	for (i = 0; i < ID_UUID_BYTES; i++, uuid += 2) {
		if (*uuid == '-')
			uuid++;
		out[i] = (unsigned char)(hex_value(uuid[0]) << 4 |
		    hex_value(uuid[1]));
	}
}

void
id_secret(unsigned n, char *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char byte;
	uint32_t bits = 0;
	unsigned have = 0;

	for (; n > 0; n--) {
		id_random(&byte, 1);
		bits = bits << 8 | byte;
		for (have += 8; have >= 6; have -= 6)
			*out++ = alphabet[bits >> (have - 6) & 63];
	}
	if (have > 0)
		*out++ = alphabet[bits << (6 - have) & 63];
	*out = '\0';
}
