"""What every implementation of a port must keep, as plain checks without a test framework.

A suite has ``CHECKS``, coroutine functions named after what they check, and a way to run one against yours.
"""
