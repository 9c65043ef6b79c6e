"""The chat ``telegram``: python-telegram-bot as a client, everything else of the house.

::

    Telegram ──▶ polling | webhook ──▶ receiving ──▶ reading ──▶ desk.receive
        ▲                                  └── answers to presses
        └── sending ◀── pacing ◀── rendering ◀── parts(post)

``places`` makes the conversation's key, ``failures`` turns Telegram's refusals into the house's words.
"""
