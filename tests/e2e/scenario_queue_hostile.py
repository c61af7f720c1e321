"""The queue against messages, servers and folders that mean it no good."""

from harness import cases
from scenario_queue import kept, queue, silent
from scenario_queue_run import arrived, fill, put, run, state

# One message must not stop others.


@cases(
    "RCPT poison@*: reply 421 4.7.0 Try again later",
    "RCPT poison@*: reply 450 4.7.1 rate limit of the recipient exceeded",
    "RCPT poison@*: reply 530 5.7.1 Authentication required",
    "RCPT poison@*: reply 550 5.4.5 Daily user sending quota exceeded",
    "RCPT poison@*: reset",
    "END 1: reply 550 5.4.5 Daily user sending quota exceeded",
)
def test_words_for_the_account_about_one_message(t, rule):
    t.smarthost(f"on 1/{rule}")
    queue(t)
    name = put(t, "poison@example.net")
    fill(t, 5)
    done = run(t)
    t.equal(done.status, 75)
    t.equal(kept(t), [name])
    t.equal(arrived(t), [f"r{i}@example.net" for i in range(5)])
    t.equal(state(t, name)[3], "00001", "attempts of the message")
    t.lacks(done.stderr, "account test", "the account is well")


def test_two_such_messages_are_behind_others_the_next_time(t):
    t.smarthost("on RCPT poison@*: reply 421 4.7.0 Try again later")
    queue(t)
    names = [put(t, "poison@example.net"), put(t, "poison@example.net")]
    fill(t, 5)
    done = run(t)
    t.match(done.stderr, "account test: 421 4.7.0 Try again later")
    t.equal(len(kept(t)), 7)
    run(t)
    t.equal(kept(t), names)
    t.equal(arrived(t), [f"r{i}@example.net" for i in range(5)])
