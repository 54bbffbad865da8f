/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the JSON parser: what jsn_scan() accepts, json-c's strict parser
 * accepts too (not the reverse: it is lax); jsn_parse() agrees with
 * jsn_scan(), and jsn_print() writes JSON.  A walk finds what the scan
 * counted, and does not read beyond malformed JSON.
 */
#include <json-c/json.h>

#include "base/jsn_walk.h"
#include "fuzz.h"

static bool
tokener_accepts(const char *text, size_t len)
{
	struct json_tokener *tok = json_tokener_new_ex(JSN_DEPTH_MAX + 1);
	enum json_tokener_error e;

	json_tokener_set_flags(tok,
	    JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	json_object_put(json_tokener_parse_ex(tok, text, (int)len));
	e = json_tokener_get_error(tok);
	if (e == json_tokener_continue) {
		json_object_put(json_tokener_parse_ex(tok, "", 1));
		e = json_tokener_get_error(tok);
	}
	json_tokener_free(tok);
	return e == json_tokener_success;
}

static int walk_member(const struct jsn_chars *, const struct jsn_slice *,
    void *);

/* ctx: the number of members so far. */
static int
walk_value(const struct jsn_slice *value, void *ctx)
{
	jsn_members(value->text, value->len, walk_member, ctx);
	jsn_elements(value->text, value->len, walk_value, ctx);
	return 0;
}

static int
walk_member(const struct jsn_chars *name, const struct jsn_slice *value,
    void *ctx)
{
	size_t i, size, *n = ctx;

	for (i = 0; i < name->len; i += size) {
		size = jsn_utf8(name->text + i, name->len - i);
		require(size > 0);
	}
	++*n;
	return walk_value(value, ctx);
}

static int
ignore_member(const struct jsn_chars *name, const struct jsn_slice *value,
    void *ctx)
{
	(void)name;
	(void)value;
	(void)ctx;
	return 0;
}

static void
check_walk(const char *text, size_t len, const struct jsn_scan *seen)
{
	struct jsn_slice top = { JSN_NONE, text, len };
	const char *unfit = jsn_unfit(text, len);
	size_t n = 0;

	jsn_members(text, len, ignore_member, NULL);
	if (seen == NULL)
		return;
	walk_value(&top, &n);
	require(n == seen->members);
	require(!seen->nul || unfit != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct jsn_scan seen, again;
	struct jsn *tree = NULL;
	struct err err;
	struct buf b;
	bool is_json;

	is_json = jsn_scan(text, len, JSN_DEPTH_MAX, &seen, &err) == 0;
	require(!is_json || tokener_accepts(text, len));
	if (len > 0)
		check_walk(text, len, is_json ? &seen : NULL);
	buf_init(&b);
	if (jsn_parse(text, len, &tree, &err) == 0) {
		require(is_json && !seen.nul && !seen.wide);
		require(jsn_type(tree) == seen.type);
		jsn_print(tree, &b);
		require(jsn_scan(b.data, b.len, JSN_TREE_DEPTH, &again,
		    &err) == 0);
		require(again.members == seen.members);
	} else {
		require(err.code == ERR_BAD_REQUEST && tree == NULL);
	}
	b.len = 0;
	jsn_put_string(&b, text, len);
	require(jsn_scan(b.data, b.len, 0, &again, &err) == 0 && !again.nul);
	jsn_free(&tree);
	buf_release(&b);
	return 0;
}
