/* SPDX-License-Identifier: ISC */
/* Metrics: counts events and writes them in Prometheus' text format. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/logger.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/metrics_share.h"

#define LABELS_MAX 2
#define BOUNDS_MAX 16

enum kind { KIND_COUNTER, KIND_HISTOGRAM, KIND_GAUGE, KIND_WORKER };

struct label {
	const char *name;	/* NULL: none */
	const char *words;	/* its values, a space between; NULL: doors */
};

/* A counter has a cell for each combination of label values; a histogram has
 * one for each bound, one for larger values, and the sum. */
static const struct row {
	enum kind kind;
	const char *name;
	const char *help;
	struct label labels[LABELS_MAX];
	int64_t scale;
	int64_t bounds[BOUNDS_MAX];	/* ended by 0 */
} rows[] = {
#define LABEL(name, words) { name, words }
#define DOOR_LABEL(name) { name, NULL }
#define NO_LABEL { NULL, NULL }
#define COUNTER(id, name, help, ...) \
	{ KIND_COUNTER, name, help, { __VA_ARGS__ }, 1, { 0 } },
#define HISTOGRAM(id, name, help, scale, ...) \
	{ KIND_HISTOGRAM, name, help, { NO_LABEL }, scale, { __VA_ARGS__ } },
#define GAUGE(id, name, help) \
	{ KIND_GAUGE, name, help, { NO_LABEL }, 1, { 0 } },
#define WORKER(id, name, help) \
	{ KIND_WORKER, name, help, { NO_LABEL }, 1, { 0 } },
#include "base/metrics.def"
};

static const char *const kind_names[] = {
	[KIND_COUNTER] = "counter",
	[KIND_HISTOGRAM] = "histogram",
	[KIND_GAUGE] = "gauge",
	[KIND_WORKER] = "gauge"
};

static char *doors;	/* the values of DOOR_LABEL */

/* The counts of this process; page is set while there is one thread. */
static struct metrics_page own;
static struct metrics_page *page = &own;
static struct metrics_share *share;

struct worker {
	int64_t pid;
	uint64_t values[METRIC__COUNT];
};

struct total {
	uint64_t cells[METRIC__COUNT][METRICS_CELLS];
	struct worker *workers;
	size_t n_workers;
};

/* Returns the length of the first word and advances to the next one. */
static size_t
word_next(const char **words, const char **word)
{
	size_t n = strcspn(*words, " ");

	*word = *words;
	*words += n;
	*words += strspn(*words, " ");
	return n;
}

static const char *
label_words(const struct label *label)
{
	return label->name != NULL && label->words == NULL ? doors :
	    label->words;
}

static size_t
words_count(const char *words)
{
	const char *word;
	size_t n = 0;

	for (; words != NULL && *words != '\0'; n++)
		word_next(&words, &word);
	return n == 0 ? 1 : n;
}

/* Returns the index of a value; an unlisted one counts as the last. */
static size_t
words_index(const char *words, const char *value)
{
	size_t i, n, len = value == NULL ? 0 : strlen(value);
	const char *word;

	for (i = 0; words != NULL; i++) {
		n = word_next(&words, &word);
		if (*words == '\0' || (n == len && memcmp(word, value, n) == 0))
			return i;
	}
	return 0;
}

static void
add(enum metric m, size_t cell, int64_t n)
{
	if (cell < METRICS_CELLS)
		atomic_fetch_add_explicit(&page->cells[m][cell], (uint64_t)n,
		    memory_order_relaxed);
}

void
metrics_count(enum metric m, const char *first, const char *second)
{
	const char *words = label_words(&rows[m].labels[1]);

	add(m, words_index(label_words(&rows[m].labels[0]), first) *
	    words_count(words) + words_index(words, second), 1);
}

void
metrics_set(enum metric m, int64_t value)
{
	atomic_store_explicit(&page->cells[m][0], (uint64_t)value,
	    memory_order_relaxed);
}

static size_t
bounds_count(const struct row *row)
{
	size_t n = 0;

	while (row->bounds[n] != 0)
		n++;
	return n;
}

void
metrics_observe(enum metric m, int64_t value)
{
	const int64_t *bounds = rows[m].bounds;
	size_t i = 0;

	while (bounds[i] != 0 && value > bounds[i])
		i++;
	add(m, i, 1);
	add(m, bounds_count(&rows[m]) + 1, value);
}

void
metrics_refresh(void)
{
	long long pages;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f == NULL)
		return;
	if (fscanf(f, "%*s %lld", &pages) == 1)
		metrics_set(METRIC_RESIDENT, pages * sysconf(_SC_PAGESIZE));
	fclose(f);
}

static uint64_t
text_hash(uint64_t hash, const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		hash = (hash ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return hash * UINT64_C(0x100000001b3);
}

/* Returns a hash of the meaning of the cells (FNV-1a). */
static uint64_t
layout(void)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ sizeof(own);
	char bound[32];
	size_t m, i;

	for (m = 0; m < METRIC__COUNT; m++) {
		hash = text_hash(hash, rows[m].name);
		for (i = 0; i < LABELS_MAX; i++)
			hash = text_hash(hash,
			    label_words(&rows[m].labels[i]));
		for (i = 0; i < BOUNDS_MAX; i++) {
			snprintf(bound, sizeof(bound), "%lld",
			    (long long)rows[m].bounds[i]);
			hash = text_hash(hash, bound);
		}
	}
	return hash;
}

/* How many cells a row uses. */
static size_t
row_cells(const struct row *row)
{
	if (row->kind == KIND_HISTOGRAM)
		return bounds_count(row) + 2;
	return words_count(label_words(&row->labels[0])) *
	    words_count(label_words(&row->labels[1]));
}

int
metrics_set_doors(const char *words, struct err *err)
{
	size_t m;

	free(doors);
	doors = mem_strdup(words);
	for (m = 0; m < METRIC__COUNT; m++)
		if (row_cells(&rows[m]) > METRICS_CELLS)
			return err_set(err, ERR_INTERNAL, "%s: %zu series, "
			    "but METRICS_CELLS is %d", rows[m].name,
			    row_cells(&rows[m]), METRICS_CELLS);
	return 0;
}

int
metrics_open(const char *dir, struct err *err)
{
	struct err full;

	if (*dir != '\0' &&
	    share_open(dir, layout(), &share, &page, &full) < 0) {
		if (full.code == ERR_CONFIG) {
			*err = full;
			return -1;
		}
		log_error("%s: this worker's metrics are not shared",
		    full.text);
	}
	page->pid = getpid();
	metrics_set(METRIC_START_TIME, time(NULL));
	metrics_refresh();
	return 0;
}

void
metrics_close(void)
{
	page = &own;
	if (share != NULL)
		share_close(&share);
}

/* Implements share_fn. */
static void
total_add(const struct metrics_page *p, bool alive, void *ctx)
{
	struct total *t = ctx;
	struct worker *w = NULL;
	uint64_t n;
	size_t m, c;

	if (alive) {
		t->workers = mem_resize(t->workers, (t->n_workers + 1) *
		    sizeof(*t->workers));
		w = &t->workers[t->n_workers++];
		w->pid = p->pid;
	}
	for (m = 0; m < METRIC__COUNT; m++) {
		if (rows[m].kind >= KIND_GAUGE && !alive)
			continue;
		for (c = 0; c < METRICS_CELLS; c++) {
			n = atomic_load_explicit(&p->cells[m][c],
			    memory_order_relaxed);
			t->cells[m][c] += n;
			if (w != NULL && c == 0)
				w->values[m] = n;
		}
	}
}

static void
counter_text(const struct row *row, const uint64_t *cells, struct buf *out)
{
	const char *firsts = label_words(&row->labels[0]), *seconds, *a, *b;
	size_t n, m;

	if (firsts == NULL) {
		buf_printf(out, "%s %llu\n", row->name,
		    (unsigned long long)*cells);
		return;
	}
	while (*firsts != '\0') {
		n = word_next(&firsts, &a);
		seconds = label_words(&row->labels[1]);
		do {
			buf_printf(out, "%s{%s=\"%.*s\"", row->name,
			    row->labels[0].name, (int)n, a);
			if (seconds != NULL) {
				m = word_next(&seconds, &b);
				buf_printf(out, ",%s=\"%.*s\"",
				    row->labels[1].name, (int)m, b);
			}
			buf_printf(out, "} %llu\n",
			    (unsigned long long)*cells++);
		} while (seconds != NULL && *seconds != '\0');
	}
}

static void
histogram_text(const struct row *row, const uint64_t *cells, struct buf *out)
{
	size_t i, n = bounds_count(row);
	unsigned long long count = 0;

	for (i = 0; i < n; i++) {
		count += cells[i];
		buf_printf(out, "%s_bucket{le=\"%g\"} %llu\n", row->name,
		    (double)row->bounds[i] / (double)row->scale, count);
	}
	count += cells[n];
	buf_printf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.15g\n"
	    "%s_count %llu\n", row->name, count, row->name,
	    (double)cells[n + 1] / (double)row->scale, row->name, count);
}

static void
worker_text(const struct row *row, enum metric m, const struct total *t,
    struct buf *out)
{
	size_t i;

	for (i = 0; i < t->n_workers; i++)
		buf_printf(out, "%s{pid=\"%lld\"} %llu\n", row->name,
		    (long long)t->workers[i].pid,
		    (unsigned long long)t->workers[i].values[m]);
}

static void
total_text(const struct total *t, struct buf *out)
{
	const struct row *row;
	size_t m;

	for (m = 0; m < METRIC__COUNT; m++) {
		row = &rows[m];
		buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name,
		    row->help, row->name, kind_names[row->kind]);
		switch (row->kind) {
		case KIND_COUNTER:
		case KIND_GAUGE:
			counter_text(row, t->cells[m], out);
			break;
		case KIND_HISTOGRAM:
			histogram_text(row, t->cells[m], out);
			break;
		case KIND_WORKER:
			worker_text(row, (enum metric)m, t, out);
			break;
		}
	}
}

int
metrics_text(struct buf *out, struct err *err)
{
	struct total *t = mem_alloc(sizeof(*t));
	int rc = 0;

	metrics_refresh();
	if (share != NULL)
		rc = share_walk(share, total_add, t, err);
	else
		total_add(page, true, t);
	if (rc == 0)
		total_text(t, out);
	free(t->workers);
	free(t);
	return rc;
}
