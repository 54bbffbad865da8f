/* SPDX-License-Identifier: ISC */
/* Multimap: collects the fields of a form, and writes them as a JSON object in
 * which a repeated name has an array. */
#include <stdlib.h>
#include <string.h>

#include "base/jsn.h"
#include "base/mem.h"
#include "http/multimap.h"

#define SIZE_FIRST 16

struct multimap_entry {
	size_t name;		/* offset in the text */
	size_t value;		/* offset; also the end of the name */
	size_t end;		/* offset of the end of the value */
	const char *text;	/* the name, set when the text is complete */
	struct multimap_entry *next;	/* of the same name */
	bool repeats;		/* not the first of its name */
};

void
multimap_init(struct multimap *m)
{
	buf_init(&m->text);
	m->list = NULL;
	m->n = m->size = 0;
}

struct buf *
multimap_add(struct multimap *m, const char *name, size_t len)
{
	struct multimap_entry *added;

	if (m->n == m->size) {
		m->size = m->size == 0 ? SIZE_FIRST : m->size * 2;
		m->list = mem_resize(m->list, m->size * sizeof(*m->list));
	}
	if (m->n > 0)
		m->list[m->n - 1].end = m->text.len;
	added = &m->list[m->n++];
	*added = (struct multimap_entry){ .name = m->text.len };
	jsn_put_string(&m->text, name, len);
	added->value = m->text.len;
	return &m->text;
}

static int
compare_names(const struct multimap_entry *a, const struct multimap_entry *b)
{
	size_t n = a->value - a->name, m = b->value - b->name;

	if (n != m)
		return n < m ? -1 : 1;
	return memcmp(a->text, b->text, n);
}

/* Compares by name, then by order of arrival. */
static int
compare(const void *left, const void *right)
{
	const struct multimap_entry *a = *(struct multimap_entry *const *)left;
	const struct multimap_entry *b = *(struct multimap_entry *const *)right;
	int order = compare_names(a, b);

	if (order == 0)
		order = a < b ? -1 : a > b;
	return order;
}

/* Sorts instead of hashing: senders choose the names, and could make them
 * collide. */
static void
link_repeated(struct multimap *m)
{
	struct multimap_entry **sorted = mem_alloc(m->n * sizeof(*sorted));
	size_t i;

	for (i = 0; i < m->n; i++) {
		sorted[i] = &m->list[i];
		sorted[i]->text = m->text.data + sorted[i]->name;
	}
	qsort(sorted, m->n, sizeof(*sorted), compare);
	for (i = 1; i < m->n; i++) {
		if (compare_names(sorted[i - 1], sorted[i]) == 0) {
			sorted[i - 1]->next = sorted[i];
			sorted[i]->repeats = true;
		}
	}
	free(sorted);
}

static void
put_member(const struct multimap *m, const struct multimap_entry *first,
    struct buf *out)
{
	const struct multimap_entry *one;

	buf_add(out, m->text.data + first->name, first->value - first->name);
	buf_addch(out, ':');
	if (first->next != NULL)
		buf_addch(out, '[');
	for (one = first; one != NULL; one = one->next) {
		if (one != first)
			buf_addch(out, ',');
		buf_add(out, m->text.data + one->value, one->end - one->value);
	}
	if (first->next != NULL)
		buf_addch(out, ']');
}

void
multimap_put(struct multimap *m, struct buf *out)
{
	size_t i;

	if (m->n > 0) {
		m->list[m->n - 1].end = m->text.len;
		link_repeated(m);
	}
	buf_addch(out, '{');
	for (i = 0; i < m->n; i++) {
		if (m->list[i].repeats)
			continue;
		if (i > 0)
			buf_addch(out, ',');
		put_member(m, &m->list[i], out);
	}
	buf_addch(out, '}');
}

void
multimap_release(struct multimap *m)
{
	buf_release(&m->text);
	free(m->list);
	multimap_init(m);
}
