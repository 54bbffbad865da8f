/* SPDX-License-Identifier: ISC */
/* Sends responses as FastCGI records without blocking. */
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>

#include "creel/outgoing.h"
#include "creel/record.h"

void
outgoing_init(struct outgoing *out, int fd)
{
	out->fd = fd;
	buf_init(&out->text);
	buf_init(&out->left);
}

void
outgoing_release(struct outgoing *out)
{
	buf_release(&out->text);
	buf_release(&out->left);
}

void
outgoing_trim(struct outgoing *out, size_t max)
{
	if (out->text.size > max)
		buf_release(&out->text);
	if (out->left.size > max)
		buf_release(&out->left);
}

void
outgoing_begin(struct outgoing *out)
{
	out->text.len = out->left.len = out->sent = 0;
	out->ended = out->failed = false;
}

/* Sends without blocking.  Returns the number of bytes that were sent. */
static size_t
send_some(struct outgoing *out, struct iovec *iov, size_t n)
{
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = n };
	ssize_t sent;

	if (out->failed)
		return 0;
	do {
		sent = sendmsg(out->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	out->failed = sent < 0 && errno != EAGAIN;
	return sent < 0 ? 0 : (size_t)sent;
}

/* Sends the parts of a record, or adds them to those that are left. */
static void
put_parts(struct outgoing *out, struct iovec *iov, size_t n)
{
	size_t sent = 0, i, skip;

	if (out->left.len == out->sent) {
		out->left.len = out->sent = 0;
		sent = send_some(out, iov, n);
	}
	for (i = 0; i < n && !out->failed; i++) {
		skip = sent < iov[i].iov_len ? sent : iov[i].iov_len;
		buf_add(&out->left, (char *)iov[i].iov_base + skip,
		    iov[i].iov_len - skip);
		sent -= skip;
	}
}

/* Puts one record of text and bytes at p, and with last the end. */
static void
put_record(struct outgoing *out, uint16_t id, struct iovec text,
    struct iovec p, bool last)
{
	size_t n = text.iov_len + p.iov_len;
	char header[RECORD_HEADER_SIZE], end[RECORD_END_SIZE];
	/* A record without content would end the stream. */
	struct iovec parts[] = { { header, n > 0 ? sizeof(header) : 0 },
	    text, p, { end, last ? sizeof(end) : 0 } };

	record_stdout(header, id, n);
	record_end(end, id);
	put_parts(out, parts, sizeof(parts) / sizeof(parts[0]));
}

/* Takes up to n bytes from the start of all. */
static struct iovec
take(struct iovec *all, size_t n)
{
	struct iovec part = { all->iov_base,
	    all->iov_len < n ? all->iov_len : n };

	all->iov_base = (char *)all->iov_base + part.iov_len;
	all->iov_len -= part.iov_len;
	return part;
}

void
outgoing_put(struct outgoing *out, uint16_t id, const char *p, size_t n,
    bool last)
{
	struct iovec text = { out->text.data, out->text.len };
	struct iovec body = { (char *)p, n }, first, second;

	do {
		first = take(&text, RECORD_CONTENT_MAX);
		second = take(&body, RECORD_CONTENT_MAX - first.iov_len);
		put_record(out, id, first, second,
		    last && text.iov_len + body.iov_len == 0);
	} while (text.iov_len + body.iov_len > 0);
	out->text.len = 0;
	out->ended = last;
}

size_t
outgoing_flush(struct outgoing *out)
{
	struct iovec left = { out->left.data + out->sent,
	    out->left.len - out->sent };

	if (left.iov_len > 0)
		out->sent += send_some(out, &left, 1);
	return out->left.len - out->sent;
}
