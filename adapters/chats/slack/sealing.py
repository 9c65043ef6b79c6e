"""Tokens of workspaces as cipher text: whoever has the rows, or a copy of them, has no token.

Several keys may be given, the newest first: it seals, all of them open. The team is sealed in with its token,
so that no row's cipher text is good for another workspace.
"""

from __future__ import annotations

from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.errors import ChatError, SettingsError

KEY: Final = "SLACK_SECRET_KEY"
RETRY_S: Final = 300.0
"""A person has to bring the key back; until then nothing is thrown away."""


class Seal:
    def __init__(self, keys: str) -> None:
        """``keys``: one or several, apart by spaces, lines or commas."""
        named = keys.replace(",", " ").split()
        try:
            fernets = [Fernet(each) for each in named]
        except ValueError:
            fernets = []
        if not fernets:
            raise SettingsError(
                f"{KEY} is no key: it must be 32 random bytes in URL-safe base64, as docs/slack.md makes one."
            )
        self._newest, self._all = fernets[0], MultiFernet(fernets)

    def close(self, team: str, token: str) -> str:
        return self._newest.encrypt(f"{team}\n{token}".encode()).decode()

    def open(self, team: str, sealed: str) -> str:
        """The token; raises ChatError when none of the keys opens it, or it is another workspace's."""
        try:
            of, _, token = self._all.decrypt(sealed).decode().partition("\n")
        except InvalidToken:
            of, token = "", ""
        if of != team or not token:
            raise ChatError(
                f"Slack: the token of {team} cannot be opened; put the key that sealed it back into {KEY}, "
                "behind the newest, or install the app there again.",
                retry_after_s=RETRY_S,
            )
        return token

    def renewed(self, team: str, sealed: str) -> str | None:
        """Sealed with the newest key; None: it is already. Raises ChatError as ``open`` does."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return self.close(team, self.open(team, sealed))
        return None
