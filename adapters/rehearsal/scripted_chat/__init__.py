"""A chat platform that breaks on request, and the adapter to it: for stories, contracts and kill tests.

The platform keeps a journal of everything that happened to it. With a file behind the journal it survives the
process that uses it, as a real platform does, and another process can write to it and read what was shown.

    platform = Platform()                                   # or Platform(Journal(path))
    chat = ScriptedChat(platform)                           # the Chat port
    platform.writes("ann", "fix the typo")                  # a person; delivered until acknowledged
    platform.next_calls(Fault.RATE_LIMIT, Fault.APPLY_THEN_DROP)
    platform.messages()                                     # what people see, in order
"""

from adapters.rehearsal.scripted_chat.chat import ScriptedChat, make
from adapters.rehearsal.scripted_chat.faults import Fault, Faults
from adapters.rehearsal.scripted_chat.journal import Journal
from adapters.rehearsal.scripted_chat.platform import Message, Platform

__all__ = ["Fault", "Faults", "Journal", "Message", "Platform", "ScriptedChat", "make"]
