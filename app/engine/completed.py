"""Activities that have completed and may still be compensated, with the variables that they left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec


class CompletedRecord(msgspec.Struct, array_like=True, gc=False):
    """An activity that has completed and can be compensated; stored as it is."""

    key: int
    #: key of the element that it was in, which is alive or has completed too
    parent: int
    #: name of its spec
    spec: str
    #: the variables of a sub-process or of a turn as it left them (BPMN 2.0.2 clause 10.7.1: a snapshot)
    variables: dict[str, msgspec.Raw] = {}
    #: whether it was ended before it completed, so that only what had completed inside is compensated
    partly: bool = False
    #: of a called process: the version that ran
    definition_key: int | None = None


class CompletedActivities:
    """What can be compensated in an instance, by the element that it was in, in the order of completion."""

    def __init__(self, records: Iterable[CompletedRecord] = ()) -> None:
        self._records: dict[int, CompletedRecord] = {}
        self._inside: dict[int, list[int]] = {}
        for record in records:
            self.add(record)

    def __bool__(self) -> bool:
        return bool(self._records)

    def __contains__(self, key: int) -> bool:
        return key in self._records

    def add(self, record: CompletedRecord) -> None:
        """Remember an activity that has completed."""
        self._records[record.key] = record
        self._inside.setdefault(record.parent, []).append(record.key)

    def find(self, key: int) -> CompletedRecord | None:
        """Return the activity with this key; None where it was compensated before."""
        return self._records.get(key)

    def take(self, record: CompletedRecord) -> None:
        """Take the activity out: it is being compensated, which happens once."""
        del self._records[record.key]
        inside = self._inside[record.parent]
        if inside[-1] == record.key:
            # the last to complete is the first to be undone: the thousands before it need not be looked through
            inside.pop()
        else:
            inside.remove(record.key)
        if not inside:
            del self._inside[record.parent]

    def newest_first(self, parent: int, element_id: str = "") -> Iterator[int]:
        """Return the keys of what has completed directly in the element (only of this activity), the last first."""
        for key in reversed(self._inside.get(parent, ())):
            if not element_id or self._records[key].spec.partition("#")[0] == element_id:
                yield key

    def any_in(self, parent: int) -> bool:
        """Return whether something inside the element has completed and can be compensated."""
        return parent in self._inside

    def forget_inside(self, parent: int) -> None:
        """Forget all that has completed inside the element: nobody can compensate it any more."""
        for key in self._inside.pop(parent, ()):
            self._records.pop(key)
            self.forget_inside(key)

    def move(self, parent: int, new_parent: int) -> None:
        """Let what has completed in one element count for another."""
        for key in self._inside.pop(parent, ()):
            self.add(msgspec.structs.replace(self._records[key], parent=new_parent))

    def records(self) -> list[CompletedRecord]:
        """Return everything as it is stored."""
        return list(self._records.values())
