/* SPDX-License-Identifier: ISC */
/* For check_c.sh: cppcheck reads no system headers, and needs to be able to
 * parse what <sys/queue.h> defines. */
#define LIST_HEAD(name, type) struct name { struct type *first; }
#define LIST_ENTRY(type) struct { struct type *next; }
#define LIST_FIRST(head) ((head)->first)
#define LIST_FOREACH(var, head, field) \
	for (var = (head)->first; var != 0; var = (var)->field.next)
#define TAILQ_HEAD(name, type) struct name { struct type *first; }
#define TAILQ_ENTRY(type) struct { struct type *next; }
#define TAILQ_FIRST(head) ((head)->first)
#define TAILQ_FOREACH(var, head, field) \
	for (var = (head)->first; var != 0; var = (var)->field.next)
