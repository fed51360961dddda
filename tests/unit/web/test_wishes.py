"""What the worklist is asked for survives its address, and nothing that is typed into one breaks it."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.domain.actor import Actor
from app.domain.calendar import is_working_day, local_date
from app.domain.errors import InvalidInput
from app.queries.worklist import Due, FollowUp, Holder, Tab, Wish, ensure_order, filters_of
from app.storage.task_filters import SORTABLE
from app.web.wishes import address_of, fields_of, wish_of

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
ORDERS = st.lists(
    st.tuples(st.sampled_from(["", "-"]), st.sampled_from(sorted(SORTABLE))),
    min_size=1,
    max_size=3,
    unique_by=lambda item: item[1],
).map(lambda items: tuple(sign + name for sign, name in items))
WISHES = st.builds(
    Wish,
    tab=st.sampled_from(Tab),
    text=WORDS,
    group_id=WORDS,
    process_id=WORDS,
    due=st.one_of(st.sampled_from([str(due) for due in Due]), st.integers(1, 99).map("workdays-{}".format)),
    holder=st.sampled_from(Holder),
    unit=st.sampled_from(["", "mine"]),
    follow_up=st.sampled_from(FollowUp),
    order=ORDERS,
)
PERSON = Actor(user_key=7, name="aila", unit_id="unit_booking", roles=frozenset({"r_ajanvaraaja"}))


@settings(max_examples=40)
@given(WISHES)
def test_a_wish_survives_its_address_and_a_saved_view(wish):
    ensure_order(wish.order)
    assert wish_of(fields_of(wish)) == wish
    query = MultiDict(parse_qsl(urlsplit(address_of(wish)).query))
    assert wish_of(query, orders=query.getlist("sort")) == wish


@given(st.dictionaries(st.sampled_from(["tab", "text", "due", "holder", "unit", "follow", "sort"]), st.text()))
def test_whatever_stands_in_an_address_is_a_wish_or_an_order_that_is_refused(fields):
    wish = wish_of(fields)
    try:
        ensure_order(wish.order)
    except InvalidInput:
        return
    filters_of(wish, PERSON, datetime(2026, 3, 2, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    ("sorts", "order"),
    [
        ([], ("due",)),
        (["", ""], ("due",)),
        (["", "-priority"], ("due", "-priority")),
        (["-priority", ""], ("-priority",)),
        (["created", "-created"], ("created",)),
        (["-priority,number", "due"], ("-priority", "number", "due")),
    ],
)
def test_the_form_s_two_selects_are_one_order(sorts, order):
    assert wish_of({}, orders=sorts).order == order


@pytest.mark.parametrize(
    "order", [(), ("name",), ("due", "-due"), ("due", "created", "number", "priority"), ("--due",)]
)
def test_an_order_that_no_list_has_is_refused(order):
    with pytest.raises(InvalidInput):
        ensure_order(order)


@settings(max_examples=40)
@given(st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.integers(1, 99))
def test_working_days_ahead_end_with_a_working_day_and_grow_with_their_number(day, count):
    now = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
    filters = filters_of(Wish(due=f"workdays-{count}"), PERSON, now)
    last = local_date(filters.due_before - timedelta(seconds=1))
    assert is_working_day(last)
    assert sum(is_working_day(day + timedelta(days=n)) for n in range(1, (last - day).days + 1)) == count


def test_me_and_my_unit_are_whoever_looks():
    wish = Wish(holder=Holder.ME, unit="mine")
    filters = filters_of(wish, PERSON, datetime(2026, 3, 2, 8, tzinfo=UTC))
    assert (filters.assignee, filters.unit_id) == (7, "unit_booking")
    assert not filters.only_by_due
