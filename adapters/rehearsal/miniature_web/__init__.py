"""A small web on loopback with known answers and known traps.

paper        one page
content      what its sites say; ``museum`` is one of them
answers      questions with the answers that its pages prove
traps        answers that no honest page gives: drips, bombs, headers without end
site         which request gets which answer, and the search over it
network      its names and their public addresses, which end on this machine
web          all of it together
researcher   the real researcher on it, as a specialist of a house

Its names have public addresses, so that a fetcher proves itself on the way that real pages take: no check is
relaxed for it. What lies behind a private address is really asked, if somebody lets it be asked.
"""

from adapters.rehearsal.miniature_web.network import RehearsedNetwork
from adapters.rehearsal.miniature_web.web import MiniatureWeb

__all__ = ["MiniatureWeb", "RehearsedNetwork"]
