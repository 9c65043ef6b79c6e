"""Slack on loopback, for one app in one workspace, so that demo and tests need no account and no network.

It speaks with slack-sdk and slack-bolt as the real one does, over Socket Mode and over HTTP, refuses what
the real one refuses (blocks by their limits, edits over 4,000 characters, calls without their scope, triggers
that are too old), and breaks on request.

    async with SlackApi() as slack:
        ...  # SLACK_BOT_TOKEN=slack.bot_token, SLACK_APP_TOKEN=slack.app_token, SLACK_API_URL=slack.api_url
        ann = slack.person("Ann", "U024")
        ts = ann.writes("fix the parser")
        await slack.record.until(lambda: len(ann.sees(ts)) > 1)
        ann.presses("Allow once")
        slack.faults.next_calls(Fault.APPLY_THEN_DROP)

The way of a call: endpoints (token, scope, fault, record) → a method of ``methods`` → workspace. The way of
an event: people → delivery (again until it is acknowledged) → socket, or calls.
"""

from adapters.rehearsal.phones import Impossible
from adapters.rehearsal.slack_api.calls import Calls, body_of
from adapters.rehearsal.slack_api.delivery import Envelope
from adapters.rehearsal.slack_api.faults import Fault, Faults
from adapters.rehearsal.slack_api.pace import Pace
from adapters.rehearsal.slack_api.people import Person
from adapters.rehearsal.slack_api.server import APP_TOKEN, BOT_TOKEN, SECRET, TEAM, SlackApi
from adapters.rehearsal.slack_api.workspace import SCOPES, Channel, Rules, Shown

__all__ = [
    "APP_TOKEN",
    "BOT_TOKEN",
    "SCOPES",
    "SECRET",
    "TEAM",
    "Calls",
    "Channel",
    "Envelope",
    "Fault",
    "Faults",
    "Impossible",
    "Pace",
    "Person",
    "Rules",
    "Shown",
    "SlackApi",
    "body_of",
]
