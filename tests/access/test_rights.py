"""The table of roles and rights, as an official would check it."""

from uuid import UUID

import pytest

from access.rights import (
    RIGHTS_OF,
    SCOPES_OF,
    TENANT,
    WHOLE,
    Grant,
    Person,
    Right,
    Role,
    Scope,
    Subject,
    fitting,
    may,
    may_somewhere,
    scopes_with,
)

MAHRONI = Subject(
    department="jal",
    places=frozenset({"mahroni", "lalitpur", "up"}),
    posts=frozenset({"bdo", "sdo"}),
    queues=frozenset({"helpline-hi", "schemes-hi"}),
)


def person(*grants: Grant) -> Person:
    return Person(UUID(int=1), "sita", "सीता", "hi", None, grants)


@pytest.mark.parametrize(
    ("role", "scope", "right", "subject", "allowed"),
    [
        (Role.AGENT, TENANT, Right.COMPLAINT_REGISTER, MAHRONI, True),
        (Role.AGENT, TENANT, Right.RECORDING_LISTEN, MAHRONI, False),
        (Role.AGENT, TENANT, Right.COMPLAINT_DISPOSE, MAHRONI, False),
        (Role.SUPERVISOR, Scope(queue="helpline-hi"), Right.QUEUE_SUPERVISE, MAHRONI, True),
        (Role.SUPERVISOR, Scope(queue="schemes-hi"), Right.QUEUE_SUPERVISE, MAHRONI, True),
        (Role.SUPERVISOR, Scope(queue="helpline-en"), Right.QUEUE_SUPERVISE, MAHRONI, False),
        (Role.SUPERVISOR, Scope(queue="helpline-en"), Right.QUEUE_SUPERVISE, WHOLE, False),
        (Role.QUALITY_AUDITOR, TENANT, Right.RECORDING_LISTEN, MAHRONI, True),
        (Role.QUALITY_AUDITOR, TENANT, Right.CITIZEN_IDENTIFY, MAHRONI, False),
        (Role.OFFICER, Scope(post="bdo"), Right.COMPLAINT_DISPOSE, MAHRONI, True),
        (Role.OFFICER, Scope(post="dm"), Right.COMPLAINT_DISPOSE, MAHRONI, False),
        (Role.OFFICER, Scope(post="bdo"), Right.COMPLAINT_DISPOSE, WHOLE, False),
        (Role.DEPARTMENT_HEAD, Scope(department="jal"), Right.COMPLAINT_READ, MAHRONI, True),
        (Role.DEPARTMENT_HEAD, Scope(department="pwd"), Right.COMPLAINT_READ, MAHRONI, False),
        (Role.DEPARTMENT_HEAD, Scope(department="jal", place="lalitpur"), Right.REPORT_SEE,
         MAHRONI, True),
        (Role.DEPARTMENT_HEAD, Scope(department="jal", place="jhansi"), Right.REPORT_SEE,
         MAHRONI, False),
        (Role.DISTRICT_MAGISTRATE, Scope(place="lalitpur"), Right.RECORDING_LISTEN, MAHRONI, True),
        (Role.DISTRICT_MAGISTRATE, Scope(place="jhansi"), Right.RECORDING_LISTEN, MAHRONI, False),
        (Role.DISTRICT_MAGISTRATE, Scope(place="lalitpur"), Right.CONFIDENTIAL_SEE, MAHRONI, False),
        (Role.CM_OFFICE, TENANT, Right.CONFIDENTIAL_SEE, MAHRONI, True),
        (Role.ADMINISTRATOR, TENANT, Right.USER_ADMINISTER, WHOLE, True),
        (Role.ADMINISTRATOR, TENANT, Right.COMPLAINT_READ, MAHRONI, False),
        (Role.ADMINISTRATOR, TENANT, Right.RECORDING_LISTEN, MAHRONI, False),
    ],
)  # fmt: skip
def test_a_role_may_what_the_table_says_within_its_scope(
    role: Role, scope: Scope, right: Right, subject: Subject, *, allowed: bool
) -> None:
    assert may(person(Grant(role, scope)), right, subject) is allowed


def test_a_scope_never_widens_what_another_grant_gives() -> None:
    both = person(
        Grant(Role.OFFICER, Scope(post="dm")), Grant(Role.QUALITY_AUDITOR, Scope(queue="other"))
    )
    assert not may(both, Right.RECORDING_LISTEN, MAHRONI)
    assert may_somewhere(both, Right.RECORDING_LISTEN)
    assert scopes_with(both, Right.COMPLAINT_DISPOSE) == (Scope(post="dm"),)


def test_without_a_grant_nothing_is_allowed() -> None:
    assert not any(may(person(), right, MAHRONI) for right in Right)


def test_only_administrators_administer_users() -> None:
    assert [r for r in Role if Right.USER_ADMINISTER in RIGHTS_OF[r]] == [Role.ADMINISTRATOR]


def test_the_tables_name_every_role_and_every_right() -> None:
    assert set(RIGHTS_OF) == set(SCOPES_OF) == set(Role)
    assert set().union(*RIGHTS_OF.values()) == set(Right)


@pytest.mark.parametrize(
    ("role", "scope", "fits"),
    [
        (Role.OFFICER, TENANT, False),
        (Role.OFFICER, Scope(post="bdo"), True),
        (Role.OFFICER, Scope(post="bdo", place="up"), False),
        (Role.ADMINISTRATOR, TENANT, True),
        (Role.ADMINISTRATOR, Scope(department="jal"), False),
        (Role.DEPARTMENT_HEAD, TENANT, False),
        (Role.DEPARTMENT_HEAD, Scope(department="jal", place="up"), True),
    ],
)
def test_a_role_is_held_only_within_a_scope_that_fits(
    role: Role, scope: Scope, *, fits: bool
) -> None:
    assert fitting(role, scope) is fits
