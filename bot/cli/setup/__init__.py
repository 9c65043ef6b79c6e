"""``frontdesk init`` and ``frontdesk projects``: the configuration, written by asking little.

surroundings  what is there: keys, logins, programs, Ollama, the repository, a sandbox that holds
answers       what the person decides, by prompt or by default
drafting      the commented file
init          the command that joins them
projects      more of them, added to the file with its comments kept
"""
