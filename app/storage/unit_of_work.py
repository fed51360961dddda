"""One transaction, all repositories, and the one commit() of the product."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from app.storage.absences import Absences
from app.storage.accounts import Accounts
from app.storage.api_clients import ApiClients
from app.storage.api_searches import ApiSearches
from app.storage.called_processes import CalledProcesses
from app.storage.care import Care
from app.storage.client_sessions import ClientSessions
from app.storage.comments import Comments
from app.storage.consultation import Consultation
from app.storage.consultation_items import ConsultationItems
from app.storage.data_rights import DataRights
from app.storage.decision_models import DecisionModels
from app.storage.definitions import Definitions
from app.storage.emergencies import Emergencies
from app.storage.feedback import FeedbackStore
from app.storage.incidents import Incidents
from app.storage.instances import Instances
from app.storage.invariants import Invariants
from app.storage.jobs import Jobs
from app.storage.logs import AccessLog, Audit
from app.storage.mandates import Mandates
from app.storage.meetings import Meetings
from app.storage.messages import Messages
from app.storage.model_drafts import ModelDrafts
from app.storage.model_sources import ModelSources
from app.storage.monitor import Monitor
from app.storage.notices import Notices
from app.storage.reference import Reference
from app.storage.reminders import Reminders
from app.storage.shared_rules import SharedRules
from app.storage.statistics import Statistics
from app.storage.statutes import StatuteReadings
from app.storage.support_people import SupportPeople
from app.storage.surveys import Surveys
from app.storage.tasks import Tasks
from app.storage.timers import Timers, TimerStarts
from app.storage.uploads import Uploads
from app.storage.way_back import WayBack
from app.storage.work_views import WorkViews
from app.storage.worklist import Worklist
from app.storage.workload import Workload
from app.storage.writes import send_noted

if TYPE_CHECKING:
    from app.storage.database import Database
    from app.storage.encryption import Cipher


class UnitOfWork:
    """The repositories over one connection; commands get it and never commit."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self.connection = connection
        self.cipher = cipher

    def take_time(self) -> None:
        """Let two minutes pass between two statements of this transaction: reading many diagrams takes seconds."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '2min'"))

    @cached_property
    def accounts(self) -> Accounts:
        """Users, positions, sessions."""
        return Accounts(self.connection)

    @cached_property
    def api_clients(self) -> ApiClients:
        """Programs that call the API."""
        return ApiClients(self.connection)

    @cached_property
    def client_sessions(self) -> ClientSessions:
        """How clients come in: links, sessions, strong sign-ins."""
        return ClientSessions(self.connection, self.cipher)

    @cached_property
    def mandates(self) -> Mandates:
        """Who may act for a client."""
        return Mandates(self.connection, self.cipher)

    @cached_property
    def support_people(self) -> SupportPeople:
        """Who supports a client."""
        return SupportPeople(self.connection, self.cipher)

    @cached_property
    def api_searches(self) -> ApiSearches:
        """Searches of the API."""
        return ApiSearches(self.connection)

    @cached_property
    def definitions(self) -> Definitions:
        """Published versions."""
        return Definitions(self.connection)

    @cached_property
    def model_drafts(self) -> ModelDrafts:
        """Models that are being drawn."""
        return ModelDrafts(self.connection)

    @cached_property
    def model_sources(self) -> ModelSources:
        """Published models as drafts begin from them."""
        return ModelSources(self.connection)

    @cached_property
    def invariants(self) -> Invariants:
        """What must hold of every open case, looked at each night."""
        return Invariants(self.connection)

    @cached_property
    def decision_models(self) -> DecisionModels:
        """Models of DMN that others import."""
        return DecisionModels(self.connection)

    @cached_property
    def shared_rules(self) -> SharedRules:
        """Common rules that pathways take in."""
        return SharedRules(self.connection)

    @cached_property
    def instances(self) -> Instances:
        """Process instances, history, variables."""
        return Instances(self.connection)

    @cached_property
    def called_processes(self) -> CalledProcesses:
        """Processes that call activities have called."""
        return CalledProcesses(self.connection)

    @cached_property
    def tasks(self) -> Tasks:
        """User tasks, drafts, submissions."""
        return Tasks(self.connection, self.cipher)

    @cached_property
    def comments(self) -> Comments:
        """What people write to each other at user tasks."""
        return Comments(self.connection, self.cipher)

    @cached_property
    def absences(self) -> Absences:
        """Who is away, and who stands in."""
        return Absences(self.connection, self.cipher)

    @cached_property
    def reminders(self) -> Reminders:
        """Notes of people to themselves with a day."""
        return Reminders(self.connection, self.cipher)

    @cached_property
    def notices(self) -> Notices:
        """What is brought to people's notice."""
        return Notices(self.connection)

    @cached_property
    def way_back(self) -> WayBack:
        """What leads back from the completion of user tasks."""
        return WayBack(self.connection, self.cipher)

    @cached_property
    def uploads(self) -> Uploads:
        """Files that wait for their form to be sent again."""
        return Uploads(self.connection, self.cipher)

    @cached_property
    def jobs(self) -> Jobs:
        """Work for connectors and local commands."""
        return Jobs(self.connection)

    @cached_property
    def timers(self) -> Timers:
        """Moments waited for."""
        return Timers(self.connection)

    @cached_property
    def timer_starts(self) -> TimerStarts:
        """When processes start by themselves."""
        return TimerStarts(self.connection)

    @cached_property
    def messages(self) -> Messages:
        """Messages, signals, subscriptions, deliveries."""
        return Messages(self.connection)

    @cached_property
    def incidents(self) -> Incidents:
        """What people have to put right."""
        return Incidents(self.connection)

    @cached_property
    def reference(self) -> Reference:
        """Time limits, area settings, services, notification texts."""
        return Reference(self.connection)

    @cached_property
    def care(self) -> Care:
        """Clients, cases, answers, grants, appointments, documents."""
        return Care(self.connection, self.cipher)

    @cached_property
    def emergencies(self) -> Emergencies:
        """Cases opened in an emergency."""
        return Emergencies(self.connection, self.cipher)

    @cached_property
    def statutes(self) -> StatuteReadings:
        """Cases read on a statute that the reader has named."""
        return StatuteReadings(self.connection, self.cipher)

    @cached_property
    def data_rights(self) -> DataRights:
        """Requests of clients about their data, and what was put right."""
        return DataRights(self.connection, self.cipher)

    @cached_property
    def consultation(self) -> Consultation:
        """The consultation hour: groups, sessions, attendance."""
        return Consultation(self.connection, self.cipher)

    @cached_property
    def consultation_items(self) -> ConsultationItems:
        """Anonymous items of the hour."""
        return ConsultationItems(self.connection, self.cipher)

    @cached_property
    def meetings(self) -> Meetings:
        """Meetings of teams: agenda, attendance, turns."""
        return Meetings(self.connection)

    @cached_property
    def surveys(self) -> Surveys:
        """Anonymous questions: rounds, links, answers."""
        return Surveys(self.connection, self.cipher)

    @cached_property
    def feedback(self) -> FeedbackStore:
        """Feedback on accessibility and its answers."""
        return FeedbackStore(self.connection, self.cipher)

    @cached_property
    def worklist(self) -> Worklist:
        """Reads of open tasks."""
        return Worklist(self.connection)

    @cached_property
    def workload(self) -> Workload:
        """Numbers of open tasks by person and role."""
        return Workload(self.connection)

    @cached_property
    def work_views(self) -> WorkViews:
        """Lists of tasks that people have named."""
        return WorkViews(self.connection)

    @cached_property
    def statistics(self) -> Statistics:
        """Events that numbers are made of."""
        return Statistics(self.connection, self.cipher)

    @cached_property
    def monitor(self) -> Monitor:
        """Reads of instances."""
        return Monitor(self.connection)

    @cached_property
    def audit(self) -> Audit:
        """Who changed what."""
        return Audit(self.connection)

    @cached_property
    def access_log(self) -> AccessLog:
        """Who looked at whose data."""
        return AccessLog(self.connection)


@contextmanager
def unit_of_work(
    database: Database, cipher: Cipher, *, writing: bool = True, single: bool = False
) -> Iterator[UnitOfWork]:
    """
    Yield a unit of work; a clean exit commits once, an exception rolls everything back.

    Reading commits nothing. On PostgreSQL it ends by a commit all the same, in a transaction that cannot write: at a
    rollback the driver forgets every statement that it had the server prepare, and those of the next transactions
    would be parsed and planned anew.

    :raises Unavailable: the database is away
    :raises RetryTransaction: the whole transaction should run again
    """
    with database.transaction(writing=writing, single=single) as connection:
        yield UnitOfWork(connection, cipher)
        if writing:
            send_noted(connection)
        if writing or not (single or database.is_sqlite):
            connection.commit()
