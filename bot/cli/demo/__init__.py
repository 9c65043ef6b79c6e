"""The demo: the real house and the real Claude Code play a conversation; only the model is rehearsed.

play         from the beginning to the end
stage        the temporary directory, and the house that is killed
in_terminal  the scenes in a terminal
on_phones    the same on a chat, whose platform is a stand-in; ``screen`` shows what people see there
acts         what both have in common
drawing      what people see on the chat at the end, as a page
"""
