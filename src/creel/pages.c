/* SPDX-License-Identifier: ISC */
/*
 * Pages: the errors that a web server responds with itself, in the dialect of
 * the door.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "creel/dispatch.h"
#include "creel/expression.h"
#include "creel/pages.h"
#include "creel/routes.h"
#include "creel/rows.h"

enum server { NGINX = 1 << 0, APACHE = 1 << 1 };

#define OWN_MAX 5

/*
 * Errors that a web server responds with itself: its own statuses become the
 * error's.  An early one occurs before the server selects a location, so its
 * page applies to the whole host.
 */
static const struct page {
	enum err_code code;
	unsigned early;		/* enum server, or'ed */
	int nginx[OWN_MAX];	/* ended by 0 if fewer, like apache */
	int apache[OWN_MAX];
} pages[] = {
	/* nginx: headers too large, and errors of TLS. */
	{ ERR_BAD_REQUEST, NGINX | APACHE, { 400, 494, 495, 496, 497 },
	    { 400 } },
	{ ERR_FORBIDDEN, 0, { 403 }, { 0 } },
	/* Apache: 403 for a path that is no file. */
	{ ERR_NOT_FOUND, 0, { 404 }, { 404, 403 } },
	{ ERR_METHOD_NOT_ALLOWED, NGINX, { 405 }, { 405 } },
	{ ERR_REQUEST_TIMEOUT, APACHE, { 408 }, { 408 } },
	{ ERR_LENGTH_REQUIRED, 0, { 411 }, { 411 } },
	{ ERR_TOO_LARGE, 0, { 413 }, { 413 } },
	{ ERR_URI_TOO_LONG, NGINX | APACHE, { 414 }, { 414 } },
	{ ERR_UNSUPPORTED, 0, { 415 }, { 415 } },
	{ ERR_EXPECTATION, APACHE, { 417 }, { 417 } },
	{ ERR_MISDIRECTED, NGINX | APACHE, { 421 }, { 421 } },
	{ ERR_HEADERS_TOO_LARGE, APACHE, { 431 }, { 431 } },
	{ ERR_NOT_IMPLEMENTED, NGINX, { 501 }, { 501 } },
	{ ERR_VERSION, NGINX, { 505 }, { 505 } },
	{ ERR_UNAVAILABLE, 0, { 503, 500, 502, 504 }, { 503, 500, 502, 504 } }
};

#define PAGES (sizeof(pages) / sizeof(pages[0]))

static struct arena arena = ARENA_INIT;

/* Ends the program if there are two headers of a name: nginx's maps have one
 * variable for each name. */
static void
reject_twins(const struct resp *resp, const char *segment)
{
	size_t i;

	for (i = 0; i < resp->n_headers; i++) {
		if (http_get(resp, resp->headers[i].name) == &resp->headers[i])
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
	int status = err_status(page->code);
	struct err err;

	memset(resp, 0, sizeof(*resp));
	resp->status = status;
	err_set(&err, page->code, "%s", http_reason(status));
	if (status == 503)
		http_set(resp, "Retry-After", DISPATCH_RETRY_AFTER);
	req.route->dialect->error(&req, &err, resp);
	resp->status = status;
	if (status == 405)
		http_set(resp, "Allow", route_allow_below(routes, path,
		    &arena));
	reject_twins(resp, segment);
}

/* Returns a header of the error response, or its body if name is NULL. */
static const char *
page_part(const struct page *page, const char *segment, const char *name)
{
	const struct header *header;
	struct resp resp;

	page_render(page, segment, &resp);
	if (name == NULL)
		return resp.body == NULL ? "" :
		    arena_copy(&arena, resp.body, resp.body_len);
	header = http_get(&resp, name);
	return header == NULL ? "" : header->value;
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
	expression_reject(value, "$");
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
		values[p] = page_part(&pages[p], segment, name);
		differ = differ || (same != NULL &&
		    strcmp(same, values[p]) != 0);
		same = values[p];
	}
	if (!differ && *same != '\0') {
		buf_addstr(out, "\t~^");
		expression_quote(out, segment);
		/* Another first segment may begin with this one and a dash. */
		buf_addstr(out, "-\\d+$");
		put_value(out, same);
	}
	for (p = 0; differ && p < PAGES; p++)
		if (*values[p] != '\0') {
			buf_printf(out, "\t%s-%d", segment,
			    err_status(pages[p].code));
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

/* The door with the error pages for paths without a route. */
void
pages_default(struct buf *out)
{
	const char *path = routes[0]->pattern + 1;

	buf_add(out, path, strcspn(path, "/"));
}

void
pages_error_maps(struct buf *out)
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

void
pages_error_headers(struct buf *out)
{
	struct words headers;
	size_t i;

	headers_find(&headers);
	for (i = 0; i < headers.n; i++)
		buf_printf(out, "%sadd_header %s %s always;", i == 0 ? "" :
		    "\n\t", headers.at[i], part_variable(headers.at[i]));
}

/* Appends those of nginx's own statuses that become another one, or those that
 * stay; returns how many. */
static size_t
put_statuses(struct buf *out, const struct page *page, bool become)
{
	int status = err_status(page->code);
	size_t i, n = 0;

	for (i = 0; i < OWN_MAX && page->nginx[i] != 0; i++)
		if ((page->nginx[i] != status) == become) {
			buf_printf(out, " %d", page->nginx[i]);
			n++;
		}
	return n;
}

/* Appends nginx's directives for the pages of one of these servers: one for all
 * statuses that stay, and one for each page that has others. */
static void
put_error_pages(struct buf *out, unsigned early, const char *indent)
{
	struct buf others;
	size_t p;

	buf_addstr(out, "error_page");
	for (p = 0; p < PAGES; p++)
		if ((pages[p].early & early) == early)
			put_statuses(out, &pages[p], false);
	buf_addstr(out, " /creel-error;");
	for (p = 0; p < PAGES; p++) {
		buf_init(&others);
		if ((pages[p].early & early) == early &&
		    put_statuses(&others, &pages[p], true) > 0)
			buf_printf(out, "\n%serror_page%s =%d /creel-error;",
			    indent, others.data, err_status(pages[p].code));
		buf_release(&others);
	}
}

void
pages_error_pages(struct buf *out)
{
	put_error_pages(out, 0, "\t");
}

void
pages_early_pages(struct buf *out)
{
	put_error_pages(out, NGINX, "");
}

/* nginx's own pages for early errors. */
void
pages_host_returns(struct buf *out)
{
	const char *line = "";
	size_t p;
	int status;

	for (p = 0; p < PAGES; p++) {
		status = err_status(pages[p].code);
		if (!(pages[p].early & NGINX))
			continue;
		buf_printf(out, "%sif ($status = %d) {\n\t\treturn %d;\n\t}",
		    line, status, status);
		line = "\n\t";
	}
}

/* Appends Apache's directives for the pages, or for early ones only. */
static void
put_error_documents(struct buf *out, unsigned early, const char *prefix,
    const char *indent)
{
	const char *line = "";
	size_t p, i;

	for (p = 0; p < PAGES; p++)
		for (i = 0; i < OWN_MAX && pages[p].apache[i] != 0; i++) {
			if ((pages[p].early & early) != early)
				continue;
			buf_printf(out, "%sErrorDocument %d /creel-error/%s%d",
			    line, pages[p].apache[i], prefix,
			    err_status(pages[p].code));
			line = indent;
		}
}

void
pages_error_documents(struct buf *out)
{
	put_error_documents(out, 0, "", "\n\t");
}

void
pages_early_documents(struct buf *out)
{
	put_error_documents(out, APACHE, "early-", "\n");
}

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
	int status = err_status(page->code), rc;
	struct resp resp;
	struct buf out;
	size_t i;

	page_render(page, segment, &resp);
	buf_init(&out);
	buf_printf(&out, "Status: %d %s\n", status, http_reason(status));
	for (i = 0; i < resp.n_headers; i++)
		buf_printf(&out, "%s: %s\n", resp.headers[i].name,
		    resp.headers[i].value);
	buf_addch(&out, '\n');
	buf_add(&out, resp.body, resp.body_len);
	rc = file_write(folder, arena_printf(&arena, "%s-", segment),
	    status, &out);
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

int
pages_write(const char *folder)
{
	struct words doors;
	size_t i, p;
	int rc = 0;

	rows_walk(routes, row_door, &arena, &doors);
	for (i = 0; i < doors.n; i++)
		for (p = 0; p < PAGES; p++)
			if (rc == 0 && pages[p].apache[0] != 0)
				rc = door_page_write(folder, doors.at[i],
				    &pages[p]);
	for (p = 0; p < PAGES; p++)
		if (rc == 0 && (pages[p].early & APACHE))
			rc = host_page_write(folder,
			    err_status(pages[p].code));
	return rc;
}

void
pages_release(void)
{
	arena_release(&arena);
}
