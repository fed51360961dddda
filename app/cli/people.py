"""People and programs by the terminal: production has no demo people, so the first admin comes from here."""

from __future__ import annotations

import getpass
import secrets
import sys

from app.cli.context import Context, Refused, say
from app.commands.api_clients import register_api_client
from app.commands.people import disable_person, put_person, set_password
from app.domain.actor import SYSTEM
from app.domain.passwords import hash_password


def put_person_by_hand(context: Context) -> None:
    """
    Add or change a person; asks for a password where they have none yet, or where --password is given.

    :raises Refused: a position is not written as unit:role, or the password is too short
    """
    arguments = context.arguments
    positions: dict[str, list[str]] = {}
    for text in arguments.position:
        unit_id, colon, role_id = text.partition(":")
        if not colon:
            raise Refused(f"--position {text}: write it as unit:role")
        positions.setdefault(unit_id, []).append(role_id)
    context.executor.run(
        put_person,
        actor=SYSTEM,
        username=arguments.username,
        name=arguments.name,
        email=arguments.email,
        language=arguments.language,
        positions=positions,
        now=context.now,
    )
    account = context.executor.read(lambda uow: uow.accounts.find(arguments.username))
    if account is not None and (arguments.password or not account.password_hash):
        try:
            password_hash = hash_password(_asked_password())
        except ValueError as error:
            raise Refused(str(error)) from None
        context.executor.run(
            set_password, actor=SYSTEM, username=arguments.username, password_hash=password_hash, now=context.now
        )
    say(f"{arguments.username}: {', '.join(arguments.position)}")


def disable_person_by_hand(context: Context) -> None:
    """Let a person sign in no more."""
    context.executor.run(disable_person, actor=SYSTEM, username=context.arguments.username, now=context.now)
    say(f"{context.arguments.username} cannot sign in any more.")


def _asked_password() -> str:
    """Return the password typed at the terminal, or the first line of what is piped in."""
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\n")


def register_program(context: Context) -> None:
    """Let a program call the API; its secret is made here and shown once."""
    arguments = context.arguments
    secret = secrets.token_urlsafe(32)
    context.executor.run(
        register_api_client,
        client_id=arguments.client_id,
        name=arguments.name,
        unit_id=arguments.unit,
        roles=arguments.role,
        scopes=arguments.scope,
        job_types=arguments.job_type,
        message_names=arguments.message,
        secret_hash=hash_password(secret),
        actor=SYSTEM,
        now=context.now,
    )
    say(f"client id: {arguments.client_id}")
    say(f"secret: {secret}   (shown this once; only its hash is kept)")
