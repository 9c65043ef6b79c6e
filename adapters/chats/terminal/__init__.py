"""The terminal: a conversation on stdin and stdout; typed, piped or scripted.

session    ``converse``, the way in      house      what it needs from the house
typed      what a line means             sitting    what a line does
board      what was shown, open buttons  following  reads the rows from a cursor, shows them once
prompting  a person at a keyboard        playing    a pipe or a script
styled, screen                           how posts and cards look, with and without a terminal
chat       the Chat port: there is nothing to send, a committed row is a delivered post
"""
