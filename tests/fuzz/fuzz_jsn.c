/*
 * What jsn_scan() accepts json-c's strict parser accepts too (not the other
 * way round: it is lax); jsn_parse() agrees with jsn_scan(), and what
 * jsn_print() writes is JSON again.  "make tests/fuzz/fuzz_jsn" in a tree
 * configured with CC=clang --enable-sanitize=address,undefined and
 * CFLAGS='-g -O1 -fsanitize=fuzzer-no-link'; seeds are in seeds/jsn.
 */
#include <stdlib.h>

#include <json-c/json.h>

#include "base/jsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

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
