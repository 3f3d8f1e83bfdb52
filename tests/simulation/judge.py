"""The server's own record against the ledger, and both against the promise."""

from collections import Counter

from ants_async.dispatch import OutcomeKind


class Breach(AssertionError):
    """The promise is broken. `kind`: which part of it."""

    def __init__(self, kind, words):
        super().__init__(f"{kind}: {words}")
        self.kind = kind

    def __reduce__(self):
        return Breach, (self.kind, str(self).removeprefix(f"{self.kind}: "))


def compare(people, outcomes, sent, summary, last_words, *, suppressed):
    """`people`: the list as it was read last; `sent`: what the server accepted of this campaign."""
    _nobody_twice(people, sent)
    _nobody_against_a_list(outcomes, sent, suppressed)
    _nobody_lost(people, outcomes, summary)
    _one_last_word(outcomes, last_words)
    _the_truth(outcomes, sent)


def _nobody_twice(people, sent):
    twice = [to for to, count in Counter(message["to"] for message in sent).items() if count > 1]
    if twice:
        raise Breach("twice", f"texted twice: {twice}")
    if {message["to"] for message in sent} - {recipient.to for recipient in people}:
        raise Breach("twice", "somebody was texted who is not in the list")


def _nobody_against_a_list(outcomes, sent, suppressed):
    for message in sent:
        if message["to"] in suppressed:
            raise Breach("suppressed", f"{message['to']} was texted, who is not to be texted")
    told = {one.to for one in outcomes if one.kind is OutcomeKind.SUPPRESSED}
    if told != {one.to for one in outcomes} & suppressed:
        raise Breach("suppressed", f"the ledger says that these are suppressed: {told}")


def _nobody_lost(people, outcomes, summary):
    rows = Counter(recipient.to for recipient in people)
    told = Counter(one.to for one in outcomes if one.kind is not OutcomeKind.DUPLICATE)
    if told != Counter(rows.keys()):
        raise Breach("lost", f"lost or doubled in the ledger: {rows.keys() ^ told.keys() or told}")
    if not all(outcome.is_last for outcome in outcomes) or not summary.is_done:
        raise Breach("lost", "somebody has no last word")
    doubled = Counter(one.to for one in outcomes if one.kind is OutcomeKind.DUPLICATE)
    if doubled != rows - Counter(rows.keys()):
        raise Breach("lost", f"doubled rows {rows - Counter(rows.keys())}, of which the ledger has {doubled}")


def _one_last_word(outcomes, last_words):
    for to, words in last_words.items():
        if words > 1:
            raise Breach("words", f"two last words in the stream for {to}")
    unknown = last_words.keys() - {outcome.to for outcome in outcomes}
    if unknown:
        raise Breach("words", f"a last word about nobody: {unknown}")


def _the_truth(outcomes, sent):
    statuses = {message["to"]: message for message in sent}
    for outcome in outcomes:
        if outcome.status is not None and outcome.status.name == "REJECTED_DND":
            raise Breach("forged", f"a forged report was believed: {outcome}")
        message = statuses.get(outcome.to)
        if outcome.kind is OutcomeKind.FINAL and (
            message is None
            or (message["messageId"], message["status"]) != (outcome.message_id, outcome.status.name)
        ):
            raise Breach("untrue", f"the ledger says {outcome}, the server {message}")
        if outcome.kind is OutcomeKind.REJECTED:
            raise Breach("untrue", f"rejected without a reason: {outcome}")
        if outcome.kind is OutcomeKind.UNRESOLVED:
            raise Breach("unresolved", f"given up though the logs knew: {outcome}")
