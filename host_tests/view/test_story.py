# SPDX-License-Identifier: MIT
"""The viewer derives the right events from frames that scapy has built."""

import pytest
from links import BEGIN, ONE, THREE, TWO, A, B, C, answer, claim, ping, protocol_events, story
from wire.frames import announcement, probe, reply, request

from autoip_view import Story

CLAIM = [(ONE, "probe", A)] * 3 + [(ONE, "claim", A), (ONE, "announcement", A)]
BOUND = claim(A, ONE)  # until 7 s


def test_a_claim():
    assert protocol_events(*BOUND) == CLAIM


def test_the_steps_of_a_claim_have_their_durations():
    gaps = [event.gap for event in story(*BOUND).events]
    assert gaps == pytest.approx([0, 1.5, 1.5, 2, 2])


def test_a_new_claim_is_not_measured_from_the_previous_one():
    again = story(*BOUND, *claim(A, ONE, 100)).events[5]
    assert (again.kind, again.gap) == ("probe", 0)


@pytest.mark.parametrize(
    "denial",
    [answer(A, ONE, TWO), announcement(A, ONE), request(A, B, ONE), reply(A, B, THREE, ONE)],
    ids=["answer", "announcement", "request", "reply"],
)
def test_a_holder_denies_its_address_to_a_probing_host(denial):
    """Any of these frames is a denial, and neither a claim nor a defence."""
    result = story(*BOUND, (20, probe(A, TWO)), (20.01, denial))
    assert [(e.host, e.kind, e.address, e.other) for e in result.protocol_events()][-2:] == [
        (TWO, "probe", A, ""),
        (ONE, "denial", A, TWO),
    ]


def test_the_answer_of_a_host_that_was_there_before_the_capture_is_a_denial():
    assert protocol_events((0, probe(A, TWO)), (0.01, answer(A, ONE, TWO)))[-1] == (ONE, "denial", A)


def test_a_late_answer_is_a_denial_of_the_claim():
    result = story(*claim(A, TWO)[:4], (5.5, answer(A, ONE, TWO)), *claim(B, TWO, 5.6))
    assert [(e.kind, e.other) for e in result.protocol_events()][4:6] == [("denial", TWO), ("lost", ONE)]
    assert "move" in [e.kind for e in result.events] and result.hosts[ONE].held == A


def test_an_answer_long_after_the_claim_is_a_conflict():
    result = protocol_events(*BOUND, (7.01, answer(A, TWO, ONE)), (7.02, announcement(A, ONE)))
    assert result[-2:] == [(TWO, "conflict", A), (ONE, "defence", A)]


def test_a_denied_host_probes_another_address_and_loses_nothing():
    result = protocol_events(*BOUND, (20, probe(A, TWO)), (20.01, answer(A, ONE, TWO)), *claim(B, TWO, 21))
    assert [kind for mac, kind, _ in result if mac == TWO] == ["probe"] * 4 + ["claim", "announcement"]


def test_a_later_frame_of_the_holder_is_not_a_denial():
    result = protocol_events(
        *BOUND, (20, probe(A, TWO)), (20.01, answer(A, ONE, TWO)), (60, announcement(A, ONE))
    )
    assert result[-1] == (ONE, "announcement", A)


def test_two_hosts_probe_one_address():
    result = story((0, probe(A, ONE)), (0.5, probe(A, TWO)))
    assert [(e.kind, e.other) for e in result.events] == [("probe", ""), ("probe", ONE)]


@pytest.mark.parametrize("attack", [announcement(A, TWO), request(A, B, TWO), reply(A, B, THREE, TWO)])
def test_the_use_of_a_held_address_is_a_conflict_and_not_a_claim(attack):
    result = story(*BOUND, (20, attack), (20.01, announcement(A, ONE)))
    assert [(e.host, e.kind, e.other) for e in result.protocol_events()][-2:] == [
        (TWO, "conflict", ONE),
        (ONE, "defence", TWO),
    ]
    assert result.hosts[ONE].held == A


def test_a_denied_host_that_uses_the_address_causes_a_conflict():
    denied = [(20, probe(A, TWO)), (20.01, answer(A, ONE, TWO))]
    result = protocol_events(*BOUND, *denied, (20.5, announcement(A, TWO)), (20.51, announcement(A, ONE)))
    assert result[-1] == (ONE, "defence", A)


def test_an_announcement_long_after_a_conflict_is_not_a_defence():
    assert (
        protocol_events(*BOUND, (20, announcement(A, TWO)), (40, announcement(A, ONE)))[-1][1]
        == "announcement"
    )


def test_a_second_announcement_after_the_defence_is_not_a_defence():
    result = protocol_events(
        *BOUND, (20, announcement(A, TWO)), *[(20 + s, announcement(A, ONE)) for s in (0.01, 2)]
    )
    assert [kind for _, kind, _ in result[-2:]] == ["defence", "announcement"]


def test_a_host_that_is_attacked_twice_loses_the_address_and_moves():
    attacks = [(20, announcement(A, TWO)), (20.01, announcement(A, ONE)), (23, announcement(A, TWO))]
    result = story(*BOUND, *attacks, *claim(B, ONE, 23.5))
    lost, move = (next(e for e in result.events if e.kind == kind) for kind in ("lost", "move"))
    assert (lost.host, lost.address, lost.other) == (ONE, A, TWO)
    assert (move.host, move.address, move.also) == (ONE, B, A)
    assert not [e for e in result.events if e.kind == "claim" and e.address == B]
    assert [(h.address, h.end and h.end - BEGIN) for h in result.hosts[ONE].holdings] == [
        (A, 23.5),
        (B, None),
    ]


def test_an_address_without_a_conflict_is_given_up():
    lost = next(e for e in story(*BOUND, *claim(B, ONE, 100)).events if e.kind == "lost")
    assert (lost.other, lost.words()) == ("", f"gave up {A}")


def test_an_address_that_is_probed_again_is_claimed_again_and_not_lost():
    result = protocol_events(*BOUND, *claim(A, ONE, 100))
    assert result == CLAIM + CLAIM


def test_an_address_is_claimed_by_another_host_when_its_holder_is_gone():
    result = protocol_events(*BOUND, *claim(A, TWO, 100))
    assert result[-2:] == [(TWO, "claim", A), (TWO, "announcement", A)]


def test_a_routable_address_in_addition_to_the_link_local_one_is_not_a_move():
    result = story(*BOUND, *claim("10.0.0.7", ONE, 20))
    assert [e.kind for e in result.protocol_events()] == [kind for _, kind, _ in CLAIM + CLAIM]
    assert result.hosts[ONE].held == A


def test_talk_is_not_a_deed():
    frames = [
        request(A, B, ONE),
        reply(B, A, ONE, TWO),
        ping(A, B, ONE),
        ping(B, A, TWO, "echo-reply"),
    ]
    result = story(*enumerate(frames))
    assert [(e.host, e.kind, e.address, e.also) for e in result.events] == [
        (ONE, "found", A, ""),
        (ONE, "request", A, B),
        (TWO, "found", B, ""),
        (TWO, "answer", B, A),
        (ONE, "ping", A, B),
        (TWO, "echo", B, A),
    ]
    assert result.protocol_events() == []


def test_the_words_of_an_event_contain_the_names_of_hosts():
    event = story(*BOUND, (20, announcement(A, TWO))).events[-1]
    assert event.words({ONE: "board A"}) == f"uses {A}, which board A holds"
    assert event.words() == f"uses {A}, which {ONE} holds"


def phases(result):
    return [(each.name, each.host, each.start - BEGIN, each.end - BEGIN) for each in result.phases()]


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


def test_after_a_denial_the_phase_of_the_next_candidate_starts():
    result = story((0, probe(A, ONE)), (0.2, answer(A, TWO, ONE)), (0.5, probe(C, ONE)), (1.5, probe(C, ONE)))
    assert phases(result) == [("probing", ONE, 0, 0), ("probing", ONE, 0.5, 1.5)]


def test_a_loss_ends_the_defence_and_the_last_event_ends_all_phases():
    attack = [(20, announcement(A, TWO)), (20.5, announcement(A, ONE)), (22, announcement(A, TWO))]
    found = phases(story(*BOUND, *attack, *claim(B, ONE, 22.5)[:4], (28, ping(B, A, ONE))))
    assert found[2:] == [
        ("defending", ONE, 20.5, 22.5),
        ("probing", ONE, 22.5, 27.5),
        ("announcing", ONE, 27.5, 28),
    ]


def test_a_malformed_frame_is_counted():
    result = Story()
    result.add(0, bytes(probe(A, ONE))[:30])
    assert (result.frames, result.malformed, result.events) == (1, 1, [])
