"""The command line: thin doors to the desk, each with a sentence for every way it can end.

root      the group, found lazily so that ``--version`` costs nothing, and the one place that turns errors
          into exit codes
house     the desk as the commands see it, and who opens it
context   what commands share: settings, the person, the desk
inside    the refusal to act for a person inside a run
setup     the configuration written and extended: ``init``, ``projects``
printing  tables for people, aligned text for pipes, stable JSON for programs
"""
