# SPDX-License-Identifier: ISC
"""creelctl maintain moves events to new partitions while readers read."""
import concurrent.futures

from conftest import wait_for
from feed_api import Reader
from record_api import Form
from transactions import Transaction, writer_waits


def test_reader_waits_for_maintain(make_stack):
    """A reader that continues its history while the events are being moved
    gets them all: its statement waits, and then must know the new partitions.
    """
    stack = make_stack()
    stack.psql("DO $$ DECLARE p text; BEGIN"
               " FOR p IN SELECT name FROM creel.event_partition LOOP"
               "   EXECUTE format('DROP TABLE creel.%I', p);"
               " END LOOP; END $$")
    form = Form(stack)
    form.fill(9)
    assert stack.psql("SELECT count(*) FROM creel.event_default") == "9"
    reader = Reader(stack, form.key)
    first = reader.page(order="oldest", limit=3)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        with Transaction(stack, "SELECT creel.maintain(1, 1)", commit=True):
            rest = pool.submit(reader.page, cursor=first["cursor"])
            wait_for(lambda: writer_waits(stack), "the reader")
        rest = rest.result()
    assert stack.psql("SELECT count(*) FROM creel.event_default") == "0"
    assert (first["count"], rest["count"]) == (3, 6)
