/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes form definitions and records: the first line is a definition, the
 * rest a request body.  A valid definition has an example that passes.  A body
 * results in a record that PostgreSQL can store, or in remarks of bounded
 * length.  Any input is a value in CSV.
 */
#include <string.h>

#include "base/csv.h"
#include "base/jsn_walk.h"
#include "fuzz.h"
#include "hook/form_check.h"

static int
count_member(const struct jsn_chars *name, const struct jsn_slice *value,
    void *ctx)
{
	struct jsn_scan seen;
	size_t *n = ctx;
	struct err err;

	require(jsn_scan(value->text, value->len, JSN_DEPTH_MAX, &seen,
	    &err) == 0);
	require(seen.type == value->type);
	require(name->len == 0 || jsn_utf8(name->text, name->len) > 0);
	++*n;
	return 0;
}

static void
check_outcome(const struct form_fields *fields, const struct form_outcome *out)
{
	size_t i, size, n = 0, len = strlen(out->remarks);

	require(out->ok == (out->record != NULL));
	require(len <= FORM_REMARKS_MAX && (out->ok || len > 0));
	for (i = 0; i < len; i += size) {
		size = jsn_utf8(out->remarks + i, len - i);
		require(size > 0 && (unsigned char)out->remarks[i] >= 0x20);
	}
	if (!out->ok)
		return;
	require(jsn_unfit(out->record, out->record_len) == NULL);
	jsn_members(out->record, out->record_len, count_member, &n);
	require(n == fields->n);
}

static void
check_body(const struct form_fields *fields, const char *body, size_t len,
    struct arena *arena)
{
	struct form_fields lenient = *fields;
	struct form_outcome out, read, again;
	struct jsn_scan seen;
	struct err err;
	size_t n = 0;

	if (jsn_scan(body, len, JSN_DEPTH_MAX, &seen, &err) < 0 ||
	    seen.type != JSN_OBJECT)
		return;
	jsn_members(body, len, count_member, &n);
	require(n <= seen.members);
	form_check(fields, body, len, arena, &out);
	check_outcome(fields, &out);
	/* A record passes the same check. */
	if (out.ok) {
		form_check(fields, out.record, out.record_len, arena, &again);
		require(again.ok && again.remarks[0] == '\0');
		require(strcmp(again.record, out.record) == 0);
	}
	/* A lenient form agrees with it, and its records pass it. */
	lenient.lenient = true;
	form_check(&lenient, body, len, arena, &read);
	check_outcome(fields, &read);
	require(!out.ok || (read.ok && strcmp(out.record, read.record) == 0));
	if (read.ok) {
		form_check(fields, read.record, read.record_len, arena,
		    &again);
		require(again.ok && again.remarks[0] == '\0');
		require(strcmp(again.record, read.record) == 0);
	}
}

static void
check_example(const struct form_fields *fields, struct arena *arena)
{
	struct form_outcome out;
	struct buf b;

	buf_init(&b);
	form_example(fields, &b);
	form_check(fields, b.data, b.len, arena, &out);
	check_outcome(fields, &out);
	require(out.ok && out.remarks[0] == '\0');
	require(strcmp(out.record, b.data) == 0);
	buf_release(&b);
}

static void
check_csv(const char *text, size_t len)
{
	struct buf b;

	buf_init(&b);
	csv_put(&b, text, len, true);
	require(b.len >= len + 2 && b.data[0] == '"');
	require(strchr("=+-@\t\r\n", b.data[1]) == NULL || b.data[1] == '\0');
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data, *eol;
	struct arena arena = ARENA_INIT;
	struct form_fields *fields;
	struct err err;
	size_t n;

	eol = len == 0 ? NULL : memchr(text, '\n', len);
	n = eol == NULL ? len : (size_t)(eol - text);
	if (form_fields_parse(text, n, &arena, &fields, &err) == 0) {
		check_example(fields, &arena);
		if (eol != NULL)
			check_body(fields, eol + 1, len - n - 1, &arena);
	} else {
		require(err.code == ERR_BAD_REQUEST);
	}
	if (len > 0)
		check_csv(text, len);
	arena_release(&arena);
	return 0;
}
