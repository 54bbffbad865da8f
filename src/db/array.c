#include <arpa/inet.h>
#include <stdint.h>

#include "db/array.h"

static void
put_int(struct buf *b, uint32_t n)
{
	n = htonl(n);
	buf_add(b, &n, sizeof(n));
}

void
array_begin(struct buf *b, enum array_type type, size_t n)
{
	put_int(b, 1);			/* dimensions */
	put_int(b, 1);			/* there may be NULLs */
	put_int(b, (uint32_t)type);
	put_int(b, (uint32_t)n);
	put_int(b, 1);			/* the first element's index */
}

void
array_add(struct buf *b, const void *data, size_t len)
{
	if (data == NULL) {
		put_int(b, UINT32_MAX);
		return;
	}
	put_int(b, (uint32_t)len);
	buf_add(b, data, len);
}
