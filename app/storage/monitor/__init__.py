"""The monitor's and the API's reads of instances, elements, incidents, messages; they hold no client data."""

from __future__ import annotations

from app.storage.monitor.course import InstanceCourse
from app.storage.monitor.definitions import DefinitionLine, DefinitionLists, Published
from app.storage.monitor.incidents import DeliveryLine, IncidentLists
from app.storage.monitor.instances import InstanceFilters, InstanceLine, InstanceLists

__all__ = ["DefinitionLine", "DeliveryLine", "InstanceFilters", "InstanceLine", "Monitor", "Published"]


class Monitor(InstanceLists, DefinitionLists, InstanceCourse, IncidentLists):
    """Reads about running and ended instances."""
