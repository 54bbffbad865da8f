/* SPDX-License-Identifier: ISC */
/* Runs a function in a child that runs out of memory. */
#include <sys/wait.h>

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "../unit.h"
#include "no_memory.h"

/* Lets sanitizers return NULL for too large a size, as malloc(3) does. */
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

void
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
