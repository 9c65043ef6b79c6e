"""The chat ``slack``: slack-bolt and slack-sdk at the edge, everything else of the house.

::

    Slack ──▶ socket | calls ──▶ receiving (Bolt's middleware) ──▶ reading ──▶ desk.receive
      ▲                              └── forms, words for one person
      └── web ◀── sending ◀── rendering ◀── parts(post)

Bolt acknowledges an event before its listeners run, so there are none: all happens in a middleware, and an
exception there leaves the event with Slack. ``places`` makes the conversation's key, ``failures`` turns
Slack's refusals into the house's words, ``members`` knows who is a guest.
"""
