/* SPDX-License-Identifier: ISC */
/* Reads the idempotency key of a call and computes the call's fingerprint. */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/jsn_write.h"
#include "base/mem.h"
#include "base/word.h"
#include "event/idempotency.h"

#define KNOWN "known"

enum meaning { KEY_CALL, KEY_DELIVERY };

static const struct key_header {
	const char *name;
	enum meaning meaning;
	const char *with;	/* the value is unique only with this header */
} known[] = {
#define KEY_HEADER(name, meaning, with, senders) { name, meaning, with },
#include "event/idempotency.def"
#undef KEY_HEADER
};

#define KNOWN_COUNT (sizeof(known) / sizeof(known[0]))

/* A header that counts; names are in lower case, as in a request. */
struct entry {
	char *name;
	size_t len;
	char *with;
	enum meaning meaning;
};

struct idempotency {
	struct entry *entries;	/* in order of precedence */
	size_t n;
	/* Bit n is set if a name has n bytes, modulo 32: most headers of a
	 * request are skipped without a comparison. */
	uint32_t lengths;
};

static char *
lower(const char *s, size_t n)
{
	char *out = mem_alloc(n + 1);
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = (char)tolower((unsigned char)s[i]);
	return out;
}

static uint32_t
length_bit(size_t len)
{
	return UINT32_C(1) << (len & 31);
}

static void
entry_add(struct idempotency *headers, const char *name, size_t n,
    enum meaning meaning, const char *with)
{
	struct entry *entry;

	headers->entries = mem_resize(headers->entries, (headers->n + 1) *
	    sizeof(*headers->entries));
	entry = &headers->entries[headers->n++];
	entry->name = lower(name, n);
	entry->len = n;
	entry->meaning = meaning;
	entry->with = with == NULL ? NULL : lower(with, strlen(with));
	headers->lengths |= length_bit(n);
}

static void
known_add(struct idempotency *headers, const struct key_header *header)
{
	entry_add(headers, header->name, strlen(header->name), header->meaning,
	    header->with);
}

/* Adds the header or headers that a word of the option stands for. */
static void
word_add(struct idempotency *headers, const char *word, size_t n)
{
	bool all = word_is(word, n, KNOWN);
	bool found = false;
	size_t i;

	for (i = 0; i < KNOWN_COUNT; i++) {
		if (!all && !word_is(word, n, known[i].name))
			continue;
		known_add(headers, &known[i]);
		found = true;
	}
	if (!found)
		entry_add(headers, word, n, KEY_DELIVERY, NULL);
}

struct idempotency *
idempotency_new(const char *names)
{
	struct idempotency *headers = mem_alloc(sizeof(*headers));
	size_t n;

	for (names += strspn(names, " "); *names != '\0';
	    names += n + strspn(names + n, " ")) {
		n = strcspn(names, " ");
		word_add(headers, names, n);
	}
	return headers;
}

void
idempotency_free(struct idempotency **headers)
{
	size_t i;

	if (*headers == NULL)
		return;
	for (i = 0; i < (*headers)->n; i++) {
		free((*headers)->entries[i].name);
		free((*headers)->entries[i].with);
	}
	free((*headers)->entries);
	free(*headers);
	*headers = NULL;
}

/* Returns the index of the entry with this name below end; end if there is
 * none. */
static size_t
entry_find(const struct idempotency *headers, const char *name, size_t end)
{
	size_t i = 0, len = strlen(name);

	if ((headers->lengths & length_bit(len)) == 0)
		return end;
	while (i < end && (headers->entries[i].len != len ||
	    memcmp(headers->entries[i].name, name, len) != 0))
		i++;
	return i;
}

/* Finds the header that comes first in the order of precedence; those without
 * a value do not count. */
static const struct entry *
key_find(const struct req *req, const char **value)
{
	const struct idempotency *headers = req->services->idempotency;
	size_t i, found, best;

	if (headers == NULL)
		return NULL;
	best = headers->n;
	for (i = 0; i < req->n_headers; i++) {
		if (*req->headers[i].value == '\0')
			continue;
		found = entry_find(headers, req->headers[i].name, best);
		if (found == best)
			continue;
		best = found;
		*value = req->headers[i].value;
	}
	return best == headers->n ? NULL : &headers->entries[best];
}

/* Hashes what identifies a call.  All but the body end with their NUL, which
 * none of them contains.  The value is hashed as it came, because bytes that
 * are not UTF-8 are converted in the key's text. */
static bool
fingerprint(const struct req *req, const char *path, const char *query,
    const char *value, const char *with, unsigned char out[DIGEST_SIZE])
{
	const struct digest_part parts[] = {
		{ req->method, strlen(req->method) + 1 },
		{ path, strlen(path) + 1 },
		{ query, strlen(query) + 1 },
		{ value, strlen(value) + 1 },
		{ with, strlen(with) + 1 },
		{ req->raw, req->raw_len }
	};

	return digest_parts(parts, sizeof(parts) / sizeof(parts[0]), out);
}

/* Returns "name:value" in UTF-8, and for a delivery its fingerprint. */
static const char *
key_text(struct arena *arena, const struct entry *entry, const char *value,
    const unsigned char hash[DIGEST_SIZE])
{
	char hex[DIGEST_HEX_SIZE];
	struct buf text;

	buf_init(&text);
	buf_addstr(&text, entry->name);
	buf_addch(&text, ':');
	jsn_put_utf8(&text, value, strlen(value));
	if (entry->meaning == KEY_DELIVERY) {
		digest_hex(hash, hex);
		buf_addch(&text, ':');
		buf_addstr(&text, hex);
	}
	return arena_take(arena, &text);
}

int
idempotency_key(const struct req *req, const char *path, const char *query,
    struct call_key **out, struct err *err)
{
	const char *value = NULL, *with = NULL;
	const struct entry *entry = key_find(req, &value);
	struct call_key *key;

	*out = NULL;
	if (entry == NULL)
		return 0;
	if (strlen(value) > KEY_VALUE_MAX)
		return err_set(err, ERR_BAD_REQUEST,
		    "%s: must be at most %d bytes", entry->name, KEY_VALUE_MAX);
	if (entry->with != NULL)
		with = http_header(req, entry->with, NULL);
	key = arena_alloc(req->arena, sizeof(*key));
	if (!fingerprint(req, path, query, value, with == NULL ? "" : with,
	    key->fingerprint))
		return err_set(err, ERR_INTERNAL, "SHA-256 failed");
	key->text = key_text(req->arena, entry, value, key->fingerprint);
	*out = key;
	return 0;
}
