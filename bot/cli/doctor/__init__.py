"""``frontdesk doctor``: what works on this machine, what does not, and what to do about it.

checks      a check and how a list of them is shown
machine     Python, programs, state directory, database, running house
examination all groups in their order; the configuration first
live        one tiny request each, when it is asked for
bundle      all of it in one archive, redacted
abilities   models, specialists and their sandbox
workers     what a run of a project sees
chats       the terminal and its like, each by its own adapter's word
"""

from bot.cli.doctor.checks import Check, Verdict, print_report, report
from bot.cli.doctor.examination import examine

__all__ = ["Check", "Verdict", "examine", "print_report", "report"]
