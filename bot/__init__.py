"""Frontdesk: chat messages become real work, which survives any crash and waits for the right person.

This is the map of the house. One message goes through it like this; every room is a module of that name::

    a chat ──▶ inbox ──▶ turns ──▶ secretary ──▶ policy ──▶ admission ──▶ dispatching ──▶ a specialist
      ▲          │         │     (or shortcuts,    │            │              │               │
      │      immediate     │         rules)        │            │           records ◀── events ┘
      │      presses       └───────▶ actions ◀─────┘            │              │
      └──── outbox ◀──── reports ◀──────────────── lifecycle ◀──┴── questions ◀┘

What to read, and in which order:

* ``model`` and ``ports``: the nouns with their state machines, and the three Protocols (Chat, Specialist,
  Store). They import nothing, and everything else is written in their words.
* ``inbox``: nothing is acknowledged before it is committed. ``immediate``, ``presses`` and
  ``reactions`` take effect in that very transaction, so that no queue can stand in front of a stop;
  ``addresses`` says which conversation it is.
* ``turns``: one message, one decision, applied in one transaction. The decision comes from ``shortcuts``,
  from ``rules`` or the ``secretary``'s model, which gets a ``brief`` (from ``briefs``) and fills in a form
  (``proposals``). What rules go by stands in ``signals``, ``intents``, ``small_talk`` and ``lexicon``. It is
  a value; ``policy`` and ``actions`` see to it that only what is allowed happens.
* ``lifecycle``, ``control``, ``admission``: what becomes of a dispatch between two runs.
* ``budgets``, ``ledger``, ``settlement``, ``shortage``, ``funding``, ``costs``: money that is reserved,
  spent, missing, added and shown (``simulating``: at other prices); ``limits`` in people's words, ``rates``
  and ``breakers`` against excess.
* ``rerouting`` with ``expectations``: another specialist than the one chosen, and what work will take.
* ``kept``: an identical request is answered by what was found a moment ago.
* ``model_choice``: which model does a piece of work, by its kind or by a person's words (``model_words``).
* ``dispatching``, ``works``, ``records``: one run of a specialist, each event stored before the next is
  taken; ``gathered``: the pages and notes of research among them; ``telling``: a long result in short, by a
  model that can do nothing else.
* ``itemising``: bulk work, a row for each item. ``attachments``: files that people hand over.
* ``questions``: asked as a row, closed once by the right person, delivered once to the right run.
* ``pairing``: how somebody unknown becomes known. ``moving``: a dispatch goes on in another conversation.
* ``hearing``: a voice note becomes words that its person confirms.
* ``topics``: work gets a place of its own before it first speaks.
* ``outbox``, ``replying`` and ``reports``, and for those who ask ``overviews`` with ``listings``: what people
  read, written by code, committed before it is sent. ``mentions``: whom a post calls.
* ``recurrence``, ``when``, ``planning``: times by the wall and by the moment, and in people's words. ``due``
  makes one firing of each moment, ``firings`` carries it out, ``unattended`` hears how its work ended,
  ``novelty`` says what of it is new, ``digests`` tells what was done; ``schedules``, ``scheduling`` and
  ``timetable`` are what people do with them, ``timers`` their clock.
* ``sweep`` and ``clock``: our rows are the truth; what they promise and nobody does is started again.
  ``reminders``: a question that waits reaches its person where they are (``whereabouts``); ``returned``: so
  does what a platform refuses for good. ``signs``: that somebody is at it. ``forgetting``: what is old goes,
  rows and files alike; ``housekeeping`` shows it first.
* ``workflows``: the durable engine, behind one wall. ``desk``: every verb that a door may call.
* ``app``, ``serving``, ``cli``: the composition root, the two ways to run a house, and the command line.

Around this package stand ``adapters`` (who we talk to) and ``storage`` (what we remember). Dependencies point
inwards only; the list of layers is in ``pyproject.toml`` and checked by ``make lint``.
"""
