"""What an advice promises is what carrying it out saves: to the last decimal, and with the same cut to the frame."""

from __future__ import annotations

from decimal import Decimal

import pytest
from advised_films import Film, carried_out, films, full_price, lengths_shown, made
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from storyboard.catalog.prices import book_names, price_book
from storyboard.plan.advice import advice, compatible
from storyboard.plan.cheaper.purchase import purchases

MANY = settings(
    max_examples=200,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@MANY
@given(films(), st.sampled_from(book_names()))
def test_carrying_out_one_advice_saves_exactly_what_it_says(film: Film, name: str) -> None:
    before, book = made(film), price_book(name)
    assume(before.requests)
    assert before.film is not None
    assert book is not None
    alone = {each.names[0] for each in purchases(before.film, None) if len(each.names) == 1}
    for each in advice(before.film, book):
        after = made(carried_out(film, each))
        assert after.requests or len(each.scenes) == len(film["scenes"]), (each, after.diagnostics)
        if each.edits and each.saves is not None and alone.issuperset(each.scenes):
            whole, less = full_price(before, book), full_price(after, book)
            if whole is not None and less is not None:
                assert whole - less == each.saves > 0, each
        if each.kind in {"shorter", "silent", "endpoint"}:
            assert lengths_shown(after) == lengths_shown(before), each


@pytest.mark.long
@MANY
@given(films(), st.sampled_from(book_names()))
def test_what_is_counted_can_be_carried_out_together(film: Film, name: str) -> None:
    before, book = made(film), price_book(name)
    assume(before.requests)
    assert before.film is not None
    assert book is not None
    found = advice(before.film, book)
    counted = compatible(found)
    touched = [scene for each in counted for scene in each.scenes]
    assert len(touched) == len(set(touched))
    assert bool(found) == bool(counted)
    paid = sum((each.price(book) or Decimal(0) for each in purchases(before.film, None)), Decimal(0))
    assert sum((each.saves for each in counted if each.saves is not None), Decimal(0)) <= paid
    assert max((each.saves or 0 for each in found), default=0) <= sum(each.saves or 0 for each in counted)


@pytest.mark.long
@MANY
@given(films(), st.data())
def test_what_is_paid_already_is_left_alone(film: Film, data: st.DataObject) -> None:
    before, book = made(film), price_book("observed-2026-10")
    assume(before.requests)
    assert before.film is not None
    assert book is not None
    sending = data.draw(st.sets(st.sampled_from([request.scene for request in before.requests])))
    for each in advice(before.film, book, sending):
        if each.kind == "one take":
            gone = {edit.scene for edit in each.edits}
            assert gone & sending
            assert len(gone) < len(each.scenes)
        else:
            assert set(each.scenes) & sending


@pytest.mark.parametrize("sending", [None, (), ("dawn",)])
def test_a_film_without_requests_needs_no_advice(sending: tuple[str, ...] | None) -> None:
    read = made({"scenes": []})
    book = price_book()
    assert read.film is not None
    assert book is not None
    assert advice(read.film, book, sending) == ()
