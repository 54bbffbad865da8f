/* SPDX-License-Identifier: ISC */
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/mem.h"

/* Let sanitizers give NULL, as malloc(3) does, for what cannot be had. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

const char *
__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void
test_mem(void **state)
{
	static const char zeros[64];
	char *p = mem_alloc(sizeof(zeros)), *s;

	(void)state;
	assert_memory_equal(p, zeros, sizeof(zeros));
	memset(p, 'x', sizeof(zeros));
	p = mem_resize(p, 100000);
	assert_memory_equal(p, "xxxxxxxx", 8);
	free(p);
	p = mem_alloc(0);
	assert_non_null(p);
	p = mem_resize(p, 0);
	assert_non_null(p);
	free(p);
	s = mem_strdup("text");
	assert_string_equal(s, "text");
	free(s);
}

/* What a child says on stderr that runs out of memory in fn. */
static void
assert_no_memory(void (*fn)(void))
{
	char text[4096];
	size_t len = 0;
	ssize_t n;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		fn();
		_exit(EX_OK);
	}
	close(fds[1]);
	while ((n = read(fds[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EX_OSERR);
	assert_non_null(strstr(text, "creel: out of memory\n"));
}

static void
alloc_all(void)
{
	mem_alloc(SIZE_MAX - 4096);
}

static void
resize_all(void)
{
	mem_resize(NULL, SIZE_MAX - 4096);
}

static void
reserve_all(void)
{
	struct buf b;

	buf_init(&b);
	buf_addstr(&b, "x");
	buf_reserve(&b, SIZE_MAX);
}

static void
reserve_wrapping(void)
{
	struct buf b;

	buf_init(&b);
	buf_addstr(&b, "x");
	buf_reserve(&b, SIZE_MAX - 1);
}

static void
arena_all(void)
{
	struct arena a = ARENA_INIT;

	arena_alloc(&a, SIZE_MAX);
}

static void
arena_wrapping(void)
{
	struct arena a = ARENA_INIT;

	arena_alloc(&a, SIZE_MAX - 40);
}

static void
test_no_memory(void **state)
{
	(void)state;
	assert_no_memory(alloc_all);
	assert_no_memory(resize_all);
	assert_no_memory(reserve_all);
	assert_no_memory(reserve_wrapping);
	assert_no_memory(arena_all);
	assert_no_memory(arena_wrapping);
}

static void
test_buf(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	buf_add(&b, NULL, 0);
	assert_string_equal(b.data, "");
	buf_addstr(&b, "one");
	buf_addch(&b, ' ');
	buf_printf(&b, "%d %s", 2, "three");
	buf_printf(&b, "%s", "");
	assert_string_equal(b.data, "one 2 three");
	assert_int_equal(b.len, 11);
	buf_add(&b, "\0x", 2);
	assert_int_equal(b.len, 13);
	assert_memory_equal(b.data, "one 2 three\0x", 14);
	buf_release(&b);
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

/* At every length, so that each border of a size is met. */
static void
test_buf_grow(void **state)
{
	struct buf one, all;
	size_t i;

	(void)state;
	buf_init(&one);
	for (i = 0; i < 1000; i++) {
		buf_addch(&one, (char)('a' + i % 26));
		assert_int_equal(one.len, i + 1);
		assert_int_equal(one.data[i + 1], '\0');
		buf_init(&all);
		buf_add(&all, one.data, one.len);
		assert_string_equal(all.data, one.data);
		buf_printf(&all, "%s", one.data);
		assert_int_equal(all.len, 2 * one.len);
		assert_string_equal(all.data + one.len, one.data);
		buf_release(&all);
	}
	buf_release(&one);
}

static void
test_buf_reserve(void **state)
{
	struct buf b;
	char *p;
	size_t n;

	(void)state;
	for (n = 0; n < 200; n++) {
		buf_init(&b);
		buf_addstr(&b, "head");
		memset(b.data + b.len, 'x', b.size - b.len);
		p = buf_reserve(&b, n);
		assert_ptr_equal(p, b.data + 4);
		memset(p, '.', n / 2);
		b.len += n / 2;
		assert_int_equal(strlen(b.data), 4 + n / 2);
		memset(b.data + b.len, '.', n - n / 2);
		b.len = 4 + n;
		assert_int_equal(strlen(b.data), 4 + n);
		buf_release(&b);
	}
}

static void
test_buf_detach(void **state)
{
	struct buf b;
	char *s;

	(void)state;
	buf_init(&b);
	s = buf_detach(&b);
	assert_string_equal(s, "");
	free(s);
	buf_addstr(&b, "text");
	s = buf_detach(&b);
	assert_string_equal(s, "text");
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	buf_addstr(&b, "other");
	assert_string_equal(s, "text");
	free(s);
	buf_release(&b);
}

static void
test_arena(void **state)
{
	struct arena a = ARENA_INIT;
	unsigned char *p[400];
	size_t i, j, n;

	(void)state;
	/* Sizes small, large and larger than a block, in turn. */
	for (i = 0; i < 400; i++) {
		n = i % 7 == 0 ? i * 37 : i % 50;
		p[i] = arena_alloc(&a, n);
		assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
		for (j = 0; j < n; j++)
			assert_int_equal(p[i][j], 0);
		memset(p[i], (int)(i % 255 + 1), n);
	}
	for (i = 0; i < 400; i++) {
		n = i % 7 == 0 ? i * 37 : i % 50;
		for (j = 0; j < n; j++)
			if (p[i][j] != i % 255 + 1)
				fail_msg("piece %zu was overwritten", i);
	}
	arena_release(&a);
	assert_null(a.head);
	arena_release(&a);
	assert_string_equal(arena_strdup(&a, "again"), "again");
	arena_release(&a);
}

static void
test_arena_strings(void **state)
{
	struct arena a = ARENA_INIT;
	struct buf b;
	char *s;

	(void)state;
	assert_string_equal(arena_strdup(&a, ""), "");
	assert_memory_equal(arena_copy(&a, "a\0b", 3), "a\0b", 4);
	assert_string_equal(arena_copy(&a, "abcdef", 3), "abc");
	assert_string_equal(arena_copy(&a, NULL, 0), "");
	assert_string_equal(arena_printf(&a, "%s-%d", "x", 7), "x-7");
	/* A length that fills its room: the NUL needs more. */
	s = arena_copy(&a, "0123456789abcdef", 16);
	memset(arena_alloc(&a, 16), 'x', 16);
	assert_string_equal(s, "0123456789abcdef");
	s = arena_printf(&a, "%9999d", 1);
	assert_int_equal(strlen(s), 9999);
	buf_init(&b);
	assert_string_equal(arena_take(&a, &b), "");
	buf_add(&b, "x\0y", 3);
	assert_memory_equal(arena_take(&a, &b), "x\0y", 4);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.size, 0);
	arena_release(&a);
}

static void
test_err_set(void **state)
{
	char lengthy[2 * ERR_TEXT_SIZE];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_set(&err, ERR_NOT_FOUND, "no %s", "hook"), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.text, "no hook");
	assert_int_equal(err_prefix(&err, "line %d", 3), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.text, "line 3: no hook");
	err_set(&err, ERR_CONFIG, "again: %s", err.text);
	assert_string_equal(err.text, "again: line 3: no hook");
	memset(lengthy, 'y', sizeof(lengthy) - 1);
	lengthy[sizeof(lengthy) - 1] = '\0';
	err_set(&err, ERR_CONFIG, "%s", lengthy);
	assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
	err_prefix(&err, "x");
	assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
	assert_memory_equal(err.text, "x: yyy", 6);
	err_prefix(&err, "%s", lengthy);
	assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
}

static void
test_err_table(void **state)
{
	int code;

	(void)state;
	for (code = ERR_NONE + 1; code < ERR__COUNT; code++) {
		if (err_status(code) < 400 || err_status(code) > 599 ||
		    err_type(code)[0] == '\0' || err_exit(code) < EX__BASE ||
		    err_exit(code) > EX__MAX)
			fail_msg("row %d", code);
	}
	assert_int_equal(err_status(ERR_BAD_REQUEST), 400);
	assert_string_equal(err_type(ERR_NOT_FOUND), "NotFound");
	assert_int_equal(err_status(ERR_UNCERTAIN), 503);
	assert_int_equal(err_exit(ERR_CONFIG), EX_CONFIG);
	assert_int_equal(err_exit(ERR_USAGE), EX_USAGE);
	assert_int_equal(err_exit(ERR_NONE), EX_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mem),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_buf_grow),
		cmocka_unit_test(test_buf_reserve),
		cmocka_unit_test(test_buf_detach),
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_arena_strings),
		cmocka_unit_test(test_err_set),
		cmocka_unit_test(test_err_table)
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
