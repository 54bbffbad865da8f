/* SPDX-License-Identifier: ISC */
/* Charsets: finds the charset of a media type and converts text to UTF-8. */
#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include "base/word.h"
#include "http/charset.h"

#define CHUNK 4096
#define REPLACEMENT "\xef\xbf\xbd"	/* U+FFFD */
#define WIDE_LITTLE "UTF-16LE"
#define WIDE_BIG "UTF-16BE"

/*
 * Labels, and iconv's names; NULL: UTF-8, or a subset of it.  A list of our
 * own, because a sender must not choose which of iconv's many converters and
 * options run.
 */
static const struct charset {
	const char *label;
	const char *name;
} charsets[] = {
	{ "utf-8", NULL }, { "utf8", NULL },
	{ "us-ascii", NULL }, { "ascii", NULL },
	{ "iso-8859-1", "ISO-8859-1" }, { "iso8859-1", "ISO-8859-1" },
	{ "iso_8859-1", "ISO-8859-1" }, { "latin1", "ISO-8859-1" },
	{ "latin-1", "ISO-8859-1" },
	{ "iso-8859-2", "ISO-8859-2" }, { "latin2", "ISO-8859-2" },
	{ "iso-8859-3", "ISO-8859-3" }, { "iso-8859-4", "ISO-8859-4" },
	{ "iso-8859-5", "ISO-8859-5" }, { "iso-8859-6", "ISO-8859-6" },
	{ "iso-8859-7", "ISO-8859-7" }, { "iso-8859-8", "ISO-8859-8" },
	{ "iso-8859-9", "ISO-8859-9" }, { "iso-8859-10", "ISO-8859-10" },
	{ "iso-8859-13", "ISO-8859-13" }, { "iso-8859-14", "ISO-8859-14" },
	{ "iso-8859-15", "ISO-8859-15" }, { "latin9", "ISO-8859-15" },
	{ "iso-8859-16", "ISO-8859-16" },
	{ "windows-874", "CP874" }, { "tis-620", "TIS-620" },
	{ "windows-1250", "CP1250" }, { "cp1250", "CP1250" },
	{ "windows-1251", "CP1251" }, { "cp1251", "CP1251" },
	{ "windows-1252", "CP1252" }, { "cp1252", "CP1252" },
	{ "windows-1253", "CP1253" }, { "windows-1254", "CP1254" },
	{ "windows-1255", "CP1255" }, { "windows-1256", "CP1256" },
	{ "windows-1257", "CP1257" }, { "windows-1258", "CP1258" },
	{ "koi8-r", "KOI8-R" }, { "koi8-u", "KOI8-U" },
	{ "ibm866", "CP866" }, { "cp866", "CP866" },
	{ "macintosh", "MACINTOSH" },
	{ "shift_jis", "CP932" }, { "shift-jis", "CP932" },
	{ "sjis", "CP932" }, { "windows-31j", "CP932" },
	{ "euc-jp", "EUC-JP" },
	{ "euc-kr", "CP949" }, { "ks_c_5601-1987", "CP949" },
	{ "gb2312", "GB18030" }, { "gbk", "GB18030" },
	{ "gb18030", "GB18030" }, { "big5", "BIG5" },
	{ "utf-16", WIDE_LITTLE }, { "utf16", WIDE_LITTLE },
	{ "unicode", WIDE_LITTLE },
	{ "utf-16le", WIDE_LITTLE }, { "utf-16be", WIDE_BIG }
};

#define CHARSETS (sizeof(charsets) / sizeof(charsets[0]))

/* Finds a parameter of a media type, and removes its quotes.  Returns NULL if
 * there is none. */
static const char *
parameter_find(const char *type, const char *wanted, size_t *len)
{
	const char *name, *value;
	size_t n;

	type += strcspn(type, ";");
	while (*type == ';') {
		name = type + 1 + strspn(type + 1, " \t");
		n = strcspn(name, "=;");
		type = name + n;
		if (*type != '=')
			continue;
		value = type + 1;
		type = value + strcspn(value, ";");
		if (!word_is(name, n, wanted))
			continue;
		value += strspn(value, " \t\"'");
		*len = strcspn(value, " \t\"';");
		return value;
	}
	return NULL;
}

static const struct charset *
charset_find(const char *type)
{
	const char *label = NULL;
	size_t i, n = 0;

	if (type != NULL)
		label = parameter_find(type, "charset", &n);
	for (i = 0; label != NULL && i < CHARSETS; i++)
		if (word_is(label, n, charsets[i].label))
			return &charsets[i];
	return NULL;
}

bool
charset_is_known(const char *type)
{
	return charset_find(type) != NULL;
}

/* Converts with an open converter.  unit is the length of a code unit, by
 * which to step over invalid bytes. */
static void
convert(iconv_t converter, size_t unit, const char *bytes, size_t len,
    struct buf *out)
{
	char *in = (char *)(uintptr_t)bytes, *to, *start;
	size_t left;
	int failure;

	while (len > 0) {
		to = start = buf_reserve(out, CHUNK);
		left = CHUNK;
		failure = iconv(converter, &in, &len, &to, &left) ==
		    (size_t)-1 ? errno : 0;
		out->len += (size_t)(to - start);
		if (failure == 0 || failure == E2BIG)
			continue;
		/* EINVAL: the text ends within a character. */
		buf_addstr(out, REPLACEMENT);
		if (failure != EILSEQ || len < unit)
			break;
		in += unit;
		len -= unit;
	}
	/* Some converters keep the last character, in case that a combining
	 * one follows. */
	to = start = buf_reserve(out, CHUNK);
	left = CHUNK;
	iconv(converter, NULL, NULL, &to, &left);
	out->len += (size_t)(to - start);
}

bool
charset_convert(const char *type, const char *bytes, size_t len,
    struct buf *out)
{
	const struct charset *charset = charset_find(type);
	const char *name = charset == NULL ? NULL : charset->name;
	iconv_t converter;
	bool wide;

	if (name == NULL)
		return false;
	wide = strcmp(name, WIDE_LITTLE) == 0 || strcmp(name, WIDE_BIG) == 0;
	/* The mark decides, whatever the label says. */
	if (wide && len >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0)
		name = WIDE_BIG;
	else if (wide && len >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0)
		name = WIDE_LITTLE;
	converter = iconv_open("UTF-8", name);
	if (converter == (iconv_t)-1)
		return false;
	convert(converter, wide ? 2 : 1, bytes, len, out);
	iconv_close(converter);
	return true;
}

size_t
charset_mark(const char *bytes, size_t len)
{
	return len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}
