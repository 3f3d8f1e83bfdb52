"""`ants-async preview`: how a text will arrive."""

import click

from ants_async.cli.account import Account, account_options
from ants_async.cli.reading import not_empty
from ants_async.cli.refusals import one_line_errors
from ants_async.errors import ValidationError
from ants_async.text import TextAnalysis, analyze, check_text


@click.command()
@click.argument("text")
@click.option("--language", help="National characters by a single shift table, e.g. TR.")
@click.option("--transliteration", help="Other letters in their place, e.g. TURKISH.")
@click.option("--local", is_flag=True, help="Reckon here, without an account; says what forces UCS2.")
@account_options(has_xml=True)
def preview(
    account: Account, *, text: str, language: str | None, transliteration: str | None, local: bool
) -> None:
    """Show how TEXT will arrive: parts, and places left in the last one. Free of charge."""
    with one_line_errors():
        not_empty("text", text)
        if local and transliteration is not None:
            raise ValidationError("--transliteration", transliteration, "for the API alone, not with --local")
    if local:
        _show_local(account, text, language)
        return
    receipt = account.call(
        lambda client: client.sms.preview(text, language_code=language, transliteration=transliteration)
    )
    if account.in_json:
        account.show(receipt)
        return
    columns = {"parts": "messageCount", "places left": "charactersRemaining", "text": "textPreview"}
    account.show_all(receipt.previews, columns)


def _show_local(account: Account, text: str, language: str | None) -> None:
    """The reckoning, and then whether the API would take the text."""
    shift = language is not None
    with one_line_errors():
        if any("\ud800" <= one <= "\udfff" for one in text):  # half a character cannot even be shown
            check_text(text)
        found = analyze(text, language_code=language, single_shift=shift)
        account.show(_facts(found))
        check_text(text, language_code=language, single_shift=shift)


def _facts(found: TextAnalysis) -> dict[str, object]:
    return {
        "encoding": found.encoding.value,
        "parts": found.parts,
        "places": found.places,
        "remaining": found.remaining,
        "forcing": list(found.forcing),
        "suggestion": found.suggestion,
    }
