# SPDX-License-Identifier: ISC
# Reads texts for people, for check_words.sh and count_words.sh, after
# c_text.awk: calls text(kind, s) with each line's part of kind "text" (what is
# printed, and whole files of prose) and of kind "comment".

FNR == 1 {
	c_begin()
	literal = 0
}

FILENAME ~ /\.([ch]|def|inc)$/ {
	c_split($0)
	if (c_code !~ /^[ \t]*#[ \t]*include/)
		text("text", c_texts)
	text("comment", c_comment)
	next
}

FILENAME ~ /\.sql$/ {
	split_sql($0)
	text("text", sql_texts)
	text("comment", sql_comment)
	next
}

# Examples stay out: a Bd -literal of mdoc, a fenced block of Markdown.
/^\.Bd -literal/ { literal = 1 }
/^\.Ed/ { literal = 0 }
FILENAME ~ /\.md$/ && /^```/ { literal = !literal }
literal || /^\.\\"/ { next }

{ text("text", $0) }

function split_sql(line) {
	sql_texts = sql_comment = ""
	while (match(line, /'([^']|'')*'|--/)) {
		if (substr(line, RSTART, 2) == "--") {
			sql_comment = substr(line, RSTART + 2)
			return
		}
		sql_texts = sql_texts substr(line, RSTART + 1, RLENGTH - 2) "\n"
		line = substr(line, RSTART + RLENGTH)
	}
}
