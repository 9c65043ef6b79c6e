"""``python -m adapters.rehearsal.bot_api``: talk to a bot without an account, until stdin ends."""

import asyncio
import signal
import sys
import threading
from pathlib import Path

import click

from adapters.rehearsal.bot_api.console import HELP, Console
from adapters.rehearsal.bot_api.platform import Rules
from adapters.rehearsal.bot_api.server import TOKEN, BotApi


@click.command()
@click.option("--port", default=0, help="0: any free port.")
@click.option("--token", default=TOKEN, help="The bot's: a number, a colon, anything.")
@click.option("--name", default="Ann", help="Who types.")
@click.option("--topics", is_flag=True, help="Private chats have topics.")
@click.option("--record", type=click.Path(path_type=Path), help="Write what happens here, as lines of JSON.")
def main(port: int, token: str, name: str, topics: bool, record: Path | None) -> None:
    """Be Telegram for one bot, on loopback, as strict and as slow as the real one."""
    rules = Rules(topics_in_private=topics)
    asyncio.run(_talk(BotApi(rules, token=token, port=port, record=record), name))


async def _talk(api: BotApi, name: str) -> None:
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    async with api:
        print(f"TELEGRAM_BOT_TOKEN={api.token}\nTELEGRAM_API_URL={api.url}\n{HELP}", flush=True)
        console = Console(api, name, lambda line: print(line, flush=True))

        def read() -> None:
            for line in sys.stdin:
                if line.strip():
                    loop.call_soon_threadsafe(console.type, line.strip())
            loop.call_soon_threadsafe(over.set)

        # A thread, because the loop cannot watch every kind of stdin; a daemon, because it may never return.
        threading.Thread(target=read, daemon=True).start()
        showing = asyncio.create_task(_show(api, console))
        await over.wait()
        showing.cancel()


async def _show(api: BotApi, console: Console) -> None:
    while True:
        await api.record.changed()
        console.show_news()


if __name__ == "__main__":
    main()
