# SPDX-License-Identifier: ISC
# For count_words.sh.  A word after "." opens a sentence, unless it opens its
# comment.
BEGIN {
	n = split("who,whoever,whom,whose/tell,tells,told/" \
	    "nobody,somebody,everybody/once more,anew/" \
	    ".What,.Who,.Whose,.Which/" \
	    "return,returns,create,creates,allow,allows,specify,specifies",
	    title, "/")
	for (i = 1; i <= n; i++)
		for (j = split(title[i], word, ","); j > 0; j--)
			class[word[j]] = i
}

# The names of mdoc's macros are no words.
function text(kind, s, parts, i, m, word) {
	if (kind != wanted)
		return
	if (kind == "comment" && (s == "" || c_opened))
		ended = 0
	gsub(/\\f.|\\&|\\e/, " ", s)
	if (s ~ /^\./)
		gsub(/(^\.| )([A-Z][a-z]|[a-z][A-Z])( |$)/, " ", s)
	gsub(/[^A-Za-z0-9_'.?!]+/, " ", s)
	m = split(s, parts, " ")
	for (i = 1; i <= m; i++) {
		word = parts[i]
		gsub(/[.?!]+$/, "", word)
		if (word ~ /^[A-Za-z']+$/)
			count(word)
		ended = parts[i] ~ /[.?!]$/
	}
}

function count(word) {
	total++
	if (ended)
		add("." word)
	word = tolower(word)
	add(word)
	add(before " " word)
	before = word
}

function add(word) {
	if (word in class)
		seen[class[word]]++
}

END {
	printf "%s, %d words; of 10,000:\n", name, total
	for (i = 1; i <= n; i++) {
		if (sub(/^[.]/, "sentences that open with ", title[i]))
			gsub(/[.]/, "", title[i])
		gsub(/,/, ", ", title[i])
		printf "%8.1f  %s\n", seen[i] * 10000 / total, title[i]
	}
}
