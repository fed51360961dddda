"""Strong sign-in through the demo's own provider: whole, interrupted, replayed, mixed up; mandates; production."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sqlalchemy import select

from app.domain.sharing import DataGroup
from app.settings import Settings
from app.storage.tables.clients_door import client_session, strong_sign_in
from app.storage.tables.people import user_account
from app.web import create_app, demo_identity
from tests.own_door import CODES, kept_own_door


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with kept_own_door(tmp_path_factory.mktemp("own")) as made:
        yield made


@pytest.fixture
def door(made):
    made.put_back()
    return made


def rows(door, table):
    with door.place.executor.database.engine.connect() as connection:
        return connection.execute(select(table)).all()


def identified(visitor, code, **fields):
    """Go to the provider, say who it is, and return the address at which the browser comes back."""
    sent = visitor.get("/oma/strong")
    assert sent.status_code == 303
    place = urlsplit(sent.headers["Location"])
    page = visitor.get(f"{place.path}?{place.query}")
    assert "Testitunnistus" in page.text
    carried = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    answer = visitor.post(place.path, {**carried, "identity_code": code, **fields}, token=carried["csrf_token"])
    assert answer.status_code == 303
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def changed(address, **values):
    parts = urlsplit(address)
    query = {name: found[0] for name, found in parse_qs(parts.query).items()}
    query.update(values)
    return f"{parts.path}?{urlencode({name: value for name, value in query.items() if value is not None})}"


def come_in(door, code):
    visitor = door.visitor()
    answer = visitor.get(identified(visitor, code))
    assert answer.headers.get("Location") == "/oma", answer.text
    return visitor


def test_whoever_the_provider_vouches_for_is_in_and_no_account_is_made(door):
    before = len(rows(door, user_account))
    visitor = come_in(door, CODES["matti"].lower())
    assert "Matti Esimerkki" in visitor.get("/oma").text
    [session] = rows(door, client_session)
    assert (session.method, session.client_key) == ("strong", door.clients["matti"])
    assert len(rows(door, user_account)) == before
    assert rows(door, strong_sign_in) == []


@pytest.mark.parametrize("code", ["010190-900P", "not a code", "150571-9356"])
def test_somebody_who_is_no_client_is_told_so_and_nothing_of_them_is_kept(door, code):
    visitor = door.visitor()
    answer = visitor.get(identified(visitor, code))
    assert answer.status_code == 403
    assert "Sinulla ei ole täällä asioita" in answer.text
    assert code not in answer.text
    assert rows(door, client_session) == []
    assert not visitor.cookie("kykypolku-oma")


def test_a_way_back_counts_once(door):
    visitor = door.visitor()
    back = identified(visitor, CODES["matti"])
    assert visitor.get(back).status_code == 303
    assert visitor.get(back).status_code == 400
    assert len(rows(door, client_session)) == 1


def test_a_way_back_counts_in_the_browser_that_was_sent_away_only(door):
    """Whoever gets hold of the address, or has a victim open their own, is not let in; the state is gone for good."""
    visitor, thief = door.visitor(), door.visitor()
    back = identified(visitor, CODES["matti"])
    thief.get("/oma/strong")
    assert thief.get(back).status_code == 400
    assert visitor.get(back).status_code == 400
    assert rows(door, client_session) == []


@pytest.mark.parametrize(
    "values",
    [
        {"state": "other"},
        {"state": None},
        {"code": "other"},
        {"code": None},
        {"iss": "https://evil.example"},
    ],
)
def test_a_changed_way_back_lets_nobody_in(door, values):
    visitor = door.visitor()
    answer = visitor.get(changed(identified(visitor, CODES["matti"]), **values))
    assert answer.status_code == 400
    assert rows(door, client_session) == []


def test_a_code_of_another_sign_in_is_refused(door):
    """Mix-up: the code of the attacker's sign-in put into the victim's; nonce and verifier belong to another."""
    attacker, victim = door.visitor(), door.visitor()
    stolen = parse_qs(urlsplit(identified(attacker, CODES["maija"])).query)["code"][0]
    assert victim.get(changed(identified(victim, CODES["matti"]), code=stolen)).status_code == 400
    assert rows(door, client_session) == []


def test_who_takes_too_long_begins_again(door):
    visitor = door.visitor()
    back = identified(visitor, CODES["matti"])
    door.place.later(minutes=11)
    assert visitor.get(back).status_code == 400


def test_whoever_cancels_comes_back_to_the_first_page(door):
    visitor = door.visitor()
    answer = visitor.get(identified(visitor, "", cancel="1"))
    assert answer.status_code == 200
    assert "Keskeytit tunnistautumisen" in answer.text


def test_the_test_provider_sends_nobody_to_another_site(door):
    visitor = door.visitor()
    asked = parse_qs(urlsplit(visitor.get("/oma/strong").headers["Location"]).query)
    values = {name: found[0] for name, found in asked.items()}
    for change in ({"redirect_uri": "https://evil.example/oma/strong/return"}, {"client_id": "other"}):
        assert visitor.get(f"/demo-identity/authorize?{urlencode({**values, **change})}").status_code == 404


def test_production_has_no_test_provider(door, tmp_path):
    secrets = {f"KYKYPOLKU_{name}_KEY": f"{name.lower() * 20}"[:48] for name in ("SESSION", "DATA", "INDEX", "AUDIT")}
    environment = {
        **secrets,
        "KYKYPOLKU_MODE": "production",
        "KYKYPOLKU_DATABASE_URL": "postgresql+psycopg://u:p@localhost/x",
        "KYKYPOLKU_VALKEY_URL": "redis://localhost",
        "KYKYPOLKU_PUBLIC_URL": "https://tyky.example.fi",
    }
    settings = Settings.load(environment, data_folder=tmp_path)
    app = create_app(door.place.executor, settings, clock=lambda: door.place.now)
    assert not [rule for rule in app.url_map.iter_rules() if "demo" in rule.rule]
    with pytest.raises(RuntimeError):
        demo_identity.install(app)
    answer = app.test_client().get("/oma/strong", base_url="https://tyky.example.fi")
    assert answer.status_code == 404
    assert "/oma/strong" not in app.test_client().get("/oma/sign-in", base_url="https://tyky.example.fi").text


# -- mandates ------------------------------------------------------------------------------------------------------


def give_mandate(door, *groups, client="matti", to="maija", days=30):
    def write(uow):
        return uow.mandates.add(
            client_key=door.clients[client],
            identity_code=CODES[to],
            name="Maija Mallikas",
            basis="edunvalvonta",
            groups=groups,
            valid_from=door.place.now,
            valid_until=door.place.now + timedelta(days=days),
            recorded_by=door.place.people["counsellor"].user_key,
            now=door.place.now,
        )

    return door.place.executor.run(write)


def test_a_representative_chooses_whose_matters_and_sees_the_mandate_s_groups_only(door):
    mandate = give_mandate(door, DataGroup.HEALTH)
    visitor = come_in(door, CODES["maija"])
    page = visitor.get("/oma/people").text
    assert "Matti Esimerkki" in page
    assert visitor.post("/oma/people", {"person": str(mandate)}).headers["Location"] == "/oma"
    path = visitor.get("/oma").text
    assert "Hoidat nyt toisen ihmisen asioita" in path or "Du sköter nu" in path
    # basic data are not within the mandate: not even the name is shown
    assert "Matti Esimerkki" not in path
    address = f"/oma/tasks/{door.task('matti')}"
    assert visitor.send_form(address, {"vointi": "Edustaja kertoo", "action": "complete"}).status_code == 303
    line = [line for line in door.access_lines() if line.action == "change"][-1]
    assert (line.user_key, line.ground, line.roles) == (mandate, "mandate", ["r_edustaja"])
    assert visitor.get(f"/oma/tasks/{door.task('maija')}").status_code == 404


def test_a_mandate_for_other_groups_answers_no_health_form(door):
    mandate = give_mandate(door, DataGroup.BASIC)
    visitor = come_in(door, CODES["maija"])
    visitor.post("/oma/people", {"person": str(mandate)})
    assert "Matti Esimerkki" in visitor.get("/oma").text
    address = f"/oma/tasks/{door.task('matti')}"
    assert visitor.send_form(address, {"vointi": "x", "action": "complete"}).status_code == 403
    assert door.place.open_tasks(door.instances["matti"]).keys() == {"kysely"}


def test_a_mandate_that_ends_ends_the_session_at_once(door):
    mandate = give_mandate(door, DataGroup.BASIC, DataGroup.HEALTH)
    visitor = come_in(door, CODES["maija"])
    visitor.post("/oma/people", {"person": str(mandate)})
    assert visitor.get("/oma").status_code == 200
    door.place.executor.run(lambda uow: uow.mandates.end(mandate, now=door.place.now))
    assert visitor.get("/oma").status_code == 303


def test_nobody_acts_by_a_mandate_that_is_not_theirs_or_after_a_link(door):
    mandate = give_mandate(door, DataGroup.BASIC, to="maija")
    own = come_in(door, CODES["matti"])
    assert own.post("/oma/people", {"person": str(mandate)}).status_code == 403
    by_link = door.come_in("maija")
    assert by_link.post("/oma/people", {"person": str(mandate)}).status_code == 403
