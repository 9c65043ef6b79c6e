"""Text in, text out: one call to a configured model, without tools; or one such call for each item of a list.

::

    Work ──▶ material (words, files) ──▶ answering: one answer, checked against its schema ──▶ Finished
      └── "for each row of …" ──▶ lists ──▶ bulk: items at once, each sent after that was stored ──▶ a file

``asking`` is the only file that knows the models' library.
"""
