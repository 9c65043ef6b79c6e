"""What the server must know of a vendor's API: how a request is read, how a reply or an error is put."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from adapters.rehearsal.model_server.asked import Asked, Vendor
from adapters.rehearsal.model_server.reply import Reply

Headers = Mapping[str, str]  # names in lower case


@dataclass(slots=True, eq=False)  # an exception cannot be frozen: its traceback is set while it rises
class Refused(Exception):
    """The platform says no, in the way it documents."""

    status: int
    message: str | None = None  # None: the vendor's usual sentence for this status
    param: str | None = None
    code: str | None = None
    retry_after_s: float | None = None


class Dialect(Protocol):
    """One vendor's API."""

    @property
    def name(self) -> Vendor: ...

    def has_key(self, headers: Headers) -> bool: ...
    def check_headers(self, headers: Headers) -> None:
        """Refuses a request without key, or without what else must stand in its headers."""
        ...

    def read(self, body: Mapping[str, object], headers: Headers, *, counting: bool = False) -> Asked:
        """The request; `Refused` if the vendor would not accept it. ``counting``: only tokens are wanted."""
        ...

    def whole(self, reply: Reply) -> dict[str, object]: ...
    def stream(self, reply: Reply, *, with_usage: bool) -> list[bytes]:
        """The events of a streamed reply, ready for the wire."""
        ...

    def problem(self, refused: Refused) -> dict[str, object]: ...
    def problem_event(self, refused: Refused) -> bytes:
        """An error that comes after a stream has begun."""
        ...

    def unknown_model(self, name: str) -> Refused: ...
    def models(self, names: tuple[str, ...]) -> dict[str, object]: ...
    def model(self, name: str) -> dict[str, object]: ...
