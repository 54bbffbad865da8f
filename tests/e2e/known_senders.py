# SPDX-License-Identifier: ISC
"""Calls of known senders: the form is the documented one, all values are made
up. creel-senders(7) lists the same senders."""
import json
import typing

JSON = "application/json"
UTF8 = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"
UUID = "0f6d2a1c-5b7e-4c7d-9a55-2f3e8c1b9d04"
HEX = "5f2b" * 16
BASE64 = "q83vEjRWeJASNFZ4kKvN7xI0VniQEjRWeJCrze8SNFY="
PNG = bytes.fromhex("89504e470d0a1a0a00ff")


class Call(typing.NamedTuple):
    body: bytes
    type: str
    headers: dict
    read: object  # data.body in the feed
    method: str = "POST"
    more: str = ""  # behind the token
    status: int = 200
    repeats: bool = False  # Creel recognizes the call when it is sent again
    reply: dict = None


def call(data, type=JSON, headers=(), read=None, **more):
    """A call with JSON, unless data is bytes."""
    body = data if isinstance(data, bytes) else json.dumps(
        data, ensure_ascii=False, separators=(",", ":")).encode()
    return Call(body, type, dict(headers),
                data if read is None and body is not data else read, **more)


def multipart(boundary, *parts):
    """parts: (name, value) or (name, file name, type, bytes)."""
    out = b""
    for name, *value in parts:
        head = f'Content-Disposition: form-data; name="{name}"'
        if len(value) == 3:
            head += f'; filename="{value[0]}"\r\nContent-Type: {value[1]}'
        last = value[-1]
        out += f"--{boundary}\r\n{head}\r\n\r\n".encode() + (
            last if isinstance(last, bytes) else last.encode()) + b"\r\n"
    return out + f"--{boundary}--\r\n".encode()


SNS = {"Type": "Notification", "MessageId": UUID, "TopicArn":
       "arn:aws:sns:eu-north-1:000000000000:lines", "Subject": "line 4",
       "Message": "{\"temp\":21.5}", "Timestamp": "2026-11-29T20:58:11.315Z",
       "SignatureVersion": "1", "Signature": BASE64, "SigningCertURL":
       "https://sns.eu-north-1.amazonaws.com/SimpleNotificationService.pem"}
GITHUB = {"X-GitHub-Event": "push", "X-GitHub-Delivery": UUID,
          "X-GitHub-Hook-ID": "17", "X-Hub-Signature-256": f"sha256={HEX}",
          "User-Agent": "GitHub-Hookshot/5f2b5f2"}
PUSH = {"ref": "refs/heads/main", "before": "0" * 40, "after": "5f2b" * 10,
        "repository": {"id": 4711, "full_name": "harbour/crane"},
        "commits": [{"id": "5f2b" * 10, "message": "Grüße: 100 % \u2713"}]}
PUSH_FORM = b"payload=%7B%22ref%22%3A%22refs%2Fheads%2Fmain%22%7D"
PUSH_READ = {"payload": '{"ref":"refs/heads/main"}'}
GITEA = {"X-Gitea-Event": "push", "X-Gitea-Delivery": UUID,
         "X-Gitea-Signature": HEX, "X-GitHub-Delivery": UUID,
         "X-Hub-Signature-256": f"sha256={HEX}"}
GRAPH = {"value": [{"subscriptionId": UUID, "clientState": "swordfish",
                    "changeType": "created", "resource": "me/messages/A1",
                    "resourceData": {"@odata.type": "#m", "id": "A1"}}]}
EVENT_GRID = {"id": UUID, "topic": "/subscriptions/x", "subject": "line/4",
              "eventType": "Harbour.Lifted", "eventTime":
              "2026-11-29T20:58:11Z", "data": {"weight": 1.50},
              "dataVersion": "1", "metadataVersion": "1"}
CLOUD_EVENT = {"specversion": "1.0", "id": UUID, "source": "/line/4",
               "type": "Harbour.Lifted", "data": {"weight": 1.50}}
INBOUND = multipart(
    "xYzZY", ("from", "Jörg <joerg@example.org>"), ("attachments", "1"),
    ("attachment1", "crane.png", "image/png", PNG))
JOTFORM = multipart(
    "----d74496d66958873e", ("formID", "243"), ("submissionID", "61"),
    ("rawRequest", '{"q3_name":{"first":"Åse"},"q4_size":"4"}'),
    ("pretty", "Name:Åse, Size:4"))

# The calls of each sender.
CALLS = {
    "Adyen": [call({"live": "false", "notificationItems": [
        {"NotificationRequestItem": {
            "additionalData": {"hmacSignature": BASE64},
            "amount": {"currency": "EUR", "value": 1130},
            "eventCode": "AUTHORISATION", "merchantAccountCode": "Harbour",
            "pspReference": "7914073381342284", "success": "true"}}]})],
    "Alertmanager": [call({
        "version": "4", "groupKey": "{}:{alertname=\"Heat\"}",
        "status": "firing", "receiver": "creel", "alerts": [
            {"status": "firing", "labels": {"alertname": "Heat"},
             "startsAt": "2026-11-29T20:58:11.315Z", "fingerprint": "5f2b"}]},
        headers={"User-Agent": "Alertmanager/0.28.0"})],
    "Amazon SNS": [
        call(json.dumps(SNS, indent=2).encode(), "text/plain; charset=UTF-8",
             {"x-amz-sns-message-type": "Notification",
              "x-amz-sns-message-id": UUID,
              "User-Agent": "Amazon Simple Notification Service Agent"},
             json.dumps(SNS, indent=2)),
        call(b'{"Type":"SubscriptionConfirmation","Token":"5f2b"}',
             "text/plain; charset=UTF-8",
             {"x-amz-sns-message-type": "SubscriptionConfirmation"},
             '{"Type":"SubscriptionConfirmation","Token":"5f2b"}')],
    "Asana": [call({"events": [{"action": "changed", "resource": {
        "gid": "1207", "resource_type": "task"}, "parent": None}]},
        headers={"X-Hook-Signature": HEX}), call({"events": []})],
    "Azure Event Grid": [
        call([EVENT_GRID], UTF8, {"aeg-event-type": "Notification",
                                  "aeg-delivery-count": "0"}),
        call([{**EVENT_GRID, "eventType":
               "Microsoft.EventGrid.SubscriptionValidationEvent",
               "data": {"validationCode": UUID}}], UTF8,
             {"aeg-event-type": "SubscriptionValidation"}),
        call(CLOUD_EVENT, "application/cloudevents+json; charset=utf-8",
             {"WebHook-Request-Origin": "eventgrid.azure.net"})],
    "Bitbucket": [call({"push": {"changes": []}, "actor": {"nickname": "å"}},
                       headers={"X-Event-Key": "repo:push",
                                "X-Hook-UUID": UUID, "X-Request-UUID": UUID,
                                "X-Attempt-Number": "1",
                                "X-Hub-Signature": f"sha256={HEX}"},
                       repeats=True)],
    "Calendly": [call({"event": "invitee.created", "created_at":
                       "2026-11-29T20:58:11.000000Z", "payload": {
                           "email": "a@example.org", "rescheduled": False}},
                      headers={"Calendly-Webhook-Signature":
                               f"t=1796000291,v1={HEX}"})],
    "Discord": [call({"application_id": "9", "id": "17", "type": 2,
                      "data": {"name": "lift"}, "token": "5f2b"},
                     headers={"X-Signature-Ed25519": HEX * 2,
                              "X-Signature-Timestamp": "1796000291"},
                     reply={"body": {"type": 4, "data": {"content": "up"}}})],
    "DocuSign": [
        call({"event": "envelope-completed", "apiVersion": "v2.1",
              "data": {"envelopeId": UUID}}, UTF8,
             {"X-DocuSign-Signature-1": BASE64,
              "X-DocuSign-Signature-2": BASE64}),
        call("<?xml version=\"1.0\"?><E><Name>Åse</Name></E>".encode(),
             "text/xml; charset=utf-8", {},
             "<?xml version=\"1.0\"?><E><Name>Åse</Name></E>")],
    "Dropbox": [call({"list_folder": {"accounts": ["dbid:AA"]},
                      "delta": {"users": [12345]}},
                     headers={"X-Dropbox-Signature": HEX})],
    "Fitbit": [call([{"collectionType": "foods", "date": "2026-11-29",
                      "ownerId": "228S74", "subscriptionId": "17"}],
                    headers={"X-Fitbit-Signature": BASE64}, status=204)],
    "Gitea": [call(PUSH, headers=GITEA, repeats=True),
              call(PUSH_FORM, FORM, {**GITEA, "X-Gitea-Delivery": "2",
                                 "X-GitHub-Delivery": "2"},
                   PUSH_READ)],
    "GitHub": [call(PUSH, headers=GITHUB, repeats=True),
               call({"zen": "Half measures are as bad as nothing at all.",
                     "hook_id": 17}, headers={
                         **GITHUB, "X-GitHub-Event": "ping",
                         "X-GitHub-Delivery": "2"}),
               call(PUSH_FORM, FORM, {**GITHUB, "X-GitHub-Delivery": "3"},
                    PUSH_READ)],
    "GitLab": [call({"object_kind": "push", "ref": "refs/heads/main"},
                    headers={"X-Gitlab-Event": "Push Hook",
                             "X-Gitlab-Token": "swordfish",
                             "X-Gitlab-Instance": "https://git.example",
                             "X-Gitlab-Event-UUID": UUID,
                             "Idempotency-Key": UUID}, repeats=True)],
    "Google Calendar": [call(b"", None, {
        "X-Goog-Channel-ID": UUID, "X-Goog-Channel-Token": "swordfish",
        "X-Goog-Message-Number": "10", "X-Goog-Resource-ID": "ret08u3rv24",
        "X-Goog-Resource-State": "exists"}, status=204)],
    "Google Pub/Sub": [call({"message": {
        "attributes": {"line": "4"}, "data": "eyJ0ZW1wIjoyMS41fQ==",
        "messageId": "2070443601311540", "message_id": "2070443601311540",
        "publishTime": "2026-11-29T20:58:11.315Z"},
        "subscription": "projects/harbour/subscriptions/creel"},
        headers={"Authorization": "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln"},
        status=204)],
    "Grafana": [call({"receiver": "creel", "status": "firing", "orgId": 1,
                      "alerts": [{"status": "firing", "values": {"B": 44.5},
                                  "valueString": "[ var='B' value=44.5 ]"}],
                      "title": "[FIRING:1] Heat"})],
    "HubSpot": [call([{"eventId": 1, "subscriptionId": 12, "portalId": 33,
                       "occurredAt": 1796000291315, "attemptNumber": 0,
                       "subscriptionType": "contact.creation",
                       "objectId": 123}], headers={
                           "X-HubSpot-Signature-v3": BASE64,
                           "X-HubSpot-Request-Timestamp": "1796000291315"})],
    "Intercom": [call({"type": "notification_event", "id": "notif_5f2b",
                       "topic": "conversation.user.created",
                       "delivery_attempts": 1}, UTF8,
                      {"X-Hub-Signature": f"sha1={HEX[:40]}"})],
    "Jira": [call({"timestamp": 1796000291315, "webhookEvent":
                   "jira:issue_updated", "issue": {"key": "CRANE-4"}}, UTF8,
                  {"X-Atlassian-Webhook-Identifier": UUID,
                   "X-Hub-Signature": f"sha256={HEX}"}, repeats=True)],
    "Jotform": [call(
        JOTFORM, "multipart/form-data; boundary=----d74496d66958873e", {},
        {"formID": "243", "submissionID": "61",
         "rawRequest": '{"q3_name":{"first":"Åse"},"q4_size":"4"}',
         "pretty": "Name:Åse, Size:4"})],
    "LINE": [call({"destination": "U5f2b", "events": [
        {"type": "message", "webhookEventId": "01H8", "timestamp": 1796000291,
         "message": {"type": "text", "id": "17", "text": "\U0001f3a3"}}]},
        UTF8, {"X-Line-Signature": BASE64}),
        call({"destination": "U5f2b", "events": []}, UTF8)],
    "Linear": [call({"action": "update", "type": "Issue",
                     "webhookTimestamp": 1796000291315,
                     "data": {"id": UUID, "estimate": None}}, UTF8,
                    {"Linear-Delivery": UUID, "Linear-Event": "Issue",
                     "Linear-Signature": HEX}, repeats=True)],
    "Mailchimp": [call(
        b"type=subscribe&fired_at=2026-11-29+20%3A58%3A11"
        b"&data%5Bemail%5D=ase%40example.org&data%5Bmerges%5D%5BFNAME%5D="
        b"%C3%85se", FORM, {}, {
            "type": "subscribe", "fired_at": "2026-11-29 20:58:11",
            "data[email]": "ase@example.org", "data[merges][FNAME]": "Åse"},
        more="?secret=swordfish")],
    "Mailgun": [call({"signature": {"token": HEX, "timestamp": "1796000291",
                                    "signature": HEX},
                      "event-data": {"event": "opened", "timestamp":
                                     1796000291.315}})],
    "Mandrill": [call(
        b"mandrill_events=%5B%7B%22event%22%3A%22send%22%7D%5D", FORM,
        {"X-Mandrill-Signature": BASE64},
        {"mandrill_events": '[{"event":"send"}]'})],
    "Meta": [call({"object": "whatsapp_business_account", "entry": [
        {"id": "17", "changes": [{"field": "messages", "value": {
            "messages": [{"id": "wamid.5f2b", "type": "text",
                          "text": {"body": "hei \U0001f44b"}}]}}]}]},
        headers={"X-Hub-Signature-256": f"sha256={HEX}"})],
    "Microsoft Graph": [call(GRAPH, UTF8, status=202)],
    "Microsoft Teams": [call(
        {"type": "message", "id": "1796000291315", "text":
         "<at>Creel</at> lift\n", "serviceUrl": "https://teams.example/",
         "from": {"name": "Åse"}}, UTF8,
        {"Authorization": f"HMAC {BASE64}"},
        reply={"body": {"type": "message", "text": "up"}})],
    "monday.com": [call({"event": {"type": "update_column_value",
                                   "boardId": 1771812698, "value": {
                                       "label": {"index": 0}}}}, UTF8,
                        {"Authorization": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"})],
    "Notion": [call({"verification_token": "secret_5f2b"}, headers={
        "X-Notion-Signature": f"sha256={HEX}"}),
        call({"id": UUID, "type": "page.created", "attempt_number": 1})],
    "Okta": [call({"eventType": "com.okta.event_hook", "eventId": UUID,
                   "data": {"events": [{"uuid": UUID, "severity": "INFO"}]}},
                  headers={"Authorization": "swordfish"}, status=204)],
    "PagerDuty": [call({"event": {"id": "01D8", "event_type": "pagey.ping",
                                  "data": {"message": "Hello"}}}, UTF8,
                       {"X-PagerDuty-Signature": f"v1={HEX},v1={HEX}",
                        "X-Webhook-Id": UUID})],
    "PayPal": [call({"id": "WH-5F2B", "event_version": "1.0", "event_type":
                     "PAYMENT.CAPTURE.COMPLETED", "resource": {
                         "amount": {"value": "30.00"}}}, headers={
                             "PAYPAL-TRANSMISSION-ID": UUID,
                             "PAYPAL-TRANSMISSION-TIME":
                             "2026-11-29T20:58:11Z",
                             "PAYPAL-TRANSMISSION-SIG": BASE64,
                             "PAYPAL-AUTH-ALGO": "SHA256withRSA",
                             "PAYPAL-CERT-URL":
                             "https://api.paypal.com/v1/certs/5f2b"})],
    "PayPal IPN": [call(
        b"payment_status=Completed&first_name=J%C3%B6rg&charset=utf-8", FORM,
        {}, {"payment_status": "Completed", "first_name": "Jörg",
             "charset": "utf-8"})],
    "Postmark": [call({"RecordType": "Bounce", "MessageID": UUID,
                       "BouncedAt": "2026-11-29T20:58:11Z", "ID": 42,
                       "Email": "ase@example.org", "Inactive": True})],
    "Razorpay": [call({"entity": "event", "account_id": "acc_5f2b",
                       "event": "payment.captured", "contains": ["payment"],
                       "payload": {"payment": {"entity": {"amount": 100}}}},
                      headers={"X-Razorpay-Event-Id": "OHkf5f2b",
                               "X-Razorpay-Signature": HEX}, repeats=True)],
    "SendGrid": [
        call(b'[{"email":"ase@example.org","event":"open","sg_event_id":"Z2"'
             b'}]\r\n', JSON, {
                 "X-Twilio-Email-Event-Webhook-Signature": BASE64,
                 "X-Twilio-Email-Event-Webhook-Timestamp": "1796000291"},
             [{"email": "ase@example.org", "event": "open",
               "sg_event_id": "Z2"}]),
        call(INBOUND, "multipart/form-data; boundary=xYzZY", {}, {
            "from": "Jörg <joerg@example.org>", "attachments": "1",
            "attachment1": list(PNG)})],
    "Sentry": [call({"action": "created", "installation": {"uuid": UUID},
                     "data": {"issue": {"id": "17"}}, "actor": {"id": "s"}},
                    headers={"Request-ID": UUID, "Sentry-Hook-Resource":
                             "issue", "Sentry-Hook-Timestamp": "1796000291",
                             "Sentry-Hook-Signature": HEX})],
    "SharePoint": [call({"value": [{
        "subscriptionId": UUID, "clientState": None, "expirationDateTime":
        "2026-12-29T20:58:11.3150000Z", "resource": UUID, "tenantId": UUID,
        "siteUrl": "/sites/harbour", "webId": UUID}]}, UTF8)],
    "Shopify": [call({"id": 820982911946154508, "total_price": "254.98",
                      "note": None, "customer": {"first_name": "Åse"}},
                     headers={"X-Shopify-Topic": "orders/create",
                              "X-Shopify-Shop-Domain": "harbour.example",
                              "X-Shopify-Webhook-Id": UUID,
                              "X-Shopify-Event-Id": UUID,
                              "X-Shopify-Hmac-Sha256": BASE64}, repeats=True)],
    "Slack": [
        call({"token": "z", "team_id": "T1", "type": "event_callback",
              "event": {"type": "app_mention", "ts": "1796000291.000200"},
              "event_id": "Ev5F2B"}, headers={
                  "X-Slack-Signature": f"v0={HEX}",
                  "X-Slack-Request-Timestamp": "1796000291"}),
        call(b"token=z&command=%2Flift&text=a+%26+b&response_url=https%3A%2F"
             b"%2Fslack.example", FORM, {"X-Slack-Signature": f"v0={HEX}"},
             {"token": "z", "command": "/lift", "text": "a & b",
              "response_url": "https://slack.example"})],
    "Square": [call({"merchant_id": "6SSW", "type": "payment.updated",
                     "event_id": UUID, "data": {"type": "payment"}},
                    headers={"X-Square-HmacSha256-Signature": BASE64,
                             "Square-Retry-Number": "1"})],
    "Standard Webhooks": [call({"type": "user.created", "timestamp":
                                "2026-11-29T20:58:11.315000Z", "data": {}},
                               headers={"webhook-id": "msg_5f2b",
                                        "webhook-timestamp": "1796000291",
                                        "webhook-signature": f"v1,{BASE64}"},
                               repeats=True)],
    "Strava": [call({"aspect_type": "update", "event_time": 1796000291,
                     "object_id": 1360128428, "object_type": "activity",
                     "owner_id": 134815, "subscription_id": 120475,
                     "updates": {"title": "Lift"}})],
    "Stripe": [call(json.dumps(
        {"id": "evt_5f2b", "object": "event", "livemode": False,
         "data": {"object": {"amount": 1000}}}, indent=2).encode(), UTF8,
        {"Stripe-Signature": f"t=1796000291,v1={HEX},v0={HEX}"},
        {"id": "evt_5f2b", "object": "event", "livemode": False,
         "data": {"object": {"amount": 1000}}})],
    "Svix": [call({"type": "invoice.paid", "data": {"total": 9.50}},
                  headers={"svix-id": "msg_5f2b",
                           "svix-timestamp": "1796000291",
                           "svix-signature": f"v1,{BASE64}"}, repeats=True)],
    "Telegram": [call({"update_id": 10000, "message": {
        "date": 1796000291, "chat": {"id": -1001, "type": "group"},
        "text": "\U0001f3d7\ufe0f"}}, headers={
            "X-Telegram-Bot-Api-Secret-Token": "swordfish"})],
    "The Things Stack": [call({
        "end_device_ids": {"device_id": "crane-4"}, "correlation_ids": ["a"],
        "uplink_message": {"f_port": 1, "frm_payload": "AQID",
                           "rx_metadata": [{"rssi": -35, "snr": 5.25}]}},
        headers={"X-Tts-Domain": "eu1.example"}, more="/up")],
    "Trello": [call({"action": {"id": "51f9", "type": "voteOnCard", "data": {
        "card": {"idShort": 1}}}, "model": {"id": "4d5e", "name": "Åpne"}},
        headers={"X-Trello-Webhook": BASE64[:28]})],
    "Twilio": [call(
        b"ToCountry=NO&SmsMessageSid=SM5f2b&Body=Hei+%F0%9F%91%8B"
        b"&From=%2B4712345678&NumMedia=0",
        FORM + "; charset=UTF-8",
        {"X-Twilio-Signature": BASE64[:28],
         "I-Twilio-Idempotency-Token": UUID},
        {"ToCountry": "NO", "SmsMessageSid": "SM5f2b",
         "Body": "Hei \U0001f44b", "From": "+4712345678", "NumMedia": "0"},
        repeats=True)],
    "Twitch": [call({"subscription": {"id": UUID, "type": "channel.follow",
                                      "cost": 1},
                     "event": {"user_name": "Åse"}}, headers={
                         "Twitch-Eventsub-Message-Id": UUID,
                         "Twitch-Eventsub-Message-Timestamp":
                         "2026-11-29T20:58:11.634234626Z",
                         "Twitch-Eventsub-Message-Type": "notification",
                         "Twitch-Eventsub-Message-Signature":
                         f"sha256={HEX}"}, repeats=True)],
    "Typeform": [call({"event_id": "LtWXD3crgy", "event_type":
                       "form_response", "form_response": {
                           "answers": [{"type": "number", "number": 42}]}},
                      headers={"Typeform-Signature": f"sha256={BASE64}"})],
    "WooCommerce": [
        call(b"webhook_id=1", FORM, {}, {"webhook_id": "1"}),
        call({"id": 727, "status": "processing", "total": "29.35"},
             headers={"X-WC-Webhook-Topic": "order.created",
                      "X-WC-Webhook-Signature": BASE64,
                      "X-WC-Webhook-ID": "1",
                      "X-WC-Webhook-Delivery-ID": HEX[:32]}, repeats=True)],
    "X": [call({"for_user_id": "2244994945", "tweet_create_events": [
        {"id": 1850000000000000001, "id_str": "1850000000000000001"}]},
        headers={"X-Twitter-Webhooks-Signature": f"sha256={BASE64}"})],
    "Xero": [call({"events": [{"eventCategory": "INVOICE", "eventType":
                               "UPDATE", "tenantId": UUID}],
                   "firstEventSequence": 1, "entropy": "S0m3"}, UTF8,
                  {"X-Xero-Signature": BASE64}, reply={})],
    "Zendesk": [call({"type": "zen:event-type:ticket.created", "id": UUID},
                     UTF8, {"X-Zendesk-Webhook-Signature": BASE64,
                            "X-Zendesk-Webhook-Signature-Timestamp":
                            "2026-11-29T20:58:11Z",
                            "X-Zendesk-Webhook-Invocation-Id": "01G5"},
                     method="PUT")],
    "Zoom": [call({"event": "meeting.started", "event_ts": 1796000291315,
                   "payload": {"account_id": "A5", "object": {
                       "topic": "Løft", "id": "4711"}}}, UTF8,
                  {"x-zm-signature": f"v0={HEX}",
                   "x-zm-request-timestamp": "1796000291"})],
}


class Handshake(typing.NamedTuple):
    method: str
    more: str
    headers: dict
    body: bytes
    status: int
    answer: bytes
    type: str = "text/plain"
    reply: dict = None  # of a program, where Creel does not answer
    sets: dict = {}  # headers of the response


def echo(body, type="text/plain", **more):
    return {"body": body, "headers": {"Content-Type": type, **more}}


HUB = "?hub.mode=subscribe&hub.verify_token=swordfish&hub.challenge=15f7d1"
HEAD = Handshake("HEAD", "", {}, None, 200, b"", None)
HANDSHAKES = {
    "Asana": Handshake("POST", "", {"X-Hook-Secret": HEX}, b"{}", 200, b"",
                       None, {"headers": {"X-Hook-Secret": HEX}},
                       {"X-Hook-Secret": HEX}),
    "Azure Event Grid": Handshake(
        "OPTIONS", "", {"WebHook-Request-Origin": "eventgrid.azure.net",
                        "WebHook-Request-Rate": "120"}, None, 200, b"", None,
        None, {"WebHook-Allowed-Origin": "eventgrid.azure.net"}),
    "Discord": Handshake("POST", "", {"X-Signature-Ed25519": "00"},
                         b'{"type":1}', 401, b"", None,
                         {"responseCode": 401}),
    "Dropbox": Handshake("GET", "?challenge=a%20b", {}, None, 200, b"a b",
                         reply=echo("a b"),
                         sets={"X-Content-Type-Options": "nosniff"}),
    "Fitbit": Handshake("GET", "?verify=swordfish", {}, None, 204, b"", None),
    "Intercom": HEAD,
    "Mailchimp": Handshake("GET", "", {}, None, 200, b'{"success":true}',
                           JSON),
    "Mandrill": HEAD,
    "Meta": Handshake("GET", HUB, {}, None, 200, b"15f7d1"),
    "Microsoft Graph": Handshake(
        "POST", "?validationToken=Validation%3A+a%3Ab", {"Content-Type":
                                                         "text/plain"},
        b"", 200, b"Validation: a:b", reply=echo("Validation: a:b")),
    "monday.com": Handshake("POST", "", {"Content-Type": JSON},
                            b'{"challenge":"5f2b"}', 200,
                            b'{"challenge":"5f2b"}', JSON,
                            {"body": {"challenge": "5f2b"}}),
    "Okta": Handshake("GET", "", {"X-Okta-Verification-Challenge": "5f2b"},
                      None, 200, b'{"verification":"5f2b"}', JSON,
                      {"body": {"verification": "5f2b"}}),
    "SharePoint": Handshake("POST", "?validationtoken=5f2b", {}, b"", 200,
                            b"5f2b", reply=echo("5f2b")),
    "Slack": Handshake("POST", "", {"Content-Type": JSON},
                       b'{"type":"url_verification","challenge":"3eZb"}',
                       200, b"3eZb", reply=echo("3eZb")),
    "Strava": Handshake("GET", HUB, {}, None, 200, b'{"hub.challenge":'
                        b'"15f7d1"}', JSON,
                        {"body": {"hub.challenge": "15f7d1"}}),
    "Trello": HEAD,
    "Twitch": Handshake("POST", "", {"Content-Type": JSON,
                                     "Twitch-Eventsub-Message-Type":
                                     "webhook_callback_verification"},
                        b'{"challenge":"pogchamp"}', 200, b"pogchamp",
                        reply=echo("pogchamp")),
    "X": Handshake("GET", "?crc_token=5f2b", {}, None, 200,
                   b'{"response_token":"sha256=' + BASE64.encode() + b'"}',
                   JSON, {"body": {"response_token": f"sha256={BASE64}"}}),
    "Xero": Handshake("POST", "", {"X-Xero-Signature": "AAAA"}, b"{}", 401,
                      b"", None, {"responseCode": 401}),
    "Zoom": Handshake("POST", "", {"Content-Type": JSON},
                      b'{"event":"endpoint.url_validation","payload":'
                      b'{"plainToken":"qgg8"}}', 200,
                      b'{"plainToken":"qgg8","encryptedToken":"23a8"}', JSON,
                      {"body": {"plainToken": "qgg8",
                                "encryptedToken": "23a8"}}),
}
