/* SPDX-License-Identifier: ISC */
/* Pages: the errors that a web server responds with itself, in the dialect of
 * the door.  Early ones occur before the server selects a location. */
#ifndef CREEL_CREEL_PAGES_H
#define CREEL_CREEL_PAGES_H

#include "base/buf.h"

/* Append parts of nginx's configuration: maps from a door and a status to the
 * body and to each header; the headers; the directives that select a page,
 * those for early errors, and nginx's own pages for these. */
void pages_error_maps(struct buf *out);
void pages_error_headers(struct buf *out);
void pages_error_pages(struct buf *out);
void pages_early_pages(struct buf *out);
void pages_host_returns(struct buf *out);

/* Append parts of Apache's configuration: the directives that select a page,
 * those for early errors, and the door with the pages for paths without a
 * route. */
void pages_error_documents(struct buf *out);
void pages_early_documents(struct buf *out);
void pages_default(struct buf *out);

/* Writes Apache's pages into a folder.  -1 with errno. */
int pages_write(const char *folder);

/* Frees what the other functions keep. */
void pages_release(void);

#endif
