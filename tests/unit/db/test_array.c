/* SPDX-License-Identifier: ISC */
/* Tests PostgreSQL's arrays, binary and as text. */
#include <string.h>

#include "../unit.h"
#include "base/buf.h"
#include "db/array.h"

#define UUID "01a2008d-7400-7abc-8def-0123456789ff"

/* dimensions, a flag for NULLs, the type, elements, the first index */
#define HEAD(type, n) "\0\0\0\1" "\0\0\0\1" "\0\0" type "\0\0\0" n "\0\0\0\1"

/* The array consists of the literal's bytes, without its NUL. */
#define assert_bytes(b, literal) do { \
	assert_int_equal((b)->len, sizeof(literal) - 1); \
	assert_memory_equal((b)->data, literal, sizeof(literal) - 1); \
} while (0)

static void
test_texts(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	array_begin(&b, ARRAY_TEXT, 3);
	array_add(&b, ARRAY_TEXT, "ab", 2);
	array_add(&b, ARRAY_TEXT, NULL, 0);
	array_add(&b, ARRAY_TEXT, "", 0);
	assert_bytes(&b, HEAD("\0\x19", "\3") "\0\0\0\2" "ab"
	    "\xff\xff\xff\xff" "\0\0\0\0");
	buf_release(&b);
}

static void
test_bytes(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	array_begin(&b, ARRAY_BYTEA, 1);
	array_add(&b, ARRAY_BYTEA, "\0\xff", 2);
	assert_bytes(&b, HEAD("\0\x11", "\1") "\0\0\0\2" "\0\xff");
	buf_release(&b);
}

static void
test_uuids(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	array_begin(&b, ARRAY_UUID, 2);
	array_add(&b, ARRAY_UUID, UUID, strlen(UUID));
	array_add(&b, ARRAY_UUID, NULL, 0);
	assert_bytes(&b, HEAD("\x0b\x86", "\2") "\0\0\0\x10"
	    "\x01\xa2\x00\x8d\x74\x00\x7a\xbc\x8d\xef\x01\x23\x45\x67\x89\xff"
	    "\xff\xff\xff\xff");
	buf_release(&b);
}

/* Before PostgreSQL's epoch, at it, a microsecond and 2^32 more after it. */
static void
test_times(void **state)
{
	static const int64_t times[] = { 0, 946684800000000,
	    946684800000001, 946684800000000 + (INT64_C(1) << 32) };
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b);
	array_begin(&b, ARRAY_TIMESTAMPTZ, 4);
	for (i = 0; i < 4; i++)
		array_add(&b, ARRAY_TIMESTAMPTZ, &times[i], 0);
	assert_bytes(&b, HEAD("\x04\xa0", "\4")
	    "\0\0\0\x08" "\xff\xfc\xa2\xfe\xc4\xc8\x20\x00"
	    "\0\0\0\x08" "\0\0\0\0\0\0\0\0"
	    "\0\0\0\x08" "\0\0\0\0\0\0\0\1"
	    "\0\0\0\x08" "\0\0\0\1\0\0\0\0");
	buf_release(&b);
}

/* Characters that would end an element or the array are quoted or escaped. */
static void
test_put(void **state)
{
	static const char *const texts[] = { "all", "tag:a,b {c}", "\"\\\"",
	    "" };
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b);
	for (i = 0; i < LENGTH(texts); i++)
		array_put(&b, texts[i], strlen(texts[i]));
	buf_addch(&b, '}');
	assert_string_equal(b.data, "{\"all\",\"tag:a,b {c}\","
	    "\"\\\"\\\\\\\"\",\"\"}");
	buf_release(&b);
}

/* Quotes keep one text from becoming several, or NULL. */
static void
test_array_texts(void **state)
{
	static const char *const texts[] = { "a,b", "", "NULL" };
	struct arena arena = ARENA_INIT;

	(void)state;
	assert_string_equal(array_texts(&arena, NULL, 0), "{}");
	assert_string_equal(array_texts(&arena, texts, 1), "{\"a,b\"}");
	assert_string_equal(array_texts(&arena, texts, 3),
	    "{\"a,b\",\"\",\"NULL\"}");
	arena_release(&arena);
}

/* The elements that array_put() writes are read unchanged, and so are those
 * that PostgreSQL does not quote. */
static void
test_next(void **state)
{
	static const char *const texts[] = { "all", "", "tag:a,b {c}", "}",
	    "{", ",", "\"\\\"", "\\", "\"", "it ends\\" };
	struct arena arena = ARENA_INIT;
	const char *p;
	char out[16];
	size_t i, len;

	(void)state;
	p = array_texts(&arena, texts, LENGTH(texts));
	for (i = 0; i < LENGTH(texts); i++) {
		assert_true(array_next(&p, out, sizeof(out), &len));
		assert_string_equal(out, texts[i]);
		assert_int_equal(len, strlen(texts[i]));
	}
	assert_false(array_next(&p, out, sizeof(out), &len));
	arena_release(&arena);
	p = "{ab,\"c,\"}";
	assert_true(array_next(&p, out, sizeof(out), &len));
	assert_string_equal(out, "ab");
	assert_true(array_next(&p, out, sizeof(out), &len));
	assert_string_equal(out, "c,");
	assert_false(array_next(&p, out, sizeof(out), &len));
}

/* An element that is too long is cut, and its length is returned; an empty
 * array has none. */
static void
test_next_ends(void **state)
{
	static const char *const none[] = { "{}", "", "}", "a" };
	const char *p = "{abc,\"d\\\"ef\",gh}";
	char out[4];
	size_t i, len;

	(void)state;
	assert_true(array_next(&p, out, sizeof(out), &len));
	assert_string_equal(out, "abc");
	assert_int_equal(len, 3);
	assert_true(array_next(&p, out, sizeof(out), &len));
	assert_string_equal(out, "d\"e");
	assert_int_equal(len, 4);
	assert_true(array_next(&p, out, sizeof(out), &len));
	assert_string_equal(out, "gh");
	for (i = 0; i < LENGTH(none); i++) {
		p = none[i];
		assert_false(array_next(&p, out, sizeof(out), &len));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_uuids),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_array_texts),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_next_ends)
	};

	return cmocka_run_group_tests_name("array", tests, NULL, NULL);
}
