"""How well a call was handled, judged by listening to it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from cti.errors import FieldsRefusedError


@dataclass(frozen=True, slots=True)
class Criterion:
    """`most`: points for the best. `fatal`: without a point here the whole call has none."""

    code: str
    title_hi: str
    title_en: str
    most: int
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """What is judged, in one version."""

    code: str
    version: int
    title_hi: str
    title_en: str
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`score`: 0 to 100, None when nothing of the form applied to the call."""

    score: float | None
    failed: bool


def judge(form: Form, points: Mapping[str, int | None]) -> Judgement:
    """The score of these points: the share of what could be had, of the criteria that apply.

    None: does not apply. Every criterion must be judged. Raises `FieldsRefusedError`.
    """
    if wrong := _wrong(form, points):
        raise FieldsRefusedError(wrong)
    applied = [one for one in form.criteria if points[one.code] is not None]
    given = sum(points[one.code] or 0 for one in applied)
    failed = any(one.fatal and points[one.code] == 0 for one in applied)
    if not applied:
        return Judgement(None, failed=False)
    share = given / sum(one.most for one in applied)
    return Judgement(0.0 if failed else round(100 * share, 2), failed)


def _wrong(form: Form, points: Mapping[str, int | None]) -> dict[str, str]:
    most = {one.code: one.most for one in form.criteria}
    wrong = {code: "is missing" for code in most if code not in points}
    for code, given in points.items():
        if code not in most:
            wrong[code] = "is not on this form"
        elif given is not None and not 0 <= given <= most[code]:
            wrong[code] = f"is 0 to {most[code]}"
    return wrong
