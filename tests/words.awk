# SPDX-License-Identifier: ISC
# For check_words.sh: the words that are not used, and what to say instead.
BEGIN {
	avoid("tell|tells|told|telling", "return, report, log, describe")
	avoid("nobody|somebody|everybody|anybody", "the user, the sender")
	avoid("whoever|whomever|whose|whom", "a sentence with a subject")
	avoid("anew|once more", "again")
	avoid("had better|has better|have better", "should")
	avoid("in vain", "without success, or the error")
	avoid("take back|takes back|taken back|took back", "revoke")
	avoid("turn away|turns away|turned away", "disable, reject")
	avoid("no fault", "the cause")
	avoid("as good as", "the same as")
}

function avoid(list, better, words, i) {
	for (i = split(list, words, "|"); i > 0; i--)
		instead[words[i]] = better
}

# A phrase may begin on the line before: its last word is kept.
function text(kind, s, line, word) {
	if (kind == "comment" && comments != "yes")
		return
	s = tolower(s)
	gsub(/[^a-z0-9_]+/, " ", s)
	line = " " s " "
	for (word in instead)
		if (index(line, " " word " ") > 0 ||
		    (word ~ / / && index(last[kind] line, " " word " ") > 0))
			wrong(word)
	sub(/ +$/, "", s)
	if (s !~ /[a-z]/)
		return
	sub(/.* /, "", s)
	last[kind] = " " s
}

function wrong(word) {
	print FILENAME ":" FNR ": \"" word "\": say " instead[word]
	failed = 1
}

FNR == 1 { last["text"] = last["comment"] = "" }

END {
	if (NR == 0)
		print "no texts found"
	exit failed || NR == 0
}
