"""Transactions that are cancelled: all that is alive inside ends, all that has completed is compensated."""

from __future__ import annotations

from collections.abc import Sequence

from app.engine.compensation import compensate, remember_inside
from app.engine.dialect.element import ElementSpec
from app.engine.seam import Value
from app.engine.tokens import Token

#: of a transaction that is being cancelled
CANCELLED = "cancelled"


class CancelEndSpec(ElementSpec):
    """
    An end event that cancels the transaction around it (clauses 10.3.5 and 13.3.5).

    Everything else inside ends. What has completed inside, also in sub-processes that have not, is compensated, the
    last first; nothing but an error can happen to the transaction meanwhile. Then its cancel event happens.
    """

    def behave(self, token: Token, values: Sequence[Value]) -> bool | None:  # noqa: ARG002
        """End the others and undo what has completed; wait for that."""
        instance = token.workflow
        branch, keys = token, list[int]()
        while True:
            _end_others(branch)
            keys += instance.undoable.newest_first(branch.container.id)
            if not branch.container.task_spec.is_event_sub_process:
                break
            branch = branch.container
        transaction = branch.container
        # no event sub-process begins any more
        transaction.internal_data[CANCELLED] = transaction.internal_data["x"] = 1
        for wait in [each for each in transaction.waits if each.kind != "i"]:
            instance.close_wait(transaction, wait, completed=False)
        return None if compensate(token, keys, waits=True) else True


def _end_others(branch: Token) -> None:
    container = branch.container
    for child in container.children:
        if child is not branch:
            remember_inside(child)
    container.workflow.terminate_children(container, but=branch)
