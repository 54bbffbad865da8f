/* SPDX-License-Identifier: ISC */
/* Tests that texts of events lose credentials, however they are spelled, and
 * nothing else. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "auth/mask.h"
#include "base/jsn.h"
#include "auth_stage.h"

#define RED AUTH_REDACTED
#define T40 "0123456789-_0123456789-_0123456789-_ABCD"
#define K43 T40 "EFG"

/* {"iss":"https://foreign.example/"}, signed by that issuer. */
#define FOREIGN "eyJhbGciOiJFUzI1NiJ9." \
	"eyJpc3MiOiJodHRwczovL2ZvcmVpZ24uZXhhbXBsZS8ifQ.c2ln"

static void
expect(const char *in, const char *out)
{
	struct arena arena = ARENA_INIT;
	char *text = arena_strdup(&arena, in);

	mask_credentials(auth, &arena, text);
	if (strcmp(text, out) != 0)
		fail_msg("\"%s\" became \"%s\", not \"%s\"", in, text, out);
	arena_release(&arena);
}

static void
test_forms(void **state)
{
	static const char *const cases[][2] = {
		{ KEY_A, RED },
		{ "https://h/x?apiKey=" KEY_A "&y=1",
		    "https://h/x?apiKey=" RED "&y=1" },
		{ "%3D" KEY_A "%26", "%3D" RED "%26" },
		{ KEY_A " " KEY_A, RED " " RED },
		{ KEY_A KEY_A "!", RED RED "!" },
		{ "ck_ck. " KEY_A "xyz", "ck_ck. " RED "xyz" },
		{ "ck_" K43, RED },
		{ "ck_/" KEY_A "/ck_", "ck_/" RED "/ck_" },
		{ "%63k_" K43, RED }, { "c%6B_" K43, RED },
		{ "c%6b%5f" K43 "%20", RED "%20" },
		{ "ck_%30" "123456789%2d_0123456789-_0123456789-_ABCDEF%47",
		    RED },
		{ "%2563k_" K43, RED }, { "%252563k%25255F" K43, RED },
		{ "%63%6b_" K43 "=" KEY_A, RED "=" RED },
		{ "/webhooks/" T40, "/webhooks/" RED },
		{ "http://h/webhooks/" T40 "/x?y", "http://h/webhooks/" RED
		    "/x?y" },
		{ "webhooks%2F" T40, "webhooks%2F" RED },
		{ "%77ebhook%73//%252f%30" "123456789-_0123456789-_0123456789-_"
		    "ABCD?", "%77ebhook%73//%252f" RED "?" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		expect(cases[i][0], cases[i][1]);
}

static void
test_kept(void **state)
{
	static const char *const cases[] = { "", "ck_", "a ck_ b", "%", "%6",
	    "%63", "%25", "%2563", "%zz", "c%6bx", "eyJ", "eyJ.", "eyJ..", "%00",
	    "eyJ.eyJ.", "eyJ.!.", "webhooks", "webhooks/", "webhooks/x",
	    "/webhooks/0123456789abcdef01234567?a", FOREIGN,
	    "ck_0123456789-_0123456789-_0123456789-_ABCDEF",
	    "ck_0123456789.-0123456789-_0123456789-_ABCDEFG", "CK_" K43,
	    "%ck_" "x", "ck%2_" K43, "x-hub-signature: sha1=" T40 };
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		expect(cases[i], cases[i]);
}

/* Appends a text with some of its characters percent-encoded. */
static void
put_encoded(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		switch (rand() % 8) {
		case 0:
			buf_printf(out, "%%%02X", (unsigned char)*text);
			break;
		case 1:
			buf_printf(out, "%%25%02x", (unsigned char)*text);
			break;
		default:
			buf_addch(out, *text);
		}
}

static void
test_encoded(void **state)
{
	const char *const secrets[] = { KEY_A, "ck_" K43, token(""),
	    token(",\"a\":[1,{}]") };
	struct buf in, out;
	size_t i;

	(void)state;
	srand(1);
	for (i = 0; i < 4000; i++) {
		buf_init(&in);
		buf_init(&out);
		buf_addstr(&in, "a=%2b&ck_x&eyJx.y&");
		buf_addstr(&out, "a=%2b&ck_x&eyJx.y&");
		put_encoded(&in, secrets[i % LENGTH(secrets)]);
		buf_addstr(&in, "&%zz");
		buf_addstr(&out, RED "&%zz");
		expect(in.data, out.data);
		buf_release(&in);
		buf_release(&out);
	}
}

/* Issuers that print the header with white space: the base64url of it begins
 * with other letters. */
static void
test_headers(void **state)
{
	static const char *const headers[] = { "eyAiYWxnIjoiRVMyNTYifQ",
	    "eyAgImFsZyI6IkVTMjU2In0", "ewoiYWxnIjoiRVMyNTYifQ",
	    "ewogICJhbGciOiJFUzI1NiIKfQ", "ew0KICJhbGciOiJFUzI1NiJ9",
	    "ewkiYWxnIjoiRVMyNTYifQ" };
	const char *rest = strchr(token(""), '.');
	struct buf in;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(headers); i++) {
		buf_init(&in);
		buf_printf(&in, "new=%s%s&eye", headers[i], rest);
		expect(in.data, "new=" RED "&eye");
		buf_release(&in);
	}
}

static char *
json_string(struct arena *arena, const struct buf *text)
{
	struct buf json;

	buf_init(&json);
	jsn_put_string(&json, text->data, text->len);
	return arena_take(arena, &json);
}

/* In JSON, no credential begins within an escape: its mask would break the
 * string, and PostgreSQL would reject the event. */
static void
test_escapes(void **state)
{
	static const char *const forms[] = { KEY_A, "/webhooks/" T40, FOREIGN };
	struct arena arena = ARENA_INIT;
	struct jsn_scan seen;
	struct buf in;
	struct err err;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(forms) * 3 * 0x7e; i++) {
		buf_init(&in);
		buf_addch(&in, (char)(1 + i % 0x7e));
		buf_addstr(&in, forms[i % LENGTH(forms)] + i / 0x7e % 3);
		text = json_string(&arena, &in);
		mask_credentials(auth, &arena, text);
		if (jsn_scan(text, strlen(text), 1, &seen, &err) < 0)
			fail_msg("%s: %s", text, err.text);
		buf_release(&in);
	}
	arena_release(&arena);
}

/* Texts that look like many tokens take no longer than others. */
static void
test_many_starts(void **state)
{
	struct arena arena = ARENA_INIT;
	char *text = arena_alloc(&arena, 60001);
	size_t i;

	(void)state;
	for (i = 0; i < 60000; i++)
		text[i] = "eyJ"[i % 3];
	text[i] = '\0';
	mask_credentials(auth, &arena, text);
	assert_int_equal(strlen(text), 60000);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_forms),
		TEST(test_kept),
		TEST(test_encoded),
		TEST(test_headers),
		TEST(test_escapes),
		TEST(test_many_starts)
	};

	return cmocka_run_group_tests(tests, NULL, tokens_release);
}
