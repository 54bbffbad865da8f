/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/jsn.h"
#include "ctl/ctl.h"

/* Length of the control character at s (C0, DEL, or C1 in UTF-8), 0: none. */
static size_t
control_length(const unsigned char *s, size_t len)
{
	if (s[0] < ' ' || s[0] == 0x7f)
		return 1;
	return len > 1 && s[0] == 0xc2 && s[1] < 0xa0 ? 2 : 0;
}

static void
escape(struct buf *out, const char *text, size_t len, bool lines)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t i, n;

	for (i = 0; i < len; ) {
		n = control_length(s + i, len - i);
		if (n == 0 || (lines && (s[i] == '\n' || s[i] == '\t')))
			buf_addch(out, text[i++]);
		else
			for (; n > 0; n--)
				buf_printf(out, "\\x%02x", s[i++]);
	}
}

void
output_text(const char *text, size_t len, bool lines)
{
	struct buf buf;

	buf_init(&buf);
	escape(&buf, text, len, lines);
	fwrite(buf.data, 1, buf.len, stdout);
	buf_release(&buf);
}

/* The characters of s: what a terminal gives a column each. */
static size_t
width(const char *s)
{
	return jsn_points(s, strlen(s));
}

/* A value for people. */
static void
value_print(const struct jsn *value, struct buf *out)
{
	struct buf text;
	size_t i;

	switch (jsn_type(value)) {
	case JSN_NONE:
	case JSN_NULL:
		buf_addch(out, '-');
		return;
	case JSN_STRING:
		escape(out, jsn_string(value), strlen(jsn_string(value)),
		    false);
		return;
	case JSN_BOOLEAN:
		buf_addstr(out, jsn_is_true(value) ? "yes" : "no");
		return;
	case JSN_ARRAY:
		for (i = 0; i < jsn_length(value); i++) {
			if (i > 0)
				buf_addch(out, ' ');
			value_print(jsn_at(value, i), out);
		}
		return;
	default:
		buf_init(&text);
		jsn_print(value, &text);
		escape(out, text.data, text.len, false);
		buf_release(&text);
	}
}

void
output_done(const struct ctl *ctl, const char *key, const char *id,
    const char *text)
{
	if (ctl->json)
		printf("{\"%s\":\"%s\"}\n", key, id);
	else
		printf("%s\n", text);
}

static int
row_parse(const struct pg_result *rows, size_t row, struct jsn **out,
    struct err *err)
{
	const char *text = pg_text(rows, row, 0);

	return jsn_parse(text, strlen(text), out, err);
}

/* Puts the cells of a row behind each other, a NUL between, and widens the
 * columns for them. */
static int
cells_read(struct output *table, const struct pg_result *rows, size_t row,
    struct buf *cells, struct err *err)
{
	const struct output_column *c = table->columns;
	struct jsn *object = NULL;
	size_t i, start, w;

	if (row_parse(rows, row, &object, err) < 0)
		return -1;
	for (i = 0; c[i].heading != NULL; i++) {
		start = cells->len;
		value_print(jsn_get(object, c[i].key), cells);
		buf_addch(cells, '\0');
		if ((w = width(cells->data + start)) > table->widths[i])
			table->widths[i] = w;
	}
	jsn_free(&object);
	return 0;
}

static void
cell_print(const struct output *table, size_t i, const char *text)
{
	bool last = table->columns[i + 1].heading == NULL;
	int pad = last ? 0 : (int)(table->widths[i] - width(text)) + 2;

	printf("%s%*s%s", text, pad, "", last ? "\n" : "");
}

static void
heading_print(struct output *table)
{
	size_t i;

	if (!table->headed)
		for (i = 0; table->columns[i].heading != NULL; i++)
			cell_print(table, i, table->columns[i].heading);
	table->headed = true;
}

int
output_rows(const struct ctl *ctl, struct output *table,
    const struct pg_result *rows, struct err *err)
{
	struct buf cells;
	size_t i, row, n = pg_rows(rows);
	const char *cell;
	int rc = 0;

	if (ctl->json) {
		for (row = 0; row < n; row++)
			printf("%s\n", pg_text(rows, row, 0));
		return 0;
	}
	for (i = 0; table->columns[i].heading != NULL; i++)
		if (table->widths[i] < strlen(table->columns[i].heading))
			table->widths[i] = strlen(table->columns[i].heading);
	buf_init(&cells);
	for (row = 0; row < n && rc == 0; row++)
		rc = cells_read(table, rows, row, &cells, err);
	if (rc == 0 && n > 0) {
		heading_print(table);
		cell = cells.data;
		for (row = 0; row < n; row++)
			for (i = 0; table->columns[i].heading != NULL; i++) {
				cell_print(table, i, cell);
				cell += strlen(cell) + 1;
			}
	}
	buf_release(&cells);
	return rc;
}

int
output_list(const struct ctl *ctl, const struct pg_result *rows,
    const struct output_column *columns, const char *none, struct err *err)
{
	struct output table = { .columns = columns };
	size_t row;

	if (ctl->json) {
		printf("[");
		for (row = 0; row < pg_rows(rows); row++)
			printf("%s%s", row == 0 ? "" : ",\n",
			    pg_text(rows, row, 0));
		printf("]\n");
		return 0;
	}
	if (pg_rows(rows) == 0)
		printf("%s\n", none);
	return output_rows(ctl, &table, rows, err);
}

int
output_all(struct ctl *ctl, enum sql_id sql, const struct pg_value *values,
    const struct output_column *columns, const char *none, struct err *err)
{
	struct pg_result *res = NULL;
	int rc;

	if (pg_run(ctl->db, sql, values, &res, err) < 0)
		return -1;
	rc = output_list(ctl, res, columns, none, err);
	pg_result_free(&res);
	return rc;
}

static int
key_width(const char *name, const struct jsn *value, void *ctx)
{
	size_t *widest = ctx;

	if (jsn_type(value) != JSN_NULL && width(name) > *widest)
		*widest = width(name);
	return 0;
}

static int
member_print(const char *name, const struct jsn *value, void *ctx)
{
	const size_t *widest = ctx;
	struct buf buf;

	if (jsn_type(value) == JSN_NULL)
		return 0;
	buf_init(&buf);
	value_print(value, &buf);
	printf("%s%*s%.*s\n", name, (int)(*widest - width(name)) + 2, "",
	    (int)buf.len, buf.data);
	buf_release(&buf);
	return 0;
}

int
output_object(const struct ctl *ctl, const char *json, struct err *err)
{
	struct jsn *object = NULL;
	size_t widest = 0;

	if (ctl->json) {
		printf("%s\n", json);
		return 0;
	}
	if (jsn_parse(json, strlen(json), &object, err) < 0)
		return -1;
	jsn_each(object, key_width, &widest);
	jsn_each(object, member_print, &widest);
	jsn_free(&object);
	return 0;
}

int
output_show(struct ctl *ctl, enum sql_id sql, const struct pg_value *values,
    const char *what, const char *id, struct err *err)
{
	struct pg_result *row = NULL;
	int rc;

	if (input_row(ctl, sql, values, what, id, &row, err) < 0)
		return -1;
	rc = output_object(ctl, pg_text(row, 0, 0), err);
	pg_result_free(&row);
	return rc;
}

int
output_made(struct ctl *ctl, enum sql_id sql, const struct pg_value *values,
    const char *const *keys, const char *what, const char *id, struct err *err)
{
	struct pg_result *row = NULL;
	struct jsn *object = NULL;
	const char *text;
	int rc;

	if (ctl->json)
		return output_show(ctl, sql, values, what, id, err);
	if (input_row(ctl, sql, values, what, id, &row, err) < 0)
		return -1;
	rc = row_parse(row, 0, &object, err);
	for (; *keys != NULL; keys++)
		if ((text = jsn_string(jsn_get(object, *keys))) != NULL)
			printf("%-6s  %s\n", *keys, text);
	jsn_free(&object);
	pg_result_free(&row);
	return rc;
}
