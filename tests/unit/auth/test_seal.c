/* SPDX-License-Identifier: ISC */
/* Tests sealed secrets, and the file with the keys that seal them. */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "auth/seal.h"
#include "memory.h"

#define D16 "0123456789abcdef"
#define A D16 D16 D16 D16
#define B D16 D16 D16 "0123456789ABCDE0"
#define C D16 D16 D16 "0123456789abcde1"
#define SECRET "ck_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const struct seal_owner owner = { "00000000000000000000000a",
    "00000000000000000000000b" };
static char dir[] = "/tmp/creel-seal-XXXXXX";
static char path[64];

static void
file_write(const char *text, size_t n, mode_t mode)
{
	FILE *f;

	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static struct seal *
seal_of(const char *text)
{
	struct seal *seal;
	struct err err;

	file_write(text, strlen(text), 0600);
	if (seal_load(path, &seal, &err) < 0)
		fail_msg("%s", err.text);
	assert_non_null(seal);
	return seal;
}

/* Returns why a sealed secret does not open, ERR_NONE if it does. */
static enum err_code
opens(const struct seal *seal, const struct seal_owner *by,
    const struct sealed *sealed)
{
	char out[SEAL_SECRET_SIZE] = "untouched";
	struct err err;

	if (seal_open(seal, by, sealed->bytes, sealed->len, out,
	    &err) == 0) {
		assert_string_equal(out, SECRET);
		return ERR_NONE;
	}
	assert_null(strstr(out, "ck_"));
	assert_null(strstr(err.text, D16));
	return err.code;
}

static struct sealed
sealed_by(const struct seal *seal)
{
	struct sealed sealed;
	struct err err;

	assert_int_equal(seal_close(seal, &owner, SECRET, &sealed, &err), 0);
	return sealed;
}

static void
test_round(void **state)
{
	struct seal *seal = seal_of(A);
	struct sealed one = sealed_by(seal), two = sealed_by(seal);
	char text[SEAL_SECRET_SIZE + 1], out[SEAL_SECRET_SIZE];
	struct err err;
	size_t n;

	(void)state;
	assert_int_equal(opens(seal, &owner, &one), ERR_NONE);
	assert_int_equal(opens(seal, &owner, &two), ERR_NONE);
	assert_true(seal_is_current(seal, one.bytes, one.len));
	/* Nonces differ, and the sealed bytes do not contain the text. */
	assert_int_equal(one.len, two.len);
	assert_memory_not_equal(one.bytes + 9, two.bytes + 9, 12);
	assert_memory_not_equal(one.bytes + 21, two.bytes + 21, 47);
	assert_null(memmem(one.bytes, one.len, "AAAA", 4));
	for (n = 0; n <= SEAL_SECRET_SIZE; n++) {
		memset(text, 'x', n);
		text[n] = '\0';
		if (n == 0 || n == SEAL_SECRET_SIZE) {
			assert_int_equal(seal_close(seal, &owner, text, &one,
			    &err), -1);
			assert_int_equal(err.code, ERR_INTERNAL);
			continue;
		}
		assert_int_equal(seal_close(seal, &owner, text, &one, &err),
		    0);
		assert_int_equal(seal_open(seal, &owner, one.bytes, one.len,
		    out, &err), 0);
		assert_string_equal(out, text);
	}
	seal_free(&seal);
	assert_null(seal);
	seal_free(&seal);
}

/* A secret with a changed bit, or of another length, does not open. */
static void
test_damaged(void **state)
{
	struct seal *seal = seal_of(A);
	struct sealed good = sealed_by(seal), bad;
	enum err_code code;
	size_t i;

	(void)state;
	for (i = 0; i < good.len * 8; i++) {
		bad = good;
		bad.bytes[i / 8] ^= (unsigned char)(1 << i % 8);
		code = opens(seal, &owner, &bad);
		if (code != (i / 8 >= 1 && i / 8 <= SEAL_ID_SIZE ?
		    ERR_CONFLICT : ERR_INTERNAL))
			fail_msg("bit %zu: %d", i, (int)code);
	}
	for (i = 0; i < SEAL_SIZE; i++) {
		bad = good;
		bad.len = i;
		if (i != good.len && opens(seal, &owner, &bad) == ERR_NONE)
			fail_msg("%zu bytes", i);
	}
	bad.len = SEAL_SIZE + 1;
	assert_int_equal(opens(seal, &owner, &bad), ERR_INTERNAL);
	seal_free(&seal);
}

static void
test_owner(void **state)
{
	static const struct seal_owner others[] = {
		{ "00000000000000000000000a", "00000000000000000000000a" },
		{ "00000000000000000000000b", "00000000000000000000000b" },
		{ "00000000000000000000000b", "00000000000000000000000a" },
		{ "00000000000000000000000a", "" },
		{ "", "" },
		{ "00000000000000000000000a/0", "0000000000000000000000b" }
	};
	const struct seal_owner longer = { A, A };
	struct seal *seal = seal_of(A);
	struct sealed sealed = sealed_by(seal);
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(others); i++)
		if (opens(seal, &others[i], &sealed) != ERR_INTERNAL)
			fail_msg("opens for owner %zu", i);
	assert_int_equal(seal_close(seal, &longer, SECRET, &sealed, &err),
	    -1);
	assert_int_equal(err.code, ERR_INTERNAL);
	seal_free(&seal);
}

static void
test_rotation(void **state)
{
	struct seal *old = seal_of(A "\n"), *both = seal_of(B "\n" A "\n"),
	    *new = seal_of("# new\n\n" B " # it\n");
	struct sealed by_old = sealed_by(old), by_both = sealed_by(both);

	(void)state;
	assert_int_equal(opens(both, &owner, &by_old), ERR_NONE);
	assert_int_equal(opens(both, &owner, &by_both), ERR_NONE);
	assert_int_equal(opens(new, &owner, &by_both), ERR_NONE);
	assert_int_equal(opens(new, &owner, &by_old), ERR_CONFLICT);
	assert_int_equal(opens(old, &owner, &by_both), ERR_CONFLICT);
	assert_true(seal_is_current(both, by_both.bytes, by_both.len));
	assert_false(seal_is_current(both, by_old.bytes, by_old.len));
	assert_false(seal_is_current(both, by_both.bytes, 3));
	seal_free(&old);
	seal_free(&both);
	seal_free(&new);
}

static const struct format {
	const char *text;
	const char *wrong;	/* NULL: valid */
} formats[] = {
	{ A, NULL }, { A "\n", NULL }, { A "\r\n", NULL },
	{ " \t" A " \t\n", NULL }, { A "#x\n", NULL }, { A " # x\n", NULL },
	{ "#\n\n \n" A "\n#\n", NULL }, { A "\n" B "\n" C "\n", NULL },
	{ "", "no key in the file" }, { "\n", "no key in the file" },
	{ "# " A "\n", "no key in the file" },
	{ A "0\n", ":1: a key must be 64 hex digits" },
	{ D16 D16 D16 "0123456789abcde\n", ":1: a key must be 64 hex digits" },
	{ D16 D16 D16 "0123456789abcdeg\n", ":1: a key must be 64 hex digits" },
	{ A "\n" D16 "\n", ":2: a key must be 64 hex digits" },
	{ A " " B "\n", ":1: unexpected text after the key" },
	{ A ",\n", ":1: a key must be 64 hex digits" },
	{ A "\n" B "\n" A "\n", ":3: duplicate key" },
	{ B "\n" D16 D16 D16 "0123456789abcdE0\n",
	    ":2: duplicate key" },
	{ "key = " A "\n", ":1: unexpected text after the key" }
};

static void
test_formats(void **state)
{
	const struct format *f = formats;
	struct seal *seal;
	struct err err;
	int rc;

	(void)state;
	for (; f < formats + LENGTH(formats); f++) {
		file_write(f->text, strlen(f->text), 0600);
		err.text[0] = '\0';
		rc = seal_load(path, &seal, &err);
		if (rc != (f->wrong == NULL ? 0 : -1) || (rc < 0 &&
		    (err.code != ERR_CONFIG || seal != NULL ||
		    strstr(err.text, "key_file: ") != err.text ||
		    strstr(err.text, path) == NULL ||
		    strstr(err.text, f->wrong) == NULL ||
		    strstr(err.text, D16) != NULL)))
			fail_msg("\"%s\": %s", f->text, err.text);
		seal_free(&seal);
	}
}

/* A file with too many keys or bytes is rejected. */
static void
test_limits(void **state)
{
	char text[SEAL_FILE_MAX + 2];
	struct seal *seal;
	struct err err;
	size_t n;

	(void)state;
	for (n = 0; n <= SEAL_KEYS_MAX; n++)
		sprintf(text + n * 65, D16 D16 D16 "%016zx\n", n);
	file_write(text, strlen(text), 0600);
	assert_int_equal(seal_load(path, &seal, &err), -1);
	assert_non_null(strstr(err.text, ":17: too many keys"));
	text[SEAL_KEYS_MAX * 65] = '\0';
	seal = seal_of(text);
	seal_free(&seal);
	memset(text, '\n', sizeof(text));
	memcpy(text, A, 64);
	text[SEAL_FILE_MAX] = '\0';
	seal = seal_of(text);
	seal_free(&seal);
	file_write(text, SEAL_FILE_MAX + 1, 0600);
	assert_int_equal(seal_load(path, &seal, &err), -1);
	assert_non_null(strstr(err.text, "too large"));
	file_write(A "\0" B, 129, 0600);
	assert_int_equal(seal_load(path, &seal, &err), -1);
	assert_non_null(strstr(err.text, "not a text"));
}

static void
test_files(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0601,
	    0644, 0660, 0777 };
	struct seal *seal;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(modes); i++) {
		file_write(A, 64, modes[i]);
		if (seal_load(path, &seal, &err) == 0 ||
		    err.code != ERR_CONFIG ||
		    strstr(err.text, "chmod 600") == NULL)
			fail_msg("mode %o", (unsigned)modes[i]);
	}
	file_write(A, 64, 0400);
	assert_int_equal(seal_load(path, &seal, &err), 0);
	seal_free(&seal);
	unlink(path);
	assert_int_equal(seal_load(path, &seal, &err), -1);
	assert_non_null(strstr(err.text, "No such file"));
	/* A FIFO without a writer must not block. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(seal_load(path, &seal, &err), -1);
	assert_non_null(strstr(err.text, "not a regular file"));
	assert_int_equal(seal_load(dir, &seal, &err), -1);
	assert_non_null(strstr(err.text, "not a regular file"));
	assert_int_equal(seal_load("", &seal, &err), 0);
	assert_null(seal);
	assert_int_equal(seal_load(NULL, &seal, &err), 0);
	assert_null(seal);
}

/* Whichever of OpenSSL's allocations fails, no secret is half sealed, and no
 * damaged one opens. */
static void
test_memory(void **state)
{
	struct seal *seal = seal_of(A);
	struct sealed good = sealed_by(seal), sealed, bad = good;
	bool failed = true, closed = false;
	struct err err;
	size_t at;

	(void)state;
	bad.bytes[good.len - 1] ^= 1;
	for (at = 0; failed; at++) {
		memory_arm(at, false);
		closed = seal_close(seal, &owner, SECRET, &sealed, &err) == 0;
		failed = memory_disarm();
		if (closed && opens(seal, &owner, &sealed) != ERR_NONE)
			fail_msg("sealed amiss at %zu", at);
		memory_arm(at, false);
		if (opens(seal, &owner, &bad) == ERR_NONE)
			fail_msg("opened amiss at %zu", at);
		failed = memory_disarm() || failed;
		memory_arm(at, false);
		opens(seal, &owner, &good);
		failed = memory_disarm() || failed;
	}
	assert_true(at > 1);
	assert_true(closed);
	seal_free(&seal);
}

static int
begin(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/keys", dir);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_memory)
	};

	if (memory_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, begin, end);
}
