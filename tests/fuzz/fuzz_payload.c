/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes a payload: it decodes to the bytes that OpenSSL encodes to the same
 * characters, as in RFC 4648, after escapes are decoded.  The input is checked as
 * a URL too.
 */
#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "fuzz.h"
#include "http/payload.h"
#include "http/url.h"
#include "http/urlencoded.h"

/* Requires that text encodes the bytes, but for blanks, padding and the choice
 * of the alphabet. */
static void
check(const char *bytes, size_t len, const char *text)
{
	unsigned char *code = mem_alloc(len / 3 * 4 + 5);
	char *at = (char *)code;

	require(bytes[len] == '\0');
	EVP_EncodeBlock(code, (const unsigned char *)bytes, (int)len);
	at[strcspn(at, "=")] = '\0';
	text += strspn(text, " \t\r\n");
	for (; *at != '\0'; at++, text++) {
		while (*text != '\0' && strchr("\t\r\n", *text) != NULL)
			text++;
		require(*text == *at || (*at == '+' && (*text == '-' ||
		    *text == ' ')) || (*at == '/' && *text == '_'));
	}
	require(text[strspn(text, " =\t\r\n")] == '\0');
	free(code);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct err err;
	char *text = mem_alloc(size + 1), *out;
	size_t len;

	memcpy(text, data, size);
	text[size] = '\0';
	url_is_http(text);
	if (payload_decode(&arena, text, &out, &len, &err) == 0) {
		require(len > 0);
		text[urlencoded_unescape(text, text, strlen(text), '+')] =
		    '\0';
		check(out, len, text);
	}
	arena_release(&arena);
	free(text);
	return 0;
}
