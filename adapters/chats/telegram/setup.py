"""How a bot is set up and looked at: the entry point ``frontdesk.setup``."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from telegram import Bot, User, WebhookInfo
from telegram.error import Conflict, InvalidToken, TelegramError

from adapters.chats.telegram.bot import API_URL, make_bot
from adapters.chats.telegram.commands import MENUS, set_commands
from bot.errors import ChatError
from bot.model.setup import BotAccount, Examination, Finding, Setup, Token, Verdict

TOKEN: Final = "TELEGRAM_BOT_TOKEN"  # noqa: S105 - a name
STEPS: Final = """\
1. In Telegram, open a chat with @BotFather (https://t.me/BotFather) and write /newbot.
2. Give the bot a name, and a username that ends in “bot”.
3. BotFather answers with a token: digits, a colon, letters. Whoever has it is your bot."""
COMMENT: Final = """\
Private chats with people who are known. A group is heard when it is named by its number:
[chats.telegram.channels."-1001234567890"]"""

PROBE_S: Final = 6
"""How long doctor polls: another program that is interrupted by it comes back within that time."""


async def account(tokens: Mapping[str, str], environ: Mapping[str, str]) -> BotAccount:
    with _own_errors():
        async with _bot(tokens, environ) as bot:
            name = f"@{bot.username}"
    link = f"https://t.me/{name[1:]}?start={{code}}"
    return BotAccount(name, f"Open {link} on your phone and press Start.")


async def prepare(tokens: Mapping[str, str], environ: Mapping[str, str]) -> str:
    with _own_errors():
        async with _bot(tokens, environ) as bot:
            await set_commands(bot)
    return f"Its menu of commands is set: {max(len(menu) for _, menu in MENUS)} in private, fewer in groups."


async def examine(given: Examination) -> Sequence[Finding]:
    """Three requests to Telegram, of which one waits; nothing is confirmed or changed."""
    called: str | None = given.table["webhook_url"]
    with _own_errors():
        try:
            async with _bot(given.tokens, given.environ) as bot:
                return await _examined(bot, called=called, alone=given.alone)
        except InvalidToken:
            return [Finding("token", Verdict.FAIL, "Telegram does not know it", _NEW_TOKEN)]


async def _examined(bot: Bot, *, called: str | None, alone: bool) -> list[Finding]:
    """``called``: where Telegram shall call; ``alone``: polling may be tried."""
    me, hook = bot.bot, await bot.get_webhook_info()
    found = [Finding("token", Verdict.PASS, f"@{me.username}, {me.full_name}")]
    found += [_webhook(hook, called), _privacy(me), _topics(me)]
    if alone and not called and not hook.url:
        found.append(await _other_poller(bot))
    return found


_NEW_TOKEN: Final = (
    f"Copy the token again from BotFather (/mybots, API Token) into {TOKEN} or its file; "
    "`frontdesk init telegram` asks for it."
)


def _webhook(hook: WebhookInfo, called: str | None) -> Finding:
    where = urlsplit(hook.url).hostname or "somewhere"
    if not called and not hook.url:
        return Finding("webhook", Verdict.PASS, "none; this house polls")
    if not called:
        detail = f"one is left over, at {where}: Telegram hands nothing to a poller meanwhile"
        remedy = (
            "`frontdesk serve` takes it away when it starts; stop what listens there, if it is another's."
        )
        return Finding("webhook", Verdict.WARN, detail, remedy)
    if not hook.url:
        return Finding("webhook", Verdict.PASS, "not set; the house sets it when it starts")
    if hook.url != called:
        detail = f"Telegram calls {where}, which is not webhook_url"
        remedy = "`frontdesk serve` sets it at its start; another house with this token would set it back."
        return Finding("webhook", Verdict.WARN, detail, remedy)
    if hook.last_error_message:
        detail = f"{where}, but Telegram's last call failed: {hook.last_error_message}"
        remedy = "Look at what stands in front of the house: webhook_url, listen_host, listen_port."
        return Finding("webhook", Verdict.WARN, detail, remedy)
    return Finding("webhook", Verdict.PASS, f"{where}, {hook.pending_update_count} updates wait")


def _privacy(me: User) -> Finding:
    if not me.can_read_all_group_messages:
        detail = "on: in groups it hears commands, mentions and replies to it, which is all it needs"
        return Finding("privacy mode", Verdict.PASS, detail)
    detail = "off: it is handed every message of its groups"
    remedy = "Unless you want that: /setprivacy at BotFather, then take the bot out of the group and add it."
    return Finding("privacy mode", Verdict.WARN, detail, remedy)


def _topics(me: User) -> Finding:
    if me.has_topics_enabled:
        return Finding("topics", Verdict.PASS, "on: each topic of a private chat is its own conversation")
    detail = "off: a private chat is one conversation (BotFather's Threaded Mode gives it topics)"
    return Finding("topics", Verdict.PASS, detail)


async def _other_poller(bot: Bot) -> Finding:
    """Polls without confirming anything: whoever else polls interrupts us when they come back."""
    name = "another program"
    try:
        waiting = await bot.get_updates(timeout=PROBE_S, limit=1)
    except Conflict:
        remedy = (
            "Stop it (another house, a script), or make a new token with BotFather (/revoke): "
            "messages are torn between the two."
        )
        return Finding(name, Verdict.FAIL, "polls with the same token", remedy)
    if waiting:
        return Finding(name, Verdict.PASS, "did not show; messages wait for the house to start")
    return Finding(name, Verdict.PASS, f"none polled with this token in {PROBE_S} s")


def _bot(tokens: Mapping[str, str], environ: Mapping[str, str]) -> Bot:
    """To be entered, which asks Telegram who it is."""
    return make_bot(tokens[TOKEN], environ.get("TELEGRAM_API_URL", "").rstrip("/") or API_URL)


@contextmanager
def _own_errors() -> Generator[None]:
    """Raise ChatError; the library's own words for a wrong token would repeat it."""
    try:
        yield
    except InvalidToken:
        raise ChatError(f"Telegram does not know this token. {_NEW_TOKEN}") from None
    except TelegramError as error:
        raise ChatError(
            f"Telegram cannot be asked ({error}); look at the network, a proxy and TELEGRAM_API_URL."
        ) from error


SETUP: Final = Setup(
    steps=STEPS,
    comment=COMMENT,
    tokens=(Token(TOKEN, "The token"),),
    account=account,
    prepare=prepare,
    examine=examine,
)
