# SPDX-License-Identifier: MIT
"""Who did what: the viewer tells it right, of frames that scapy built."""

import pytest
from links import BEGIN, ONE, THREE, TWO, A, B, C, answer, claim, deeds, ping, story
from wire.frames import announcement, probe, reply, request

from autoip_view import Story

CLAIM = [(ONE, "probe", A)] * 3 + [(ONE, "claim", A), (ONE, "announcement", A)]
BOUND = claim(A, ONE)  # until 7 s


def test_a_claim():
    assert deeds(*BOUND) == CLAIM


def test_a_claim_tells_how_long_each_step_took():
    gaps = [event.gap for event in story(*BOUND).events]
    assert gaps == pytest.approx([0, 1.5, 1.5, 2, 2])


def test_a_claim_anew_is_not_measured_from_the_one_before():
    again = story(*BOUND, *claim(A, ONE, 100)).events[5]
    assert (again.kind, again.gap) == ("probe", 0)


@pytest.mark.parametrize(
    "denial",
    [answer(A, ONE, TWO), announcement(A, ONE), request(A, B, ONE), reply(A, B, THREE, ONE)],
    ids=["answer", "announcement", "request", "reply"],
)
def test_a_holder_denies_its_address_to_who_probes_it(denial):
    """Whatever it sends is a denial: neither a claim nor a defence."""
    told = story(*BOUND, (20, probe(A, TWO)), (20.01, denial))
    assert [(e.host, e.kind, e.address, e.other) for e in told.deeds()][-2:] == [
        (TWO, "probe", A, ""),
        (ONE, "denial", A, TWO),
    ]


def test_the_answer_of_a_host_that_was_there_before_the_capture_is_a_denial():
    assert deeds((0, probe(A, TWO)), (0.01, answer(A, ONE, TWO)))[-1] == (ONE, "denial", A)


def test_a_late_answer_is_a_denial_of_the_claim():
    told = story(*claim(A, TWO)[:4], (5.5, answer(A, ONE, TWO)), *claim(B, TWO, 5.6))
    assert [(e.kind, e.other) for e in told.deeds()][4:6] == [("denial", TWO), ("lost", ONE)]
    assert "move" in [e.kind for e in told.events] and told.hosts[ONE].held == A


def test_an_answer_long_after_the_claim_is_a_conflict():
    told = deeds(*BOUND, (7.01, answer(A, TWO, ONE)), (7.02, announcement(A, ONE)))
    assert told[-2:] == [(TWO, "conflict", A), (ONE, "defence", A)]


def test_who_is_denied_probes_another_and_lost_nothing():
    told = deeds(*BOUND, (20, probe(A, TWO)), (20.01, answer(A, ONE, TWO)), *claim(B, TWO, 21))
    assert [kind for mac, kind, _ in told if mac == TWO] == ["probe"] * 4 + ["claim", "announcement"]


def test_what_a_holder_sends_later_is_no_denial():
    told = deeds(*BOUND, (20, probe(A, TWO)), (20.01, answer(A, ONE, TWO)), (60, announcement(A, ONE)))
    assert told[-1] == (ONE, "announcement", A)


def test_two_probe_one_address():
    told = story((0, probe(A, ONE)), (0.5, probe(A, TWO)))
    assert [(e.kind, e.other) for e in told.events] == [("probe", ""), ("probe", ONE)]


@pytest.mark.parametrize("attack", [announcement(A, TWO), request(A, B, TWO), reply(A, B, THREE, TWO)])
def test_the_use_of_a_held_address_is_a_conflict_and_no_claim(attack):
    told = story(*BOUND, (20, attack), (20.01, announcement(A, ONE)))
    assert [(e.host, e.kind, e.other) for e in told.deeds()][-2:] == [
        (TWO, "conflict", ONE),
        (ONE, "defence", TWO),
    ]
    assert told.hosts[ONE].held == A


def test_who_is_denied_and_uses_the_address_is_in_conflict():
    denied = [(20, probe(A, TWO)), (20.01, answer(A, ONE, TWO))]
    told = deeds(*BOUND, *denied, (20.5, announcement(A, TWO)), (20.51, announcement(A, ONE)))
    assert told[-1] == (ONE, "defence", A)


def test_an_announcement_long_after_a_conflict_is_no_defence():
    assert deeds(*BOUND, (20, announcement(A, TWO)), (40, announcement(A, ONE)))[-1][1] == "announcement"


def test_a_second_announcement_after_the_defence_is_none():
    told = deeds(*BOUND, (20, announcement(A, TWO)), *[(20 + s, announcement(A, ONE)) for s in (0.01, 2)])
    assert [kind for _, kind, _ in told[-2:]] == ["defence", "announcement"]


def test_a_host_that_is_attacked_twice_loses_the_address_and_moves():
    attacks = [(20, announcement(A, TWO)), (20.01, announcement(A, ONE)), (23, announcement(A, TWO))]
    told = story(*BOUND, *attacks, *claim(B, ONE, 23.5))
    lost, move = (next(e for e in told.events if e.kind == kind) for kind in ("lost", "move"))
    assert (lost.host, lost.address, lost.other) == (ONE, A, TWO)
    assert (move.host, move.address, move.also) == (ONE, B, A)
    assert not [e for e in told.events if e.kind == "claim" and e.address == B]
    assert [(h.address, h.end and h.end - BEGIN) for h in told.hosts[ONE].holdings] == [(A, 23.5), (B, None)]


def test_an_address_that_nobody_disputed_is_given_up():
    lost = next(e for e in story(*BOUND, *claim(B, ONE, 100)).events if e.kind == "lost")
    assert (lost.other, lost.words()) == ("", f"gave up {A}")


def test_an_address_that_is_probed_anew_is_claimed_again_and_not_lost():
    told = deeds(*BOUND, *claim(A, ONE, 100))
    assert told == CLAIM + CLAIM


def test_an_address_is_claimed_by_the_next_one_when_its_holder_is_gone():
    told = deeds(*BOUND, *claim(A, TWO, 100))
    assert told[-2:] == [(TWO, "claim", A), (TWO, "announcement", A)]


def test_a_routable_address_beside_the_link_local_one_is_no_move():
    told = story(*BOUND, *claim("10.0.0.7", ONE, 20))
    assert [e.kind for e in told.deeds()] == [kind for _, kind, _ in CLAIM + CLAIM]
    assert told.hosts[ONE].held == A


def test_talk_is_told_apart():
    frames = [
        request(A, B, ONE),
        reply(B, A, ONE, TWO),
        ping(A, B, ONE),
        ping(B, A, TWO, "echo-reply"),
    ]
    told = story(*enumerate(frames))
    assert [(e.host, e.kind, e.address, e.also) for e in told.events] == [
        (ONE, "found", A, ""),
        (ONE, "request", A, B),
        (TWO, "found", B, ""),
        (TWO, "answer", B, A),
        (ONE, "ping", A, B),
        (TWO, "echo", B, A),
    ]
    assert told.deeds() == []


def test_words_have_the_names():
    event = story(*BOUND, (20, announcement(A, TWO))).events[-1]
    assert event.words({ONE: "board A"}) == f"uses {A}, which board A holds"
    assert event.words() == f"uses {A}, which {ONE} holds"


def phases(told):
    return [(each.name, each.host, each.start - BEGIN, each.end - BEGIN) for each in told.phases()]


def test_the_phases_of_a_claim_and_a_defence():
    defended = [(20, announcement(A, TWO)), (20.5, announcement(A, ONE)), (60, announcement(A, ONE))]
    assert phases(story(*BOUND, *defended)) == [
        ("probing", ONE, 0, 5),
        ("announcing", ONE, 5, 7),
        ("defending", ONE, 20.5, 30.5),
    ]


def test_a_fast_host_has_short_phases():
    """`delay=200`: the picture shows the times of the host, not those of the RFC."""
    times = [(0, probe(A, ONE)), (0.15, probe(A, ONE)), (0.3, probe(A, ONE)), (0.5, announcement(A, ONE))]
    assert phases(story(*times, (2.5, announcement(A, ONE)))) == [
        ("probing", ONE, 0, 0.5),
        ("announcing", ONE, 0.5, 2.5),
    ]


def test_a_denial_ends_the_probing_of_the_candidate():
    told = story((0, probe(A, ONE)), (0.2, answer(A, TWO, ONE)), (0.5, probe(C, ONE)), (1.5, probe(C, ONE)))
    assert phases(told) == [("probing", ONE, 0, 0), ("probing", ONE, 0.5, 1.5)]


def test_a_loss_ends_the_defence_and_the_last_event_ends_all_phases():
    attack = [(20, announcement(A, TWO)), (20.5, announcement(A, ONE)), (22, announcement(A, TWO))]
    found = phases(story(*BOUND, *attack, *claim(B, ONE, 22.5)[:4], (28, ping(B, A, ONE))))
    assert found[2:] == [
        ("defending", ONE, 20.5, 22.5),
        ("probing", ONE, 22.5, 27.5),
        ("announcing", ONE, 27.5, 28),
    ]


def test_a_malformed_frame_is_counted():
    told = Story()
    told.add(0, bytes(probe(A, ONE))[:30])
    assert (told.frames, told.malformed, told.events) == (1, 1, [])
