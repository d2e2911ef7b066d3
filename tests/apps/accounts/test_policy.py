from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from apps.accounts import policy
from apps.accounts.models import Role, User
from apps.core.errors import Denied, Unauthenticated

C, R, P, A = {Role.CLINICIAN}, {Role.RESEARCHER}, {Role.PHYSICIST}, {Role.ADMINISTRATOR}

EXPECTED: dict[policy.Action, set[Role]] = {
    "study.view": C | R | P | A,
    "study.upload": C | R | P | A,
    "study.delete": A,
    "job.view": C | R | P | A,
    "job.run": C | R | P | A,
    "job.cancel": C | R | P | A,
    "job.override": C | P | A,
    "draft.view": C | R | P | A,
    "draft.edit": C | A,
    "annotation.edit": C | R | P | A,
    "artifact.export": C | R | P | A,
    "pipeline.view": C | R | P | A,
    "pipeline.manage": A,
    "evaluation.view": R | A,
    "evaluation.import": R | A,
    "evaluation.delete": R | A,
    "plan.view": C | R | P | A,
    "plan.run": C | R | P | A,
    "plan.approve": P | A,
    "plan.export": C | P | A,
    "plan.template": A,
    "followup.view": C | R | P | A,
    "followup.run": C | R | P | A,
    "followup.correct": C | A,
    "followup.treat": C | A,
    "audit.view": A,
    "token.manage": C | R | P | A,
    "user.manage": A,
}


@dataclass
class Owned:
    created_by_id: UUID


@pytest.mark.parametrize("action", policy.ACTIONS)
@pytest.mark.parametrize("role", Role.values)
def test_the_table(action: policy.Action, role: str) -> None:
    user = User(username="x", roles=[role])
    assert policy.allowed(user, action) is (Role(role) in EXPECTED[action])


def test_several_roles_add_up() -> None:
    user = User(username="x", roles=[Role.RESEARCHER, Role.CLINICIAN])
    assert policy.allowed(user, "draft.edit")
    assert policy.allowed(user, "job.cancel", Owned(uuid4()))


def test_a_researcher_cancels_only_what_is_theirs() -> None:
    user = User(username="x", roles=[Role.RESEARCHER])
    assert policy.allowed(user, "job.cancel", Owned(user.pk))
    assert not policy.allowed(user, "job.cancel", Owned(uuid4()))
    assert not policy.allowed(user, "job.cancel", object())


@pytest.mark.parametrize("action", [*policy.ACTIONS, policy.SIGNED_IN])
def test_a_closed_account_may_nothing(action: policy.Action) -> None:
    user = User(username="x", roles=list(Role.values), is_active=False)
    assert not policy.allowed(user, action)


def test_an_account_without_roles_may_only_see_itself() -> None:
    user = User(username="x", roles=[])
    assert policy.permissions_of(user) == []
    assert policy.allowed(user, policy.SIGNED_IN)


def test_an_unknown_action_is_refused() -> None:
    user = User(username="x", roles=list(Role.values))
    assert not policy.allowed(user, "study.burn")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"study\.burn"):
        policy.Policy("study.burn")  # type: ignore[arg-type]


def test_require_tells_a_stranger_from_one_who_may_not() -> None:
    from django.contrib.auth.models import AnonymousUser

    with pytest.raises(Unauthenticated):
        policy.require(AnonymousUser(), "study.view")
    with pytest.raises(Denied):
        policy.require(User(username="x", roles=[]), "study.view")
