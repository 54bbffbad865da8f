/* SPDX-License-Identifier: ISC */
/* Tests responses in pieces: their order, their errors and their number. */
#include "../unit.h"
#include "base/buf.h"
#include "http/stream.h"

/* The receiver of a response in pieces. */
struct receiver {
	struct buf got;
	int fails;		/* the piece that fails */
	int made;
};

static int
three_pieces(struct req *req, void *ctx, struct buf *out, struct err *err)
{
	struct receiver *t = req->ctx;

	assert_null(ctx);
	assert_int_equal(out->len, 0);
	if (t->made == t->fails)
		return err_set(err, ERR_UNAVAILABLE, "no more");
	buf_printf(out, "%d", t->made++);
	return t->made < 3;
}

/* Receives all pieces, as a transport does. */
static int
receive(struct req *req, struct buf *got, struct err *err)
{
	struct buf piece;
	int more = 1;

	buf_init(&piece);
	while (more > 0) {
		more = stream_next(req, &piece, err);
		if (more >= 0)
			buf_add(got, piece.data, piece.len);
	}
	buf_release(&piece);
	return more;
}

static void
test_stream(void **state)
{
	static const struct {
		int fails;
		int rc;
		enum err_code code;
		const char *got;
	} cases[] = {
		{ 3, 0, ERR_NONE, "012" },
		{ 2, -1, ERR_UNAVAILABLE, "01" },
		{ 0, -1, ERR_UNAVAILABLE, "" }
	};
	struct streams streams = { .max = 1 };
	const struct services services = { .streams = &streams };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct receiver t = { .fails = cases[i].fails };
		struct req req = { .services = &services, .ctx = &t },
		    more = req;

		buf_init(&t.got);
		/* Has no effect on a response that is no stream. */
		stream_end(&req);
		assert_int_equal(stream_begin(&req, three_pieces, NULL, &err),
		    0);
		assert_int_equal(stream_begin(&more, three_pieces, NULL,
		    &err), -1);
		assert_int_equal(err.code, ERR_UNAVAILABLE);
		assert_null(more.resp.piece);
		err.code = ERR_NONE;
		assert_int_equal(receive(&req, &t.got, &err), cases[i].rc);
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(streams.n, 1);
		stream_end(&req);
		stream_end(&req);
		assert_int_equal(streams.n, 0);
		buf_add(&t.got, "", 1);
		assert_string_equal(t.got.data, cases[i].got);
		buf_release(&t.got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream)
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
