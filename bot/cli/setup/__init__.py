"""``frontdesk init`` and ``frontdesk projects``: the configuration, written by asking little.

surroundings  what is there: keys, logins, programs, Ollama, the repository, a sandbox that holds
answers       what the person decides, by prompt or by default
drafting      the commented file
init          the command that joins them
chats         one more chat: its tokens, its table, the first account
inviting      that account's code, and the wait for whoever brings it
projects      more of them, added to the file with its comments kept
"""
