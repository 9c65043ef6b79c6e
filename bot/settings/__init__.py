"""What the operator decided: one TOML file and the environment, checked as a whole before anything happens.

    frontdesk.toml ─▶ sources ─▶ tables (pydantic) ─▶ relations ─▶ Settings
    FRONTDESK_… ──────┘                                              └─ secrets, apart and unprintable

``load`` is the only way in; it raises SettingsError with every mistake on a line of its own.
"""

from __future__ import annotations

from bot.settings.loading import load, reread, settings_of
from bot.settings.secrets import Secrets
from bot.settings.tables import (
    OPENAI_URL,
    Auth,
    BudgetSettings,
    ChannelSettings,
    ChatSettings,
    HealthSettings,
    HouseSettings,
    LimitSettings,
    ModelSettings,
    PermissionMode,
    PersonSettings,
    ProjectSettings,
    QuestionSettings,
    Sandbox,
    SecretarySettings,
    SelfApprove,
    SpecialistSettings,
    Trust,
    VoiceSettings,
    WorkSettings,
)
from bot.settings.view import Settings

__all__ = [
    "OPENAI_URL",
    "Auth",
    "BudgetSettings",
    "ChannelSettings",
    "ChatSettings",
    "HealthSettings",
    "HouseSettings",
    "LimitSettings",
    "ModelSettings",
    "PermissionMode",
    "PersonSettings",
    "ProjectSettings",
    "QuestionSettings",
    "Sandbox",
    "SecretarySettings",
    "Secrets",
    "SelfApprove",
    "Settings",
    "SpecialistSettings",
    "Trust",
    "VoiceSettings",
    "WorkSettings",
    "load",
    "reread",
    "settings_of",
]
