"""Standing permissions: tool rules that an admin added on the command line, until somebody revokes them.

The configuration wins: a project with ``allowed_tools = []`` has no tools, and what ``denied_tools`` names
stays denied whatever is allowed here.
"""

from __future__ import annotations

from bot import policy, tool_rules
from bot.errors import Refused
from bot.house import House
from bot.model.acts import Act
from bot.model.grants import Rule
from bot.model.log import AuditRow
from bot.model.people import Person
from bot.ports import Unit
from bot.settings.tables import ProjectSettings


async def allow(
    unit: Unit, house: House, person: Person, project: str, text: str, *, broad: bool = False
) -> str:
    """Keep the rule and say exactly what it allows; raises Refused for one that lets nearly all pass."""
    _refuse_unless_admin(house, person, project)
    meaning = tool_rules.read(text)
    if meaning.warning and not broad:
        raise Refused(f"{meaning.warning} Nothing was allowed; write a narrower rule, or say --broad.")
    settings = house.settings.projects[project]
    if settings.allowed_tools == ():
        raise Refused(
            f"{project} has no tools: [projects.{project}] says allowed_tools = []. Take that line out first."
        )
    if meaning.rule in settings.denied_tools:
        raise Refused(f"denied_tools of [projects.{project}] names {meaning.rule}, and it wins.")
    if there := await unit.find(Rule, project=project, rule=meaning.rule, revoked_at=None):
        return f"{there[0].id} allows {meaning.rule} in {project} already."
    rule = Rule(f"r{await unit.next_number('rule')}", project, meaning.rule, person.id, house.now())
    await unit.add(rule)
    await _audit(unit, house, person, "rule.allowed", rule)
    return _confirmation(rule, meaning)


def _confirmation(rule: Rule, meaning: tool_rules.Meaning) -> str:
    lines = [f"Warning: {meaning.warning}"] if meaning.warning else []
    lines.append(
        f"{rule.id}: from their next start on, runs in {rule.project} use {rule.rule} without asking."
    )
    lines.append(f"  passes:      {meaning.passes}")
    lines.extend(f"  still asks:  {example}" for example in meaning.asks)
    lines.append(f"`frontdesk revoke {rule.id}` takes it back.")
    return "\n".join(lines)


async def revoke(unit: Unit, house: House, person: Person, rule_id: str) -> str:
    """Take a rule back; runs that have started keep what they were given."""
    rule = await unit.get(Rule, rule_id, lock=True)
    if rule is None:
        raise Refused(f"There is no rule {rule_id}; `frontdesk rules` lists them.")
    _refuse_unless_admin(house, person, rule.project)
    if rule.revoked_at is not None:
        raise Refused(f"{rule_id} was revoked already, by {rule.revoked_by}.")
    revoked = await unit.change(rule, revoked_by=person.id, revoked_at=house.now())
    await _audit(unit, house, person, "rule.revoked", revoked)
    return f"{rule_id} is revoked: from their next start on, runs in {rule.project} ask about {rule.rule}."


async def tools_allowed(unit: Unit, name: str, project: ProjectSettings) -> tuple[str, ...] | None:
    """What a run in the project may use without asking; None: nothing is said, () no tools at all."""
    own = project.allowed_tools
    if own == ():
        return ()
    rules = [rule.rule for rule in await unit.find(Rule, project=name, revoked_at=None)]
    if own is None and not rules:
        return None
    return tuple(dict.fromkeys((*(own or ()), *rules)))


def _refuse_unless_admin(house: House, person: Person, project: str) -> None:
    if project not in house.settings.projects:
        known = ", ".join(sorted(house.settings.projects)) or "none"
        raise Refused(f"There is no project {project}; I know {known}.")
    if why := policy.authorize(house.settings, person, Act.RULES, policy.in_project(project)):
        raise Refused(why)


async def _audit(unit: Unit, house: House, person: Person, action: str, rule: Rule) -> None:
    where = f"{rule.project}/{rule.id}"
    await unit.add(AuditRow(house.new_id(), house.now(), person.id, action, where, rule.rule))
