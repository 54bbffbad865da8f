/* SPDX-License-Identifier: ISC */
/* Tests FastCGI records: requests in pieces of any size, and malformed ones. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "creel/record.h"

/* The events of an input, one letter each, and what they carried. */
struct heard {
	char events[64];
	char params[256];
	size_t n_params;
	char body[256];
	size_t n_body;
	char reply[256];
	size_t n_reply;
};

/* Reads the input in pieces. */
static void
hear(struct heard *h, struct record_reader *r, const char *p, size_t n,
    size_t piece)
{
	static const char letters[] = "-b.p.BaRM";
	struct record_input in;
	enum record_event event;
	char *part;
	size_t i, len, end;

	memset(h, 0, sizeof(*h));
	for (i = 0; i < n; i += len) {
		len = n - i < piece ? n - i : piece;
		/* A block of its own: a sanitizer sees reads beyond it. */
		part = malloc(len);
		memcpy(part, p + i, len);
		in = (struct record_input){ part, len };
		while ((event = record_next(r, &in)) != RECORD_MORE) {
			end = strlen(h->events);
			if (event == RECORD_PARAMS) {
				memcpy(h->params + h->n_params, r->data, r->len);
				h->n_params += r->len;
			} else if (event == RECORD_BODY) {
				memcpy(h->body + h->n_body, r->data, r->len);
				h->n_body += r->len;
			} else {
				h->events[end] = letters[event];
			}
			if (event == RECORD_REPLY) {
				memcpy(h->reply + h->n_reply, r->data, r->len);
				h->n_reply += r->len;
			}
			if (event == RECORD_MALFORMED)
				break;
		}
		free(part);
		if (event == RECORD_MALFORMED)
			break;
		assert_int_equal(in.n, 0);
	}
}

#define REC(type, id, n, padding) \
	"\1" type "\0" id "\0" n padding "\0"
#define BEGIN(id) REC("\1", id, "\10", "\0") "\0\1\1\0\0\0\0\0"
#define PARAMS REC("\4", "\1", "\7", "\1") "\1\4Name!" "x"
#define PARAMS_END REC("\4", "\1", "\0", "\0")
#define STDIN REC("\5", "\1", "\3", "\2") "{1}" "yz"
#define STDIN_END REC("\5", "\1", "\0", "\0")
#define REQUEST BEGIN("\1") PARAMS PARAMS_END STDIN STDIN_END
#define TEXT(s) s, sizeof(s) - 1
#define END(id, status) \
	"\1\3\0" id "\0\10\0\0" "\0\0\0\0" status "\0\0\0"

static const struct {
	const char *in;
	size_t n;
	const char *events;
	const char *reply;
	size_t n_reply;
} cases[] = {
	{ TEXT(REQUEST), "bpB", TEXT("") },
	{ TEXT(REQUEST REQUEST), "bpBbpB", TEXT("") },
	{ TEXT(BEGIN("\1") PARAMS_END STDIN_END), "bpB", TEXT("") },
	/* The last record has padding that has not arrived. */
	{ TEXT(BEGIN("\1") PARAMS_END REC("\5", "\1", "\0", "\7") "abc"), "bpB",
	    TEXT("") },
	{ TEXT(BEGIN("\1") PARAMS), "b", TEXT("") },
	{ TEXT(""), "", TEXT("") },
	{ TEXT("\1\1\0"), "", TEXT("") },
	/* The web server aborts, before, in and after a request. */
	{ TEXT(REC("\2", "\1", "\0", "\0")), "", TEXT("") },
	{ TEXT(BEGIN("\1") REC("\2", "\1", "\0", "\0")), "ba", TEXT("") },
	{ TEXT(BEGIN("\1") PARAMS_END STDIN REC("\2", "\1", "\0", "\0")),
	    "bpa", TEXT("") },
	{ TEXT(REQUEST REC("\2", "\1", "\0", "\0")), "bpB", TEXT("") },
	/* A second request in the first: only the first is served. */
	{ TEXT(BEGIN("\1") PARAMS BEGIN("\2") REC("\4", "\2", "\1", "\0") "x"
	    PARAMS_END REC("\5", "\2", "\0", "\0") STDIN STDIN_END), "bRpB",
	    TEXT(END("\2", "\1")) },
	/* Another role. */
	{ TEXT(REC("\1", "\1", "\10", "\0") "\0\2\1\0\0\0\0\0" PARAMS), "R",
	    TEXT(END("\1", "\3")) },
	/* Management records. */
	{ TEXT(REC("\11", "\0", "\22", "\0") "\20\0FCGI_MPXS_CONNS" "S" REQUEST),
	    "RbpB", TEXT("\1\12\0\0\0\22\0\0" "\17\1FCGI_MPXS_CONNS" "0") },
	{ TEXT(REC("\13", "\0", "\0", "\0") REQUEST), "RbpB",
	    TEXT("\1\13\0\0\0\10\0\0" "\13\0\0\0\0\0\0\0") },
	{ TEXT(REC("\377", "\0", "\0", "\0")), "R",
	    TEXT("\1\13\0\0\0\10\0\0" "\377\0\0\0\0\0\0\0") },
	/* Malformed: version, type, order, length, id 0. */
	{ TEXT("\2\1\0\1\0\10\0\0"), "M", TEXT("") },
	{ TEXT("GET / HTTP/1.1\r\n"), "M", TEXT("") },
	{ TEXT(REC("\1", "\1", "\7", "\0")), "M", TEXT("") },
	{ TEXT(REC("\1", "\1", "\0", "\0")), "M", TEXT("") },
	{ TEXT(REC("\1", "\0", "\10", "\0")), "M", TEXT("") },
	{ TEXT(REC("\3", "\1", "\0", "\0")), "M", TEXT("") },
	{ TEXT(REC("\6", "\1", "\0", "\0")), "M", TEXT("") },
	{ TEXT(REC("\10", "\1", "\0", "\0")), "M", TEXT("") },
	{ TEXT(REC("\11", "\1", "\0", "\0")), "M", TEXT("") },
	{ TEXT(REC("\0", "\1", "\0", "\0")), "M", TEXT("") },
	{ TEXT(BEGIN("\1") BEGIN("\1")), "bM", TEXT("") },
	{ TEXT(BEGIN("\1") STDIN), "bM", TEXT("") },
	{ TEXT(BEGIN("\1") STDIN_END), "bM", TEXT("") },
	{ TEXT(BEGIN("\1") PARAMS_END PARAMS_END), "bpM", TEXT("") },
	{ TEXT(BEGIN("\1") PARAMS_END PARAMS), "bpM", TEXT("") },
	{ TEXT(BEGIN("\1") REC("\11", "\1", "\0", "\0")), "bM", TEXT("") },
	{ TEXT(REQUEST "\0\0\0\0\0\0\0\0"), "bpBM", TEXT("") }
};

static void
test_requests(void **state)
{
	static const size_t pieces[] = { 4096, 1, 2, 3, 7, 8, 9 };
	struct record_reader reader;
	struct heard h;
	size_t i, p;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		for (p = 0; p < LENGTH(pieces); p++) {
			memset(&reader, 0, sizeof(reader));
			hear(&h, &reader, cases[i].in, cases[i].n, pieces[p]);
			if (strcmp(h.events, cases[i].events) != 0)
				fail_msg("cases[%zu] by %zu: %s", i, pieces[p],
				    h.events);
			if (h.n_reply != cases[i].n_reply ||
			    memcmp(h.reply, cases[i].reply, h.n_reply) != 0)
				fail_msg("cases[%zu] by %zu: reply", i,
				    pieces[p]);
			if (strcmp(h.events, "bpB") == 0 && h.n_body > 0 &&
			    (memcmp(h.body, "{1}", 3) != 0 || h.n_body != 3 ||
			    memcmp(h.params, "\1\4Name!", 7) != 0 ||
			    h.n_params != 7))
				fail_msg("cases[%zu] by %zu: content", i,
				    pieces[p]);
		}
}

static void
test_begin(void **state)
{
	static const char large[] =
	    "\1\1\377\376\0\10\0\0" "\0\1\0\0\0\0\0\0";
	struct record_reader reader = { .n_header = 0 };
	struct heard h;

	(void)state;
	hear(&h, &reader, TEXT(BEGIN("\5")), 4096);
	assert_int_equal(reader.id, 5);
	assert_true(reader.keep);
	memset(&reader, 0, sizeof(reader));
	hear(&h, &reader, TEXT(large), 4096);
	assert_int_equal(reader.id, 0xfffe);
	assert_false(reader.keep);
}

static const struct {
	const char *in;
	size_t n;
	ssize_t pairs;
	const char *last;
} params[] = {
	{ TEXT(""), 0, NULL },
	{ TEXT("\1\1AB"), 1, "A=B" },
	{ TEXT("\0\0"), 1, "=" },
	{ TEXT("\1\0A\0\1B"), 2, "=B" },
	{ TEXT("\1\1AB\5\3NAMESxyz"), 2, "NAMES=xyz" },
	{ TEXT("\200\0\0\1\200\0\0\2ABC"), 1, "A=BC" },
	/* Lengths that are cut, or go beyond the end. */
	{ TEXT("\1"), -1, NULL },
	{ TEXT("\1\1"), -1, NULL },
	{ TEXT("\1\1A"), -1, NULL },
	{ TEXT("\1\1AB\1"), -1, NULL },
	{ TEXT("\200\0\0"), -1, NULL },
	{ TEXT("\1\200\0\0A"), -1, NULL },
	{ TEXT("\177\177AB"), -1, NULL },
	/* Their sum does not fit in an int. */
	{ TEXT("\300\0\0\0\300\0\0\0AB"), -1, NULL },
	{ TEXT("\377\377\377\377\377\377\377\377AB"), -1, NULL },
	{ TEXT("\377\377\377\377\1AB"), -1, NULL },
	{ TEXT("\1\377\377\377\376AB"), -1, NULL },
	/* A NUL would end the text. */
	{ TEXT("\1\2AB\0"), -1, NULL },
	{ TEXT("\2\1A\0B"), -1, NULL }
};

static void
test_params(void **state)
{
	char *env[4], *in;
	ssize_t n;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(params); i++) {
		in = malloc(params[i].n + 1);
		memcpy(in, params[i].in, params[i].n);
		n = record_params(in, params[i].n, NULL);
		if (n != params[i].pairs)
			fail_msg("params[%zu]: %zd", i, n);
		if (memcmp(in, params[i].in, params[i].n) != 0)
			fail_msg("params[%zu] changed", i);
		if (n > 0) {
			record_params(in, params[i].n, env);
			if (strcmp(env[n - 1], params[i].last) != 0)
				fail_msg("params[%zu]: %s", i, env[n - 1]);
		}
		free(in);
	}
}

static void
test_response(void **state)
{
	char header[RECORD_HEADER_SIZE], end[RECORD_END_SIZE];

	(void)state;
	record_stdout(header, 0x102, 0x304);
	assert_memory_equal(header, "\1\6\1\2\3\4\0\0", sizeof(header));
	record_end(end, 7);
	assert_memory_equal(end, "\1\6\0\7\0\0\0\0" END("\7", "\0"),
	    sizeof(end));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_response)
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
