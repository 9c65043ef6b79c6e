"""Claude Code, through claude-agent-sdk: the specialist for work in a directory.

The way of a piece of work::

    specialist   prepares the place: program, sandbox, environment, launcher
    opening      what stands on disk decides how to begin: fresh, resumed, after a crash, with an answer
    options      the work as the SDK's options: what is loaded (trust), offered, allowed, shown to the model
    run          drives the program through ``connection`` and yields our events
      translate    messages become events (``titles``, ``checklist``)
      gate         every tool call: pass, ask a person, park, refuse (``questions``, ``approvals``, ``paths``)
      house_tools  urgent notes and files, offered to the model
    outcome      the last result, exception or stop becomes Finished or Parked (``errors``)

Beside it: ``transcripts`` (resume line, adopting a terminal session), ``trust`` (what a repository would
execute), ``health``. The SDK is imported when the first run starts: it is an extra, large and slow to import.
"""

from adapters.specialists.claude_code.settings import Auth, ClaudeCodeSettings
from adapters.specialists.claude_code.specialist import ClaudeCode
from adapters.specialists.claude_code.transcripts import Adopted, adopt, resume_line
from adapters.specialists.claude_code.trust import would_execute

__all__ = ["Adopted", "Auth", "ClaudeCode", "ClaudeCodeSettings", "adopt", "resume_line", "would_execute"]
