# SPDX-License-Identifier: ISC
# Splits lines of C, for the scans.  c_split(line) sets c_code (texts and
# characters emptied), c_texts (what stands in quotes, a newline between),
# c_comment, and c_opened if a comment begins there.  c_begin() comes before the
# first line of each file.

function c_begin() {
	c_inside = 0
}

function c_split(line, at, c) {
	c_code = c_texts = c_comment = ""
	c_opened = 0
	while (line != "") {
		if (c_inside) {
			at = index(line, "*/")
			c_comment = c_comment (at == 0 ? line : \
			    substr(line, 1, at - 1)) " "
			if (at == 0)
				return
			line = substr(line, at + 2)
			c_inside = 0
			continue
		}
		if (!match(line, /["']|\/\*|\/\//)) {
			c_code = c_code line
			return
		}
		c_code = c_code substr(line, 1, RSTART - 1)
		line = substr(line, RSTART)
		c = substr(line, 1, 1)
		if (c == "/" && substr(line, 2, 1) == "/") {
			c_comment = c_comment substr(line, 3)
			return
		} else if (c == "/") {
			c_inside = c_opened = 1
			line = substr(line, 3)
		} else
			line = c_quoted(line, c)
	}
}

# Takes the text or character that line begins with; returns the rest.
function c_quoted(line, quote) {
	if (quote == "\"")
		match(line, /^"([^"\\]|\\.)*"?/)
	else
		match(line, /^'([^'\\]|\\.)*'?/)
	c_code = c_code quote quote
	if (quote == "\"")
		c_texts = c_texts substr(line, 2, RLENGTH - 2) "\n"
	return substr(line, RLENGTH + 1)
}
