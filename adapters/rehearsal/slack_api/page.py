"""The rehearsed Slack as one page of HTML: its threads as people see them now, and who pressed what.

Self-contained: nothing is loaded from elsewhere, no script runs, and every word on it is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Final, cast

from adapters.rehearsal.slack_api.page_words import Words
from adapters.rehearsal.slack_api.refusals import Json
from adapters.rehearsal.slack_api.workspace import Channel, Press, User, Workspace

STYLE: Final = Path(__file__).with_name("page.css")
COLOURS: Final = ("#2f6f5e", "#8a4b8f", "#b0562c", "#2b66a8", "#7a6a1f", "#a33e5c")
EMOJI: Final = {"eyes": "👀", "white_check_mark": "✅", "x": "❌", "+1": "👍", "hourglass": "⏳"}
PREVIEW_LINES: Final = 14
FOOTER: Final = (
    "Drawn from what the rehearsed Slack holds. Words after ↳, dashed buttons and cut-off lines are not on"
    " Slack's screen: they say what was pressed, and when the app was cut off."
)
TOGETHER_S: Final = 300
"""Messages of one person within that time stand under one name."""


def page(slack: Workspace, title: str) -> str:
    """Channels first, then private conversations; those in which nothing was said are left out."""
    spoken = [channel for channel in slack.channels.values() if channel.messages]
    spoken.sort(key=lambda channel: channel.kind == "im")
    body = "\n".join(_Drawn(slack, channel).html() for channel in spoken)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n<footer>{FOOTER}</footer>\n</main>\n</body>\n</html>\n"
    )


class _Drawn:
    """One channel."""

    def __init__(self, slack: Workspace, channel: Channel) -> None:
        self._slack = slack
        self._channel = channel
        self._words = Words({user.id: user.name for user in slack.users.values()})

    def html(self) -> str:
        roots = "\n".join(self._conversation(root) for root in self._channel.visible())
        return f'<section class="channel">\n{self._head()}\n{roots}\n</section>'

    def _head(self) -> str:
        there = [self._slack.users[id] for id in sorted(self._channel.members) if id in self._slack.users]
        people = "".join(_avatar(user, small=True) for user in there)
        private = self._channel.kind == "im"
        name = next((user.name for user in there if not user.is_bot), "") if private else self._channel.name
        mark = "" if private else '<span class="hash">#</span>'
        return f'<header><h1>{mark}{escape(name)}</h1><div class="members">{people}</div></header>'

    def _conversation(self, root: Json) -> str:
        replies = [each for each in self._channel.visible(root["ts"]) if each["ts"] != root["ts"]]
        told = [each for each in self._slack.ephemeral if self._is_in(each, root)]
        first = self._message(root)
        if not replies and not told:
            return first
        count = len(replies)
        line = f'<div class="replies"><span>{count} {"reply" if count == 1 else "replies"}</span></div>'
        return f'{first}\n{line}\n<div class="thread">\n{self._thread([*replies, *told])}\n</div>'

    def _is_in(self, told: Json, root: Json) -> bool:
        return told["channel"] == self._channel.id and told.get("thread_ts") == root["ts"]

    def _thread(self, messages: list[Json]) -> str:
        """In order, with what was pressed and where the app was away in between."""
        drawn: list[tuple[str, str]] = []
        before: Json | None = None
        away = [gap for gap in self._slack.away if messages and _after(gap[1], messages[0]["ts"])]
        for each in sorted(messages, key=lambda message: _order(message["ts"])):
            gone = [
                gap for gap in away if before and _after(gap[0], before["ts"]) and _after(each["ts"], gap[0])
            ]
            drawn += [(gap[0], _gap(*gap)) for gap in gone]
            together = before is not None and not gone and _go_together(before, each)
            drawn.append((each["ts"], self._message(each, together=together)))
            before = each
        return "\n".join(html for _, html in drawn)

    def _message(self, message: Json, *, together: bool = False) -> str:
        user = self._slack.users[message.get("user_id") or self._author(message)]
        only = message.get("user") if "channel" in message else None
        content = [*self._content(message), *self._below(message)]
        if only:
            name = escape(self._slack.users[only].name)
            content.insert(0, f'<p class="only">Only visible to {name}</p>')
        kind = " only" if only else ""
        shown = "\n".join(content)
        if together:
            time = f'<time class="aside">{_time(message["ts"])}</time>'
            return f'<article class="more{kind}">{time}<div class="body">{shown}</div></article>'
        app = '<span class="app">APP</span>' if user.is_bot else ""
        name = f'<span class="name">{escape(user.name)}</span>{app}<time>{_time(message["ts"])}</time>'
        body = f'<div class="body"><div class="by">{name}</div>\n{shown}</div>'
        return f'<article class="first{kind}">{_avatar(user)}{body}</article>'

    def _author(self, message: Json) -> str:
        """What only one person sees is by the app."""
        return self._slack.bot.id if "channel" in message else str(message["user"])

    # ── what a message is made of ────────────────────────────────────────────────────────────────────────

    def _content(self, message: Json) -> Iterator[str]:
        blocks = cast("list[Json]", message.get("blocks") or [])
        if not blocks and message.get("text"):
            yield f'<div class="md">{self._words.mrkdwn(message["text"])}</div>'
        yield from (self._block(block) for block in blocks)
        yield from (self._file(file) for file in message.get("files") or ())

    def _block(self, block: Json) -> str:
        match block["type"]:
            case "markdown":
                return f'<div class="md">{self._words.markdown(block["text"])}</div>'
            case "section":
                return f'<div class="md">{self._text(block["text"])}</div>'
            case "header":
                return f"<h2>{escape(block['text']['text'])}</h2>"
            case "context":
                return f'<div class="context">{" ".join(map(self._text, block["elements"]))}</div>'
            case "divider":
                return "<hr>"
            case "actions":
                return f'<div class="buttons">{"".join(map(_button, block["elements"]))}</div>'
            case "plan":
                return _plan(block)
            case _:
                return f'<div class="md">{self._words.of_any(block)}</div>'

    def _text(self, text: Json) -> str:
        if text["type"] == "mrkdwn":
            return self._words.mrkdwn(text["text"])
        return escape(str(text.get("text", "")))

    def _file(self, file: Json) -> str:
        name, size = escape(str(file["title"])), f"{int(file['size']):,} bytes"
        head = f'<div class="file-head"><b>{name}</b><span>{size}</span></div>'
        content = self._slack.contents.get(file["id"], b"").decode("utf-8", "replace").splitlines()
        is_diff = str(file["title"]).endswith((".diff", ".patch"))
        lines = "\n".join(map(_line if is_diff else escape, content[:PREVIEW_LINES]))
        more = f'<div class="more-lines">{len(content)} lines</div>' if len(content) > PREVIEW_LINES else ""
        return f'<div class="file">{head}<pre>{lines}</pre>{more}</div>'

    def _below(self, message: Json) -> Iterator[str]:
        if reactions := cast("list[str]", message.get("reactions") or []):
            signs = "".join(f"<span>{EMOJI.get(name, f':{escape(name)}:')} 1</span>" for name in reactions)
            yield f'<div class="reactions">{signs}</div>'
        if "channel" in message:
            return
        pressed = [press for press in self._slack.presses if press.message == message["ts"]]
        labels = self._slack.gone.get(message["ts"], ())
        if labels and (pressed or len(labels) > 1):
            chosen = pressed[-1].label if pressed else ""
            yield f'<div class="buttons gone">{"".join(_gone(each, chosen) for each in labels)}</div>'
        after = [self._pressed(press) for press in pressed]
        after += ["edited"] if message.get("edited") else []
        if after:
            yield f'<p class="after">{" · ".join(after)}</p>'

    def _pressed(self, press: Press) -> str:
        name, label = self._slack.users[press.user].name, press.label or "a button that was gone"
        return f"{escape(name)} pressed <b>{escape(label)}</b> at {_time(press.ts)}"


def _gone(label: str, chosen: str) -> str:
    """A button that is not there any more; the one that decided stands out."""
    kind = " chosen" if label == chosen else ""
    return f'<span class="button{kind}">{escape(label)}</span>'


def _plan(block: Json) -> str:
    tasks = "".join(
        f'<li class="{escape(task["status"])}"><span class="mark"></span>{escape(task["title"])}</li>'
        for task in block["tasks"]
    )
    done = sum(task["status"] == "complete" for task in block["tasks"])
    count = f'<span class="count">{done}/{len(block["tasks"])}</span>'
    head = f'<div class="plan-head"><b>{escape(block["title"])}</b>{count}</div>'
    return f'<div class="plan">{head}<ul>{tasks}</ul></div>'


def _button(button: Json) -> str:
    style = escape(str(button.get("style", "plain")))
    return f'<span class="button {style}">{escape(button["text"]["text"])}</span>'


def _line(line: str) -> str:
    """Of a diff."""
    kind = {"+": "added", "-": "removed", "@": "at"}.get(line[:1], "")
    return f'<span class="{kind}">{escape(line)}</span>' if kind else escape(line)


def _gap(left: str, back: str) -> str:
    """The app was disconnected; in the demo it was killed."""
    words = f"Frontdesk was cut off at {_time(left)}, and back at {_time(back)}"
    return f'<div class="gap"><span>{words}</span></div>'


def _avatar(user: User, *, small: bool = False) -> str:
    initials = "".join(word[0] for word in user.name.split()[:2]).upper() or "?"
    colour = "#4a154b" if user.is_bot else COLOURS[sum(map(ord, user.id)) % len(COLOURS)]
    size = " small" if small else ""
    shape = " bot" if user.is_bot else ""
    look = f'class="avatar{size}{shape}" style="background:{colour}" title="{escape(user.name)}"'
    return f"<div {look}>{escape(initials)}</div>"


def _go_together(before: Json, message: Json) -> bool:
    if "channel" in before or "channel" in message or before["user"] != message["user"]:
        return False
    return float(message["ts"]) - float(before["ts"]) < TOGETHER_S


def _order(ts: str) -> tuple[int, int]:
    """Its second, and its number within the rehearsal."""
    seconds, _, number = ts.partition(".")
    return int(seconds), int(number)


def _after(ts: str, other: str) -> bool:
    return _order(ts) > _order(other)


def _time(ts: str) -> str:
    return f"{datetime.fromtimestamp(float(ts), UTC).astimezone():%H:%M:%S}"
