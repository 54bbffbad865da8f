# SPDX-License-Identifier: ISC
"""An application's events, page by page."""
import json


class Reader:
    def __init__(self, stack, key, application=None):
        self.stack, self.key = stack, key
        self.path = f"/applications/{application or stack.application}/events"

    def get(self, more="", **query):
        words = "&".join(f"{k}={v}" for k, v in query.items())
        return self.stack.get(self.path + more + (words and "?" + words),
                              self.key)

    def page(self, **query):
        a = self.get(**query)
        assert a.status == 200, a.body
        page = json.loads(a.body)
        assert page["count"] == len(page["items"])
        return page

    def pages(self, most, cursor=None, **query):
        """Reads the oldest first, until there is no more or enough pages were
        read; returns ids and the next cursor."""
        ids = []
        for _ in range(most):
            start = {"cursor": cursor} if cursor else {"order": "oldest"}
            page = self.page(**start, **query)
            ids += [i["id"] for i in page["items"]]
            cursor = page["cursor"]
            if not page["more"]:
                break
        return ids, cursor

    def follow(self, cursor=None, **query):
        """Reads all that there is now."""
        return self.pages(1000, cursor, **query)
