"""Every noun survives its table, whatever its fields hold; and the tables are quick and light."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from adapters.rehearsal.contracts import examples
from bot.model.conversations import Message
from bot.model.dispatches import Dispatch, Status
from storage.columns import storable
from storage.engine import sync_engine
from storage.rows import ROWS
from storage.store import SqlStore
from storage.store.views import dirty_cards
from storage.tables import dispatches

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
for _type, _strategy in (
    (str, TEXT),
    (int, st.integers(-(2**53), 2**53)),
    (float, st.floats(allow_nan=False, allow_infinity=False)),
    (datetime, st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.timezones())),  # noqa: DTZ001
):
    st.register_type_strategy(_type, _strategy)
