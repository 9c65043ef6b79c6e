"""The methods of the Web API that the rehearsal knows, each with the scope that it needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from adapters.rehearsal.slack_api.asked import Asked
from adapters.rehearsal.slack_api.methods import conversations, files, posts, surfaces
from adapters.rehearsal.slack_api.refusals import Json
from adapters.rehearsal.slack_api.workspace import Workspace

Method = Callable[[Workspace, Asked], Json]

METHODS: Final[dict[str, tuple[str, Method]]] = {
    "auth.test": ("", surfaces.auth_test),
    "auth.revoke": ("", surfaces.auth_revoke),
    "users.info": ("users:read", surfaces.users_info),
    "views.open": ("", surfaces.views_open),
    "views.publish": ("", surfaces.views_publish),
    "assistant.threads.setStatus": ("chat:write", surfaces.set_status),
    "assistant.threads.setSuggestedPrompts": ("assistant:write", surfaces.set_prompts),
    "assistant.threads.setTitle": ("assistant:write", surfaces.set_title),
    "agents.sessions.setStatus": ("assistant:write", surfaces.set_session),
    "chat.postMessage": ("chat:write", posts.post_message),
    "chat.update": ("chat:write", posts.update),
    "chat.postEphemeral": ("chat:write", posts.post_ephemeral),
    "reactions.add": ("reactions:write", posts.add_reaction),
    "reactions.remove": ("reactions:write", posts.remove_reaction),
    "conversations.open": ("im:write", conversations.open_direct),
    "conversations.info": ("channels:read", conversations.info),
    "conversations.history": ("channels:history", conversations.history),
    "conversations.replies": ("channels:history", conversations.replies),
    "files.getUploadURLExternal": ("files:write", files.get_upload_url),
    "files.completeUploadExternal": ("files:write", files.complete_upload),
    "files.info": ("files:read", files.info),
}
AGENT: Final = frozenset(
    {
        *("assistant.threads.setStatus", "assistant.threads.setSuggestedPrompts"),
        *("assistant.threads.setTitle", "agents.sessions.setStatus"),
    }
)
"""Unknown where the workspace has no agent surface."""
