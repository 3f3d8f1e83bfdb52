"""Fields of log lines, for whoever keeps them by field: no number, no text, no secret."""

from ants_async.errors import ApiError


def fields_of(
    campaign_id: str, *, error: BaseException | None = None, bulk_id: str | None = None
) -> dict[str, object]:
    """For `extra`: the campaign, and what there is of the rest."""
    fields: dict[str, object] = {"campaign_id": campaign_id}
    if error is not None:
        fields["error"] = type(error).__name__
    if isinstance(error, ApiError):
        fields["status_code"] = error.status_code
    if bulk_id is not None:
        fields["bulk_id"] = bulk_id
    return fields
