# SPDX-License-Identifier: ISC
"""Losant's webhooks as their senders call them, and replies to the calls."""
import json

from conftest import send

TYPES = {"json": "application/json",
         "form": "application/x-www-form-urlencoded",
         "bytes": "application/octet-stream", "text": "text/plain",
         "xml": "application/soap+xml; charset=utf-8", "image": "image/png"}


class Webhook:
    """A webhook with these settings."""

    def __init__(self, stack, application=None, **settings):
        self.stack = stack
        self.application = application or stack.application
        made = stack.made("hook", "create", "--kind", "webhook", "--name", "w",
                          "--application", self.application,
                          "--settings", json.dumps(settings))
        self.id, self.token = made["id"], made["handle"]

    def call(self, method="POST", more="", body=None, headers=(), url=None,
             timeout=60):
        return send(url or self.stack.url, method,
                    f"/webhooks/{self.token}{more}", list(headers), body,
                    timeout)

    def column(self, name):
        """A column of its newest event."""
        return self.stack.psql(
            f"SELECT {name} FROM creel.event AS event"
            f" WHERE hook_id = '{self.id}' ORDER BY id DESC LIMIT 1")

    def events(self):
        return int(self.stack.psql("SELECT count(*) FROM creel.event"
                                   f" WHERE hook_id = '{self.id}'"))


def reply(webhook, key, event, body, hook=None, application=None):
    stack = webhook.stack
    return send(stack.url, "POST", f"/applications/"
                f"{application or stack.application}/webhooks/"
                f"{hook or webhook.id}/replies/{hook or webhook.id}.{event}",
                [("Authorization", f"Bearer {key}"),
                 ("Content-Type", "application/json")],
                body if isinstance(body, bytes) else json.dumps(body).encode())
