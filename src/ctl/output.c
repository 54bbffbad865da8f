/* SPDX-License-Identifier: ISC */
/* Prints what creelctl's commands return: tables, objects, or JSON. */
#include <sys/ioctl.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/escape.h"
#include "base/jsn.h"
#include "base/jsn_write.h"
#include "ctl/ctl.h"

#define TABLE_WIDTH 100		/* columns of a table on a terminal */
#define CUT_MIN 11		/* columns that a cut value keeps */
#define GAP 2			/* between two columns */

void
output_text(const char *text, size_t len, bool lines)
{
	struct buf buf;

	buf_init(&buf);
	escape_text(&buf, text, len, lines);
	fwrite(buf.data, 1, buf.len, stdout);
	buf_release(&buf);
}

void
output_line(const char *fmt, ...)
{
	struct buf line;
	va_list ap;

	buf_init(&line);
	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	output_text(line.data, line.len, false);
	putchar('\n');
	buf_release(&line);
}

void
output_raw(const char *json)
{
	struct buf buf;

	buf_init(&buf);
	escape_json(&buf, json);
	fwrite(buf.data, 1, buf.len, stdout);
	buf_release(&buf);
}

/* The columns that a terminal uses for the character at s; len gets its
 * bytes. */
static size_t
char_width(const char *s, size_t *len)
{
	mbstate_t state = { 0 };
	wchar_t c;
	int w;

	*len = mbrtowc(&c, s, strnlen(s, 4), &state);
	if (*len > 4) {		/* an error */
		*len = 1;
		return 1;
	}
	w = wcwidth(c);
	return w < 0 ? 1 : (size_t)w;
}

static size_t
width(const char *s)
{
	size_t len, w = 0;

	for (; *s != '\0'; s += len)
		w += char_width(s, &len);
	return w;
}

/* Appends text; the middle is replaced by three dots if it is wider than
 * max. */
static void
shorten(struct buf *out, const char *text, size_t max)
{
	size_t rest = width(text), head = (max - 2) / 2, tail = (max - 3) / 2;
	size_t len, used = 0, w;

	if (rest <= max) {
		buf_addstr(out, text);
		return;
	}
	while (used + (w = char_width(text, &len)) <= head) {
		buf_add(out, text, len);
		text += len;
		used += w;
	}
	rest -= used;
	/* A mark that combines goes with the character before it. */
	while ((w = char_width(text, &len)) == 0 || rest > tail) {
		text += len;
		rest -= w;
	}
	buf_printf(out, "...%s", text);
}

/* Appends a value as tables show it. */
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
		escape_text(out, jsn_string(value), strlen(jsn_string(value)),
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
		escape_text(out, text.data, text.len, false);
		buf_release(&text);
	}
}

void
output_json(struct buf *json)
{
	jsn_write_end(json, '}');
	output_raw(json->data);
	putchar('\n');
	buf_release(json);
}

void
output_done(const struct ctl *ctl, const char *key, const char *id,
    const char *text)
{
	struct buf json;

	if (!ctl->json) {
		output_line("%s", text);
		return;
	}
	buf_init(&json);
	jsn_write_object(&json, NULL);
	jsn_write_string(&json, key, id);
	output_json(&json);
}

static int
row_parse(const struct pg_result *rows, size_t row, struct jsn **out,
    struct err *err)
{
	const char *text = pg_text(rows, row, 0);

	return jsn_parse(text, strlen(text), out, err);
}

/* The columns of the terminal that tables are written to; SIZE_MAX: as many as
 * they need. */
static size_t
table_limit(const struct ctl *ctl)
{
	struct winsize size;

	if (ctl->wide || !isatty(STDOUT_FILENO))
		return SIZE_MAX;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 ||
	    size.ws_col > TABLE_WIDTH)
		return TABLE_WIDTH;
	return size.ws_col;
}

/* Narrows the widest column with one of the flags; false if none is left. */
static bool
table_narrow(struct output *table, unsigned flags)
{
	const struct output_column *c = table->columns;
	size_t i, *widest = NULL;

	for (i = 0; c[i].heading != NULL; i++)
		if ((c[i].flags & flags) && table->widths[i] > CUT_MIN &&
		    (widest == NULL || table->widths[i] > *widest))
			widest = &table->widths[i];
	if (widest != NULL)
		(*widest)--;
	return widest != NULL;
}

/* Omits the last column with this flag; false if none is left. */
static bool
table_omit(struct output *table, unsigned flag)
{
	const struct output_column *c = table->columns;
	size_t i, last = 0;	/* the first column is never omitted */

	if (table->headed)
		return false;
	for (i = 0; c[i].heading != NULL; i++)
		if ((c[i].flags & flag) && !table->omitted[i])
			last = i;
	if (last > 0)
		table->omitted[last] = true;
	return last > 0;
}

/* Sets the widths, cutting columns with one of the flags; false if they exceed
 * the limit. */
static bool
table_fits(struct output *table, size_t limit, unsigned flags)
{
	size_t i, total = 0;

	for (i = 0; table->columns[i].heading != NULL; i++) {
		table->widths[i] = table->omitted[i] ? 0 : table->needed[i];
		total += table->omitted[i] ? 0 : table->needed[i] + GAP;
	}
	total -= GAP;
	while (total > limit && table_narrow(table, flags))
		total--;
	return total <= limit;
}

/* Cuts columns and omits others until the table fits; false if it cannot. */
static bool
table_try(struct output *table, size_t limit, unsigned cut, unsigned omit)
{
	bool fits;

	do
		fits = table_fits(table, limit, cut);
	while (!fits && table_omit(table, omit));
	return fits;
}

static void
table_fit(struct output *table, size_t limit)
{
	if (!table_try(table, limit, OUTPUT_CUT, OUTPUT_OPTIONAL))
		table_try(table, limit, OUTPUT_CUT | OUTPUT_CUT_LAST,
		    OUTPUT_OMIT_LAST);
}

/* Ends the cell that begins at start. */
static void
cell_end(struct output *table, size_t i, size_t start, struct buf *cells)
{
	size_t w;

	buf_addch(cells, '\0');
	if ((w = width(cells->data + start)) > table->needed[i])
		table->needed[i] = w;
}

static void
headings_read(struct output *table, struct buf *cells)
{
	const struct output_column *c = table->columns;
	size_t i, start;

	for (i = 0; c[i].heading != NULL; i++) {
		start = cells->len;
		buf_addstr(cells, c[i].heading);
		cell_end(table, i, start, cells);
	}
}

/* Appends the cells of a row, each with a NUL. */
static int
cells_read(struct output *table, const struct pg_result *rows, size_t row,
    struct buf *cells, struct err *err)
{
	const struct output_column *c = table->columns;
	struct jsn *object = NULL;
	size_t i, start;

	if (row_parse(rows, row, &object, err) < 0)
		return -1;
	for (i = 0; c[i].heading != NULL; i++) {
		start = cells->len;
		value_print(jsn_get(object, c[i].key), cells);
		cell_end(table, i, start, cells);
	}
	jsn_free(&object);
	return 0;
}

/* Prints a line of the table; returns the cell after its last one. */
static const char *
line_print(const struct output *table, const char *cell)
{
	struct buf text;
	size_t i, pad = 0;

	for (i = 0; table->columns[i].heading != NULL; i++) {
		if (!table->omitted[i]) {
			buf_init(&text);
			shorten(&text, cell, table->widths[i]);
			printf("%*s%s", (int)pad, "", text.data);
			pad = table->widths[i] - width(text.data) + GAP;
			buf_release(&text);
		}
		cell += strlen(cell) + 1;
	}
	printf("\n");
	return cell;
}

int
output_rows(const struct ctl *ctl, struct output *table,
    const struct pg_result *rows, struct err *err)
{
	size_t row, n = pg_rows(rows), limit = table_limit(ctl);
	const char *cell;
	struct buf cells;
	int rc = 0;

	if (ctl->json) {
		for (row = 0; row < n; row++) {
			output_raw(pg_text(rows, row, 0));
			putchar('\n');
		}
		return 0;
	}
	if (n == 0)
		return 0;
	buf_init(&cells);
	if (!table->headed)
		headings_read(table, &cells);
	for (row = 0; row < n && rc == 0; row++)
		rc = cells_read(table, rows, row, &cells, err);
	if (rc == 0) {
		table_fit(table, limit);
		cell = cells.data;
		while (cell < cells.data + cells.len)
			cell = line_print(table, cell);
		table->headed = true;
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
		for (row = 0; row < pg_rows(rows); row++) {
			printf("%s", row == 0 ? "" : ",\n");
			output_raw(pg_text(rows, row, 0));
		}
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
	output_line("%s%*s%s", name, (int)(*widest - width(name)) + 2, "",
	    buf.data);
	buf_release(&buf);
	return 0;
}

int
output_object(const struct ctl *ctl, const char *json, struct err *err)
{
	struct jsn *object = NULL;
	size_t widest = 0;

	if (ctl->json) {
		output_raw(json);
		putchar('\n');
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
output_created(struct ctl *ctl, enum sql_id sql, const struct pg_value *values,
    const char *const *keys, const char *what, const char *id, struct err *err)
{
	struct pg_result *row = NULL;
	struct jsn *object = NULL;
	const char *const *key;
	const char *text;
	size_t widest = 0;
	int rc;

	if (ctl->json)
		return output_show(ctl, sql, values, what, id, err);
	if (input_row(ctl, sql, values, what, id, &row, err) < 0)
		return -1;
	rc = row_parse(row, 0, &object, err);
	for (key = keys; *key != NULL; key++)
		key_width(*key, jsn_get(object, *key), &widest);
	for (key = keys; *key != NULL; key++)
		if ((text = jsn_string(jsn_get(object, *key))) != NULL)
			output_line("%-*s  %s", (int)widest, *key, text);
	jsn_free(&object);
	pg_result_free(&row);
	return rc;
}
