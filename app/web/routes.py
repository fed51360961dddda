"""Routes that are quick to make: what writes their addresses is made when one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class ReadingRule(Rule):
    """
    A rule that reads addresses, and learns to write them when it first has to.

    Pages write their own paths. Making ready to write is two compiled functions a route, which would be half of what
    making the application takes.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002
        make, made = super()._compile_builder, list[Callable[..., tuple[str, str]]]()

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(make(append_unknown))
            return made[0](rule, **values)

        return build
