"""About the installation and the caller."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

import msgspec
from flask import Response

from app.domain.api_client import Caller
from app.queries.api_reads import answers_reads
from app.storage.unit_of_work import UnitOfWork
from app.web.api import rules
from app.web.api.bodies import TENANT, Answer
from app.web.api.routing import Call, Route
from app.web.shell import executor, settings


class Partition(Answer):
    """The one partition."""

    partition_id: int = 1
    role: str = "leader"
    health: str = "healthy"
    state: str = "active"


class Broker(Answer):
    """The one node, by the address under which it is reached."""

    host: str
    port: int
    version: str
    partitions: list[Partition]
    node_id: int = 0
    broker_id: str = "0"


class Topology(Answer):
    """A single node: there is no cluster behind this door."""

    brokers: list[Broker]
    gateway_version: str
    cluster_id: str | None = None
    cluster_size: int = 1
    partitions_count: int = 1
    replication_factor: int = 1
    last_completed_change_id: str = "0"


def product_version() -> str:
    """Return the version of the product; that of a folder which was not installed is not known."""
    try:
        return version("kykypolku")
    except PackageNotFoundError:
        return "0.0.0"


def show_topology(call: Call) -> Topology:
    """Show the one node."""
    call.read(_nothing)
    address = urlsplit(settings().public_url)
    number = product_version()
    port = address.port or (443 if address.scheme == "https" else 80)
    broker = Broker(host=address.hostname or "", port=port, version=number, partitions=[Partition()])
    return Topology(brokers=[broker], gateway_version=number)


def _nothing(_uow: UnitOfWork, _caller: Caller) -> None:
    """Read nothing: the call only has to be let in."""


def show_status(_call: Call) -> Response:
    """Tell whether calls can be served: 204, else 503 (by the database's failure)."""
    executor().read(answers_reads)
    return Response(status=204)


class TenantAnswer(Answer):
    """The one tenant: one county per installation."""

    tenant_id: str = TENANT
    name: str = "Default"
    description: str | None = None


class Me(Answer):
    """The program that calls, its service person's roles, its unit, its scopes."""

    username: str
    display_name: str
    roles: list[str]
    groups: list[str]
    scopes: list[str]
    organisation_id: str
    unit_id: str
    email: str | None = None
    authorized_components: list[str] = []
    tenants: list[TenantAnswer] = msgspec.field(default_factory=lambda: [TenantAnswer()])
    sales_plan_type: str | None = None
    c8_links: dict[str, str] = {}
    can_logout: bool = False


def show_me(call: Call) -> Me:
    """Show who calls."""
    caller = call.read(lambda _, caller: caller)
    actor = caller.actor
    return Me(
        username=caller.client.client_id,
        display_name=caller.client.name,
        roles=sorted(actor.roles),
        # candidate groups of tasks are roles
        groups=sorted(actor.roles),
        scopes=sorted(caller.scopes),
        organisation_id=actor.organisation_id,
        unit_id=actor.unit_id,
    )


ROUTES = (
    Route(
        method="GET",
        path="/v2/status",
        operation="get_status",
        summary="204 while calls can be served, else 503",
        rule=rules.PUBLIC,
        view=show_status,
    ),
    Route(
        method="GET",
        path="/v2/topology",
        operation="get_topology",
        summary="The one node of this installation",
        rule=rules.SIGNED_IN,
        view=show_topology,
        gives=Topology,
    ),
    Route(
        method="GET",
        path="/v2/authentication/me",
        operation="get_authentication",
        summary="Who calls, in which roles, with which scopes",
        rule=rules.SIGNED_IN,
        view=show_me,
        gives=Me,
    ),
)
