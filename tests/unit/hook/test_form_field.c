/* SPDX-License-Identifier: ISC */
/* Tests form definitions: fields, types, limits, and their errors. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/buf.h"
#include "base/mem.h"
#include "hook/form_field.h"
#include "hook/form_type.h"

static const struct {
	const char *text;
	const char *says;	/* NULL: accepted */
} cases[] = {
	{ "[{\"name\":\"a\",\"type\":\"text\"}]", NULL },
	{ " [ { \"type\" : \"text\" , \"name\" : \"a\" } ] ", NULL },
	/* The definition */
	{ "", "Invalid JSON at byte 0: unexpected end" },
	{ "[{]", "Invalid JSON at byte 2: a name is missing" },
	{ "{}", "fields is the wrong type" },
	{ "null", "fields is the wrong type" },
	{ "[]", "fields has less items than allowed" },
	{ "[1]", "fields[0] is the wrong type" },
	{ "[{\"name\":\"a\",\"type\":\"text\"},[]]",
	    "fields[1] is the wrong type" },
	{ "[{}]", "fields[0].name is required" },
	{ "[{\"name\":\"a\"}]", "fields[0].type is required" },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"x\":1}]",
	    "fields[0] has additional properties" },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"\":1}]",
	    "fields[0] has additional properties" },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"Required\":true}]",
	    "fields[0] has additional properties" },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"type\":\"date\"}]",
	    "fields[0].type must be unique" },
	/* Names */
	{ "[{\"name\":1,\"type\":\"text\"}]",
	    "fields[0].name is the wrong type" },
	{ "[{\"name\":null,\"type\":\"text\"}]",
	    "fields[0].name is the wrong type" },
	{ "[{\"name\":\"\",\"type\":\"text\"}]",
	    "fields[0].name has less length than allowed" },
	{ "[{\"name\":\"a\\nb\",\"type\":\"text\"}]",
	    "fields[0].name has a control character" },
	{ "[{\"name\":\"\x7f\",\"type\":\"text\"}]",
	    "fields[0].name has a control character" },
	{ "[{\"name\":\"\xc2\x9f\",\"type\":\"text\"}]",
	    "fields[0].name has a control character" },
	{ "[{\"name\":\"\xc2\xa0\",\"type\":\"text\"}]", NULL },
	{ "[{\"name\":\"\\u0000\",\"type\":\"text\"}]",
	    "fields[0].name has U+0000" },
	{ "[{\"name\":\"\\ud800\",\"type\":\"text\"}]",
	    "fields[0].name has an unpaired surrogate" },
	{ "[{\"name\":\"a\",\"type\":\"text\"},"
	    "{\"name\":\"b\",\"type\":\"date\"},"
	    "{\"name\":\"\\u0061\",\"type\":\"list\"}]",
	    "fields[2].name must be unique" },
	{ "[{\"name\":\"a\",\"type\":\"text\"},"
	    "{\"name\":\"A\",\"type\":\"text\"}]", NULL },
	/* Types */
	{ "[{\"name\":\"a\",\"type\":\"string\"}]",
	    "fields[0].type must be an enum value" },
	{ "[{\"name\":\"a\",\"type\":\"\"}]",
	    "fields[0].type must be an enum value" },
	{ "[{\"name\":\"a\",\"type\":\"tex\"}]",
	    "fields[0].type must be an enum value" },
	{ "[{\"name\":\"a\",\"type\":[\"text\"]}]",
	    "fields[0].type is the wrong type" },
	{ "[{\"name\":\"a\",\"type\":\"date\\u002dtime\"}]", NULL },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"required\":1}]",
	    "fields[0].required is the wrong type" },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"required\":null}]",
	    "fields[0].required is the wrong type" },
	/* Limits of text */
	{ "[{\"name\":\"a\",\"type\":\"text\",\"minLength\":0,"
	    "\"maxLength\":1}]", NULL },
	{ "[{\"maxLength\":1e6,\"minLength\":1000.0,\"name\":\"a\","
	    "\"type\":\"text\"}]", NULL },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"minLength\":1001}]",
	    "fields[0].minLength is more than maximum" },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"minLength\":-1}]",
	    "fields[0].minLength is less than minimum" },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"minLength\":-1e300}]",
	    "fields[0].minLength is less than minimum" },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"minLength\":1.5}]",
	    "fields[0].minLength is the wrong type" },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"minLength\":\"1\"}]",
	    "fields[0].minLength is the wrong type" },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"maxLength\":0}]",
	    "fields[0].maxLength is less than minimum" },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"maxLength\":1000001}]",
	    "fields[0].maxLength is more than maximum" },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"maxLength\":1e300}]",
	    "fields[0].maxLength is more than maximum" },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"maxLength\":3,"
	    "\"minLength\":4}]", "fields[0].maxLength is less than minLength" },
	{ "[{\"name\":\"a\",\"type\":\"number\",\"maxLength\":3}]",
	    "fields[0] has additional properties" },
	{ "[{\"name\":\"a\",\"type\":\"email\",\"minLength\":3}]",
	    "fields[0] has additional properties" },
	/* Limits of numbers */
	{ "[{\"name\":\"a\",\"type\":\"number\",\"minimum\":-1e1000,"
	    "\"maximum\":1e1000,\"integer\":true}]", NULL },
	{ "[{\"name\":\"a\",\"type\":\"number\",\"minimum\":1e1001}]",
	    "fields[0].minimum is out of range" },
	{ "[{\"name\":\"a\",\"type\":\"number\",\"maximum\":\"1\"}]",
	    "fields[0].maximum is the wrong type" },
	{ "[{\"name\":\"a\",\"type\":\"number\",\"maximum\":1,"
	    "\"minimum\":1.0}]", NULL },
	{ "[{\"name\":\"a\",\"type\":\"number\","
	    "\"maximum\":9007199254740992,\"minimum\":9007199254740993}]",
	    "fields[0].maximum is less than minimum" },
	{ "[{\"name\":\"a\",\"type\":\"number\",\"integer\":1}]",
	    "fields[0].integer is the wrong type" },
	{ "[{\"name\":\"a\",\"type\":\"number\",\"integer\":true,"
	    "\"minimum\":0.1,\"maximum\":0.9}]",
	    "fields[0].integer has no number within the limits" },
	{ "[{\"name\":\"a\",\"type\":\"number\",\"integer\":true,"
	    "\"minimum\":-0.9,\"maximum\":-0.1}]",
	    "fields[0].integer has no number within the limits" },
	{ "[{\"name\":\"a\",\"type\":\"number\",\"integer\":false,"
	    "\"minimum\":0.1,\"maximum\":0.9}]", NULL },
	{ "[{\"name\":\"a\",\"type\":\"number\",\"integer\":true,"
	    "\"minimum\":0.1,\"maximum\":1}]", NULL },
	{ "[{\"name\":\"a\",\"type\":\"number\",\"integer\":true,"
	    "\"minimum\":-1,\"maximum\":-0.1}]", NULL },
	{ "[{\"name\":\"a\",\"type\":\"number\",\"integer\":true,"
	    "\"minimum\":-0.5,\"maximum\":0.5}]", NULL },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"minimum\":1}]",
	    "fields[0] has additional properties" },
	/* Lists and others */
	{ "[{\"name\":\"a\",\"type\":\"list\",\"maxItems\":0}]", NULL },
	{ "[{\"name\":\"a\",\"type\":\"list\",\"maxItems\":100000}]", NULL },
	{ "[{\"name\":\"a\",\"type\":\"list\",\"maxItems\":100001}]",
	    "fields[0].maxItems is more than maximum" },
	{ "[{\"name\":\"a\",\"type\":\"object\",\"maxItems\":1}]",
	    "fields[0] has additional properties" },
	{ "[{\"name\":\"a\",\"type\":\"boolean\",\"integer\":true}]",
	    "fields[0] has additional properties" },
	/* Choices */
	{ "[{\"name\":\"a\",\"type\":\"choice\",\"choices\":[\"x\"]}]",
	    NULL },
	{ "[{\"name\":\"a\",\"type\":\"choice\"}]",
	    "fields[0].choices is required" },
	{ "[{\"name\":\"a\",\"type\":\"text\",\"choices\":[\"x\"]}]",
	    "fields[0] has additional properties" },
	{ "[{\"name\":\"a\",\"type\":\"choice\",\"choices\":\"x\"}]",
	    "fields[0].choices is the wrong type" },
	{ "[{\"name\":\"a\",\"type\":\"choice\",\"choices\":[]}]",
	    "fields[0].choices has less items than allowed" },
	{ "[{\"name\":\"a\",\"type\":\"choice\",\"choices\":[\"x\",1]}]",
	    "fields[0].choices[1] is the wrong type" },
	{ "[{\"name\":\"a\",\"type\":\"choice\",\"choices\":[\"\"]}]",
	    "fields[0].choices[0] has less length than allowed" },
	{ "[{\"name\":\"a\",\"type\":\"choice\","
	    "\"choices\":[\"x\",\"\\u0009\"]}]",
	    "fields[0].choices[1] has a control character" },
	{ "[{\"name\":\"a\",\"type\":\"choice\","
	    "\"choices\":[\"x\",\"y\",\"\\u0078\"]}]",
	    "fields[0].choices[2] must be unique" },
	{ "[{\"name\":\"a\",\"type\":\"text\"},{\"name\":\"b\","
	    "\"type\":\"choice\",\"choices\":[\"x\",\"X\"],\"min\":1}]",
	    "fields[1] has additional properties" }
};

/* Without a NUL at its end, so that a sanitizer reports reads beyond it. */
static int
parse(const char *text, size_t len, struct arena *arena,
    struct form_fields **out, struct err *err)
{
	char *p = mem_alloc(len);
	int result;

	memcpy(p, text, len);
	result = form_fields_parse(p, len, arena, out, err);
	free(p);
	return result;
}

static void
test_cases(void **state)
{
	struct arena arena = ARENA_INIT;
	struct form_fields *fields;
	struct err err;
	int result;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		memset(&err, 0, sizeof(err));
		fields = NULL;
		result = parse(cases[i].text, strlen(cases[i].text), &arena,
		    &fields, &err);
		if (result != (cases[i].says == NULL ? 0 : -1) ||
		    strcmp(err.text,
		    cases[i].says == NULL ? "" : cases[i].says) != 0)
			fail_msg("cases[%zu]: %d \"%s\"", i, result, err.text);
		if ((result == 0) != (fields != NULL) ||
		    (result < 0 && err.code != ERR_BAD_REQUEST))
			fail_msg("cases[%zu]: code %d", i, err.code);
		arena_release(&arena);
	}
}

static void
test_members(void **state)
{
	static const char text[] =
	    "[{\"maxLength\":7,\"name\":\"t\\u00e9\",\"type\":\"text\","
	    "\"minLength\":2,\"required\":true},"
	    "{\"name\":\"n\",\"type\":\"number\",\"minimum\":-1.50,"
	    "\"maximum\":1e2,\"integer\":true},"
	    "{\"name\":\"l\",\"type\":\"list\"},"
	    "{\"name\":\"c\",\"type\":\"choice\","
	    "\"choices\":[\"x\",\"\\u0079\"]},"
	    "{\"name\":\"plain\",\"type\":\"text\",\"required\":false}]";
	struct arena arena = ARENA_INIT;
	const struct form_field *f;
	struct form_fields *fields;
	struct err err;

	(void)state;
	assert_int_equal(form_fields_parse(text, strlen(text), &arena, &fields,
	    &err), 0);
	assert_int_equal(fields->n, 5);
	f = fields->list;
	assert_string_equal(f->name.text, "t\xc3\xa9");
	assert_int_equal(f->name.len, 3);
	assert_string_equal(f->type->name, "text");
	assert_true(f->required);
	assert_int_equal(f->min_length, 2);
	assert_int_equal(f->max_length, 7);
	f++;
	assert_false(f->required);
	assert_true(f->integer);
	assert_int_equal(f->minimum.len, 5);
	assert_memory_equal(f->minimum.text, "-1.50", 5);
	assert_int_equal(f->maximum.len, 3);
	f++;
	assert_int_equal(f->max_items, 1000);
	f++;
	assert_int_equal(f->choices_n, 2);
	assert_string_equal(f->choices[1].text, "y");
	f++;
	assert_int_equal(f->min_length, 0);
	assert_int_equal(f->max_length, 32767);
	assert_ptr_equal(form_fields_find(fields, "plain!", 5), f);
	assert_ptr_equal(form_fields_find(fields, "t\xc3\xa9", 3),
	    fields->list);
	assert_null(form_fields_find(fields, "t\xc3", 2));
	assert_null(form_fields_find(fields, "", 0));
	assert_null(form_fields_find(fields, "plain\0", 6));
	arena_release(&arena);
}

/* Sets b to a definition of n fields, or of one with n choices. */
static void
define(struct buf *b, size_t n, bool choices)
{
	size_t i;

	b->len = 0;
	buf_addstr(b, choices ? "[{\"type\":\"choice\",\"name\":\"a\","
	    "\"choices\":[" : "[");
	for (i = 0; i < n; i++)
		buf_printf(b, choices ? "%s\"%zu\"" :
		    "%s{\"name\":\"%zu\",\"type\":\"text\"}",
		    i == 0 ? "" : ",", i);
	buf_addstr(b, choices ? "]}]" : "]");
}

static void
test_numbers(void **state)
{
	static const struct {
		size_t n;
		bool choices;
		const char *says;
	} counts[] = {
		{ FORM_FIELDS_MAX, false, NULL },
		{ FORM_FIELDS_MAX + 1, false,
		    "fields has more items than allowed" },
		{ FORM_CHOICES_MAX, true, NULL },
		{ FORM_CHOICES_MAX + 1, true,
		    "fields[0].choices has more items than allowed" }
	};
	struct arena arena = ARENA_INIT;
	struct form_fields *fields;
	struct err err;
	struct buf b;
	size_t i;
	int result;

	(void)state;
	buf_init(&b);
	for (i = 0; i < LENGTH(counts); i++) {
		define(&b, counts[i].n, counts[i].choices);
		result = parse(b.data, b.len, &arena, &fields, &err);
		if (result != (counts[i].says == NULL ? 0 : -1))
			fail_msg("counts[%zu]: %s", i, err.text);
		if (counts[i].says != NULL)
			assert_string_equal(err.text, counts[i].says);
		arena_release(&arena);
	}
	buf_release(&b);
}

/* A name's length is in code points. */
static void
test_name_length(void **state)
{
	struct arena arena = ARENA_INIT;
	struct form_fields *fields;
	struct err err;
	struct buf b;
	size_t n, i;

	(void)state;
	buf_init(&b);
	for (n = FORM_NAME_MAX; n <= FORM_NAME_MAX + 1; n++) {
		b.len = 0;
		buf_addstr(&b, "[{\"type\":\"text\",\"name\":\"");
		for (i = 0; i < n; i++)
			buf_addstr(&b, i % 2 ? "\xf0\x9f\x98\x80" :
			    "\\u00e9");
		buf_addstr(&b, "\"}]");
		assert_int_equal(parse(b.data, b.len, &arena, &fields, &err),
		    n == FORM_NAME_MAX ? 0 : -1);
		arena_release(&arena);
	}
	assert_string_equal(err.text,
	    "fields[0].name has longer length than allowed");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_name_length)
	};

	return cmocka_run_group_tests_name("form_field", tests, NULL, NULL);
}
