/* SPDX-License-Identifier: ISC */
/* Tests IDs: resource IDs, event IDs, GUIDs and secrets. */
#include <pthread.h>
#include <sys/syscall.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../unit.h"
#include "base/ids.h"
#include "base/mem.h"

static const char lower_hex[] = "0123456789abcdef";
static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789-_";

/* Replaces clock_gettime(2) with a clock that a test can stop. */
static struct timespec stopped;

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	if (stopped.tv_sec == 0)
		return (int)syscall(SYS_clock_gettime, clock, now);
	*now = stopped;
	return 0;
}

/* Returns the value of n hex digits. */
static uint64_t
hex_number(const char *s, size_t n)
{
	uint64_t x = 0;

	for (; n > 0; s++)
		if (*s != '-') {
			x = x << 4 | (uint64_t)(strchr(lower_hex, *s) -
			    lower_hex);
			n--;
		}
	return x;
}

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
assert_uuid(const char *s, char version)
{
	size_t i;

	assert_int_equal(strlen(s), ID_UUID_SIZE - 1);
	for (i = 0; s[i] != '\0'; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : strchr(lower_hex, s[i]) == NULL)
			fail_msg("%s: wrong at %zu", s, i);
	}
	if (s[14] != version || strchr("89ab", s[19]) == NULL)
		fail_msg("%s: version %c or variant", s, version);
}

static void
test_object(void **state)
{
	char first[ID_OBJECT_SIZE], id[ID_OBJECT_SIZE];
	time_t before = time(NULL), seconds;
	uint64_t count;
	int i;

	(void)state;
	id_object(first);
	count = hex_number(first + 18, 6);
	seconds = (time_t)hex_number(first, 8);
	assert_true(before <= seconds && seconds <= time(NULL));
	for (i = 1; i < 1000; i++) {
		id_object(id);
		assert_int_equal(strspn(id, lower_hex), ID_OBJECT_SIZE - 1);
		assert_int_equal(strlen(id), ID_OBJECT_SIZE - 1);
		assert_true(id_is_object(id));
		/* The same process, the next number. */
		assert_memory_equal(id + 8, first + 8, 10);
		assert_int_equal(hex_number(id + 18, 6),
		    (count + (uint64_t)i) & 0xffffff);
	}
}

static void
test_is_object(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{ "575ed78e7ae143cd83dc4aab", true },
		{ "575ED78E7AE143CD83DC4AAB", true },
		{ "000000000000000000000000", true },
		{ "", false }, { "5", false },
		{ "575ed78e7ae143cd83dc4aa", false },
		{ "575ed78e7ae143cd83dc4aab0", false },
		{ "575ed78e7ae143cd83dc4aag", false },
		{ "575ed78e7ae143cd83dc4aa ", false },
		{ " 575ed78e7ae143cd83dc4aab", false },
		{ "0x5ed78e7ae143cd83dc4aab", false },
		{ "575ed78e7ae143cd83dc4aab\n", false },
		{ "575ed78e-7ae1-43cd-83dc-", false }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		if (id_is_object(cases[i].text) != cases[i].is)
			fail_msg("cases[%zu] \"%s\"", i, cases[i].text);
}

static void
test_event(void **state)
{
	char last[ID_UUID_SIZE] = "", id[ID_UUID_SIZE];
	uint64_t before, after, made;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		before = now_ms();
		id_event(id);
		after = now_ms();
		assert_uuid(id, '7');
		made = hex_number(id, 12);
		if (made < before || made > after)
			fail_msg("%s: not made at %llu", id,
			    (unsigned long long)before);
		if (strcmp(last, id) >= 0)
			fail_msg("%s does not come after %s", id, last);
		memcpy(last, id, sizeof(last));
	}
}

/* The 12 bits below the millisecond follow the clock. */
static void
test_event_fraction(void **state)
{
	const struct timespec nap = { .tv_nsec = 40000 };
	char id[ID_UUID_SIZE];
	bool seen[16] = { false };
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < 2000 && n < LENGTH(seen); i++) {
		id_event(id);
		n += !seen[hex_number(id + 15, 1)];
		seen[hex_number(id + 15, 1)] = true;
		nanosleep(&nap, NULL);
	}
	assert_int_equal(n, LENGTH(seen));
}

/* If the clock was set back or stands, each ID is the next number. */
static void
test_event_stopped(void **state)
{
	char id[ID_UUID_SIZE];
	uint64_t last, tick;
	int i;

	(void)state;
	id_event(id);
	last = hex_number(id, 12) << 12 | hex_number(id + 15, 3);
	stopped.tv_sec = time(NULL) - 3600;
	for (i = 0; i < 10000; i++, last = tick) {
		id_event(id);
		tick = hex_number(id, 12) << 12 | hex_number(id + 15, 3);
		if (tick != last + 1)
			break;
	}
	stopped.tv_sec = 0;
	assert_int_equal(i, 10000);
}

#define THREADS 4
#define EVENTS 5000

static void *
make_events(void *arg)
{
	char (*ids)[ID_UUID_SIZE] = arg;
	int i;

	for (i = 0; i < EVENTS; i++)
		id_event(ids[i]);
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
test_event_threads(void **state)
{
	char (*ids)[ID_UUID_SIZE] = mem_alloc(THREADS * EVENTS *
	    sizeof(*ids));
	pthread_t threads[THREADS];
	size_t i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_events,
		    ids + i * EVENTS), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 1; i < THREADS * EVENTS; i++)
		if (i % EVENTS != 0 && strcmp(ids[i - 1], ids[i]) >= 0)
			fail_msg("%s does not come after %s", ids[i],
			    ids[i - 1]);
	/* The leading 60 bits alone are unique. */
	for (i = 0; i < THREADS * EVENTS; i++)
		ids[i][18] = '\0';
	qsort(ids, THREADS * EVENTS, sizeof(*ids), compare);
	for (i = 1; i < THREADS * EVENTS; i++)
		if (strcmp(ids[i - 1], ids[i]) == 0)
			fail_msg("%s was made twice", ids[i]);
	free(ids);
}

static void
test_guid(void **state)
{
	char one[ID_UUID_SIZE], other[ID_UUID_SIZE];
	int i;

	(void)state;
	id_guid(one);
	for (i = 0; i < 1000; i++) {
		id_guid(other);
		assert_uuid(other, '4');
		/* Neither the head nor the tail is a constant. */
		assert_memory_not_equal(one, other, 8);
		assert_memory_not_equal(one + 20, other + 20, 16);
	}
}

#define GUID "0a1b2c3d-4e5f-6789-abcd-ef0123456789"

static void
test_parse_guid(void **state)
{
	static const char *const good[] = {
		GUID, "0A1B2C3D-4E5F-6789-ABCD-EF0123456789",
		"0a1b2C3d-4e5F-6789-aBcd-eF0123456789", "{" GUID "}",
		"{0A1B2C3D-4E5F-6789-ABCD-EF0123456789}",
		"0a1b2c3d4e5f6789abcdef0123456789",
		"0A1B2C3D4E5F6789ABCDEF0123456789"
	};
	static const char *const bad[] = {
		"", "{", "{}", "0a1b2c3d", "(" GUID ")", "{" GUID, GUID "}",
		"{" GUID ")", "[" GUID "]", GUID " ", " " GUID, "\"" GUID "\"",
		"{{" GUID "}}", "{0a1b2c3d4e5f6789abcdef0123456789}",
		"0a1b2c3d-4e5f-6789-abcd-ef012345678",
		"0a1b2c3d-4e5f-6789-abcd-ef01234567890",
		"0a1b2c3d-4e5f-6789-abcd-ef012345678g",
		"0a1b2c3d-4e5f-6789-abcd_ef0123456789",
		"0a1b2c3d-4e5f-6789-abcdef-0123456789",
		"0a1b2c3d04e5f06789-abcd-ef0123456789",
		"-a1b2c3d-4e5f-6789-abcd-ef0123456789",
		"0a1b2c3d4e5f6789abcdef012345678",
		"0a1b2c3d4e5f6789abcdef01234567890",
		"0a1b2c3d4e5f6789abcdef012345678\xc3",
		"0a1b2c3d-4e5f-6789-abcdef0123456",
		"------------------------------------"
	};
	char out[ID_UUID_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(good); i++)
		if (!id_parse_guid(good[i], out) || strcmp(out, GUID) != 0)
			fail_msg("good[%zu] \"%s\"", i, good[i]);
	strcpy(out, "untouched");
	for (i = 0; i < LENGTH(bad); i++)
		if (id_parse_guid(bad[i], out) || strcmp(out, "untouched") != 0)
			fail_msg("bad[%zu] \"%s\" gives %s", i, bad[i], out);
}

static void
test_secret(void **state)
{
	char *one, *other;
	unsigned n, len, spare;

	(void)state;
	for (n = 0; n <= 64; n++) {
		/* Just as many bytes as ids.h promises, for a sanitizer. */
		one = mem_alloc(4 * n / 3 + 2);
		other = mem_alloc(4 * n / 3 + 2);
		id_secret(n, one);
		id_secret(n, other);
		len = (unsigned)strlen(one);
		if (len != (8 * n + 5) / 6 || strspn(one, base64url) != len)
			fail_msg("%u bytes give \"%s\"", n, one);
		/* Strict decoders require the unused bits to be zero. */
		spare = 6 * len - 8 * n;
		if (len > 0 && (strchr(base64url, one[len - 1]) - base64url) %
		    (1 << spare) != 0)
			fail_msg("%u bytes give \"%s\"", n, one);
		if (n >= 16 && strcmp(one, other) == 0)
			fail_msg("%u bytes give \"%s\" twice", n, one);
		free(one);
		free(other);
	}
}

/* Every letter occurs, at every place in a group of four. */
static void
test_secret_letters(void **state)
{
	bool seen[4][64] = { { false } };
	char secret[4 * 6000 / 3 + 2];
	size_t i, letter;

	(void)state;
	id_secret(6000, secret);
	for (i = 0; secret[i] != '\0'; i++)
		seen[i % 4][strchr(base64url, secret[i]) - base64url] = true;
	for (i = 0; i < 4; i++)
		for (letter = 0; letter < 64; letter++)
			if (!seen[i][letter])
				fail_msg("no %c at %zu", base64url[letter], i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_object),
		cmocka_unit_test(test_is_object),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_event_fraction),
		cmocka_unit_test(test_event_stopped),
		cmocka_unit_test(test_event_threads),
		cmocka_unit_test(test_guid),
		cmocka_unit_test(test_parse_guid),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_secret_letters)
	};

	return cmocka_run_group_tests_name("ids", tests, NULL, NULL);
}
