/* SPDX-License-Identifier: ISC */
/*
 * samples: generates the web servers' sample configurations from the route
 * tables, when Creel is built.
 *
 *	samples <TEMPLATE >SAMPLE	replaces @marks@
 *	samples FOLDER			writes Apache's error pages there
 *
 * A path belongs to the door of its first segment, as in route_find(), so maps
 * and error pages are named by first segments.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "base/buf.h"
#include "creel/dispatch.h"
#include "creel/routes.h"
#include "creel/rows.h"

enum server { NGINX = 1 << 0, APACHE = 1 << 1 };

/* Errors that a web server responds with itself. */
static const struct page {
	int status;
	unsigned servers;	/* enum server: those with a page */
	enum err_code code;
} pages[] = {
	{ 400, NGINX | APACHE, ERR_BAD_REQUEST },
	{ 403, NGINX, ERR_FORBIDDEN },
	{ 404, APACHE, ERR_NOT_FOUND },
	{ 405, NGINX | APACHE, ERR_METHOD_NOT_ALLOWED },
	{ 408, APACHE, ERR_BAD_REQUEST },
	{ 411, NGINX | APACHE, ERR_LENGTH_REQUIRED },
	{ 413, NGINX | APACHE, ERR_TOO_LARGE },
	{ 414, NGINX | APACHE, ERR_BAD_REQUEST },
	{ 415, NGINX, ERR_UNSUPPORTED },
	{ 417, APACHE, ERR_BAD_REQUEST },
	{ 501, NGINX, ERR_BAD_REQUEST },
	{ 503, NGINX | APACHE, ERR_UNAVAILABLE },
	{ 505, NGINX, ERR_BAD_REQUEST }
};

#define PAGES (sizeof(pages) / sizeof(pages[0]))

/* Apache's pages for paths that are not Creel's. */
static const int host_pages[] = { 400, 414, 417 };

static struct arena arena = ARENA_INIT;

/* Ends the program if a text of the tables contains one of these characters. */
static void
reject(const char *text, const char *characters)
{
	if (text[strcspn(text, characters)] == '\0')
		return;
	fprintf(stderr, "samples: cannot write %s in: %s\n", characters, text);
	abort();
}

/* -- regular expressions */

/* Appends a regular expression that matches text literally. */
static void
put_quoted(struct buf *out, const char *text)
{
	/* They end a regular expression of Apache, or its argument. */
	reject(text, "#\"");
	for (; *text != '\0'; text++) {
		if (strchr(".+*?()[]{}|^$\\", *text) != NULL)
			buf_addch(out, '\\');
		buf_addch(out, *text);
	}
}

/* Appends a regular expression for a path: letters may be percent-encoded, and
 * a slash may be anything that a web server treats as one. */
static void
put_disguised(struct buf *out, const char *path)
{
	char letter[2] = "";

	for (; *path != '\0'; path++) {
		if (*path == '/') {
			buf_addstr(out, "(?:/|%2f|\\x5c|%5c)"
			    "(?:[/.\\x5c]|%2[ef]|%5c)*");
			continue;
		}
		*letter = *path;
		buf_addstr(out, "(?:");
		put_quoted(out, letter);
		buf_printf(out, "|%%%02x)", (unsigned char)*path);
	}
}

/* Appends the words as alternatives; without words, an expression that matches
 * nothing. */
static void
put_words(struct buf *out, row_fn *fn,
    void (*put)(struct buf *, const char *))
{
	struct words words;
	size_t i;

	rows_walk(routes, fn, &arena, &words);
	for (i = 0; i < words.n; i++) {
		if (i > 0)
			buf_addch(out, '|');
		put(out, words.at[i]);
	}
	if (words.n == 0)
		buf_addstr(out, "(?!)");
}

/* -- error pages */

/* Returns the header's number in resp, or n_headers. */
static size_t
header_find(const struct resp *resp, const char *name)
{
	size_t i = 0;

	while (i < resp->n_headers &&
	    strcasecmp(resp->headers[i].name, name) != 0)
		i++;
	return i;
}

/* Ends the program if there are two headers of a name: nginx's maps have one
 * variable for each name. */
static void
reject_twins(const struct resp *resp, const char *segment)
{
	size_t i;

	for (i = 0; i < resp->n_headers; i++) {
		if (header_find(resp, resp->headers[i].name) == i)
			continue;
		fprintf(stderr, "samples: /%s: two headers %s\n", segment,
		    resp->headers[i].name);
		abort();
	}
}

/* Sets resp to the error response of the door with this first segment. */
static void
page_render(const struct page *page, const char *segment, struct resp *resp)
{
	const struct services services = { .conf = NULL };
	const char *path = arena_printf(&arena, "/%s", segment);
	const struct req req = { .services = &services, .arena = &arena,
	    .method = "GET", .path = path, .query = "",
	    .route = route_first(routes, path) };
	struct err err;

	memset(resp, 0, sizeof(*resp));
	resp->status = page->status;
	err_set(&err, page->code, "%s", http_reason(page->status));
	if (page->status == 503)
		http_set(resp, "Retry-After", DISPATCH_RETRY_AFTER);
	req.route->dialect->error(&req, &err, resp);
	resp->status = page->status;
	if (page->status == 405)
		http_set(resp, "Allow", route_allow_below(routes, path,
		    &arena));
	reject_twins(resp, segment);
}

/* Returns a header of the error response, or its body if name is NULL. */
static const char *
page_part(const struct page *page, const char *segment, const char *name)
{
	struct resp resp;
	size_t i;

	page_render(page, segment, &resp);
	if (name == NULL)
		return resp.body == NULL ? "" :
		    arena_copy(&arena, resp.body, resp.body_len);
	i = header_find(&resp, name);
	return i < resp.n_headers ? resp.headers[i].value : "";
}

/* Sets out to the names of all headers of error responses. */
static void
headers_find(struct words *out)
{
	struct words doors;
	struct resp resp;
	const char *name;
	size_t door, p, i;

	out->n = 0;
	rows_walk(routes, row_door, &arena, &doors);
	for (door = 0; door < doors.n; door++)
		for (p = 0; p < PAGES; p++) {
			page_render(&pages[p], doors.at[door], &resp);
			for (i = 0; i < resp.n_headers; i++) {
				name = resp.headers[i].name;
				if (!words_have(out, name))
					words_add(out, name);
			}
		}
}

/* Returns nginx's variable for a header, or for the body if name is NULL. */
static const char *
part_variable(const char *name)
{
	char *variable, *c;

	if (name == NULL)
		return "$creel_error_body";
	variable = arena_printf(&arena, "$creel_error_%s", name);
	for (c = variable; *c != '\0'; c++)
		if (*c == '-')
			*c = '_';
		else if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
	return variable;
}

/* Appends a value of a map. */
static void
put_value(struct buf *out, const char *value)
{
	/* nginx has no escape for it. */
	reject(value, "$");
	buf_addstr(out, " '");
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			buf_addch(out, '\\');
		buf_addch(out, *value);
	}
	buf_addstr(out, "';\n");
}

/* Appends a door's lines of a map: one line if all its pages are equal. */
static void
put_map_door(struct buf *out, const char *segment, const char *name)
{
	const char *values[PAGES], *same = NULL;
	bool differ = false;
	size_t p;

	for (p = 0; p < PAGES; p++) {
		values[p] = !(pages[p].servers & NGINX) ? "" :
		    page_part(&pages[p], segment, name);
		if (!(pages[p].servers & NGINX))
			continue;
		differ = differ || (same != NULL &&
		    strcmp(same, values[p]) != 0);
		same = values[p];
	}
	if (!differ && *same != '\0') {
		buf_addstr(out, "\t~^");
		put_quoted(out, segment);
		/* Another first segment may begin with this one and a dash. */
		buf_addstr(out, "-\\d+$");
		put_value(out, same);
	}
	for (p = 0; differ && p < PAGES; p++)
		if (*values[p] != '\0') {
			buf_printf(out, "\t%s-%d", segment, pages[p].status);
			put_value(out, values[p]);
		}
}

static void
put_map(struct buf *out, const char *name)
{
	struct words doors;
	size_t door;

	buf_printf(out, "map $creel_door-$status %s {\n\tdefault '';\n",
	    part_variable(name));
	rows_walk(routes, row_door, &arena, &doors);
	for (door = 0; door < doors.n; door++)
		put_map_door(out, doors.at[door], name);
	buf_addch(out, '}');
}

/* -- marks */

static void
mark_segments(struct buf *out)
{
	put_words(out, row_segment, put_quoted);
}

static void
mark_singles(struct buf *out)
{
	put_words(out, row_single, put_quoted);
}

static void
mark_secret_paths(struct buf *out)
{
	put_words(out, row_secret_path, put_disguised);
}

static void
mark_open_paths(struct buf *out)
{
	put_words(out, row_open_path, put_quoted);
}

static void
mark_secret_names(struct buf *out)
{
	put_words(out, row_secret_name, put_quoted);
}

/* The door with the error pages for paths without a route. */
static void
mark_default(struct buf *out)
{
	const char *path = routes[0]->pattern + 1;

	buf_add(out, path, strcspn(path, "/"));
}

static void
mark_error_maps(struct buf *out)
{
	struct words headers;
	size_t i;

	headers_find(&headers);
	put_map(out, NULL);
	for (i = 0; i < headers.n; i++) {
		buf_addstr(out, "\n\n");
		put_map(out, headers.at[i]);
	}
}

static void
mark_error_headers(struct buf *out)
{
	struct words headers;
	size_t i;

	headers_find(&headers);
	for (i = 0; i < headers.n; i++)
		buf_printf(out, "%sadd_header %s %s always;", i == 0 ? "" :
		    "\n\t", headers.at[i], part_variable(headers.at[i]));
}

static const struct {
	const char *name;
	void (*put)(struct buf *);
} marks[] = {
	{ "@segments@", mark_segments },
	{ "@singles@", mark_singles },
	{ "@secret_paths@", mark_secret_paths },
	{ "@open_paths@", mark_open_paths },
	{ "@secret_names@", mark_secret_names },
	{ "@default@", mark_default },
	{ "@error_maps@", mark_error_maps },
	{ "@error_headers@", mark_error_headers }
};

#define MARKS (sizeof(marks) / sizeof(marks[0]))

/* Replaces the marks of a line. */
static void
line_fill(const char *line, struct buf *out)
{
	size_t i;

	while (*line != '\0') {
		for (i = 0; i < MARKS; i++)
			if (strncmp(line, marks[i].name,
			    strlen(marks[i].name)) == 0)
				break;
		if (i < MARKS) {
			marks[i].put(out);
			line += strlen(marks[i].name);
		} else {
			buf_addch(out, *line++);
		}
	}
}

static int
template_fill(void)
{
	char *line = NULL;
	size_t size = 0;
	struct buf out;
	bool failed;

	buf_init(&out);
	while (getline(&line, &size, stdin) != -1)
		line_fill(line, &out);
	free(line);
	failed = ferror(stdin) || fwrite(out.data, 1, out.len, stdout) !=
	    out.len || fflush(stdout) != 0;
	buf_release(&out);
	return failed ? -1 : 0;
}

/* -- pages of Apache */

static int
file_write(const char *folder, const char *prefix, int status,
    const struct buf *text)
{
	FILE *f = fopen(arena_printf(&arena, "%s/%s%d.asis", folder, prefix,
	    status), "w");
	bool failed;

	if (f == NULL)
		return -1;
	failed = fwrite(text->data, 1, text->len, f) != text->len;
	return fclose(f) != 0 || failed ? -1 : 0;
}

static int
door_page_write(const char *folder, const char *segment,
    const struct page *page)
{
	struct resp resp;
	struct buf out;
	size_t i;
	int rc;

	page_render(page, segment, &resp);
	buf_init(&out);
	buf_printf(&out, "Status: %d %s\n", page->status,
	    http_reason(page->status));
	for (i = 0; i < resp.n_headers; i++)
		buf_printf(&out, "%s: %s\n", resp.headers[i].name,
		    resp.headers[i].value);
	buf_addch(&out, '\n');
	buf_add(&out, resp.body, resp.body_len);
	rc = file_write(folder, arena_printf(&arena, "%s-", segment),
	    page->status, &out);
	buf_release(&out);
	return rc;
}

static int
host_page_write(const char *folder, int status)
{
	const char *reason = http_reason(status);
	struct buf out;
	int rc;

	buf_init(&out);
	buf_printf(&out, "Status: %d %s\nContent-Type: text/html; "
	    "charset=utf-8\n\n<!DOCTYPE html>\n<title>%d %s</title>\n"
	    "<h1>%s</h1>\n", status, reason, status, reason, reason);
	rc = file_write(folder, "", status, &out);
	buf_release(&out);
	return rc;
}

static int
pages_write(const char *folder)
{
	struct words doors;
	size_t i, p;
	int rc = 0;

	rows_walk(routes, row_door, &arena, &doors);
	for (i = 0; i < doors.n; i++)
		for (p = 0; p < PAGES; p++)
			if (rc == 0 && (pages[p].servers & APACHE))
				rc = door_page_write(folder, doors.at[i],
				    &pages[p]);
	for (i = 0; i < sizeof(host_pages) / sizeof(host_pages[0]); i++)
		if (rc == 0)
			rc = host_page_write(folder, host_pages[i]);
	return rc;
}

int
main(int argc, char **argv)
{
	const char *fault = rows_fault(routes, &arena);
	int rc;

	if (fault != NULL) {
		fprintf(stderr, "samples: %s\n", fault);
		arena_release(&arena);
		return EX_SOFTWARE;
	}
	rc = argc > 1 ? pages_write(argv[1]) : template_fill();
	if (rc < 0)
		fprintf(stderr, "samples: %s\n", strerror(errno));
	arena_release(&arena);
	return rc < 0 ? EX_IOERR : EX_OK;
}
