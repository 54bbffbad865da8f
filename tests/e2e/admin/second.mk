# SPDX-License-Identifier: ISC
# Links a creelctl that has one more migration, from the objects of a build:
#   make -C BUILD -f Makefile -f second.mk second SECOND=FILE.sql OUT=DIR
.PHONY: second
second: AM_CPPFLAGS := -iquote $(OUT) $(AM_CPPFLAGS)
second:
	mkdir -p $(OUT)/db
	cd $(srcdir) && $(AWK) -f src/db/embed.awk $(SCHEMA) $(SECOND) \
	    $(QUERIES) sql/grants.sql >$(OUT)/db/sql_data.inc
	$(COMPILE) -c -o $(OUT)/sql.o $(srcdir)/src/db/sql.c
	$(CCLD) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) $(LDFLAGS) \
	    -o $(OUT)/creelctl $(creelctl_OBJECTS) $(OUT)/sql.o \
	    $(creelctl_LDADD) $(LIBS)
