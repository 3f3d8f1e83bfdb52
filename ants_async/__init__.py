"""Asyncio client and bulk-dispatch engine for the ANTS SMS HTTP API.

Names are imported when they are first used: who sends one PIN need not wait for the bulk engine. For type
checkers they stand in `__init__.pyi`.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "ants_async.client": ("AntsClient",),
    "ants_async.dispatch": (
        "Backlog",
        "Campaign",
        "CampaignState",
        "CampaignSummary",
        "Canary",
        "Dispatcher",
        "Ledger",
        "MemoryLedger",
        "Mode",
        "Outcome",
        "OutcomeKind",
        "OutcomesCounted",
        "PostgresLedger",
        "QuietHours",
        "Recipient",
        "SendingRules",
        "SqliteLedger",
        "SuppressionList",
        "TrackingRules",
        "follow_up",
    ),
    "ants_async.endpoints": ("OPERATIONS", "Family", "Wire"),
    "ants_async.errors": (
        "AntsError",
        "ApiError",
        "AuthenticationError",
        "BadRequest",
        "CampaignMismatch",
        "CampaignPaused",
        "CanaryFailed",
        "ConfigurationError",
        "ConnectionFailed",
        "DecodeError",
        "DispatchError",
        "IncompleteResult",
        "LeaseLost",
        "LedgerDamaged",
        "LedgerError",
        "LedgerInUse",
        "LimitsUnreachable",
        "NotFound",
        "OutcomeUnknown",
        "PayloadTooLarge",
        "PermissionDenied",
        "PinLimitReached",
        "ReportsNotTaken",
        "RequestTimeout",
        "ServerError",
        "ThrottledError",
        "TransportError",
        "ValidationError",
    ),
    "ants_async.models.api_keys": ("ApiKey", "ApiKeyRequest", "Permission"),
    "ants_async.models.codes": ("Advice",),
    "ants_async.models.delivery_errors": ("DELIVERY_ERRORS", "DeliveryError", "ErrorGroup"),
    "ants_async.models.limits": ("RateLimit", "TimeSpan"),
    "ants_async.models.reports": ("Balance", "DeliveryReport", "LogEntry", "Price"),
    "ants_async.models.sms": (
        "AdvancedMessage",
        "AdvancedRequest",
        "Binary",
        "BinaryMessage",
        "Destination",
        "Language",
        "MessageReceipt",
        "Preview",
        "PreviewReceipt",
        "SendReceipt",
        "SoughtMessage",
        "TextMessage",
        "Tracking",
    ),
    "ants_async.models.statuses": ("STATUSES", "Status", "StatusGroup"),
    "ants_async.models.two_factor": (
        "Application",
        "ApplicationRequest",
        "PinConfiguration",
        "PinError",
        "PinReceipt",
        "PinType",
        "PinVerification",
        "Template",
        "TemplateRequest",
    ),
    "ants_async.resources.raw": ("RawResponse",),
    "ants_async.transport.auth": ("ApiKeyAuth", "BasicAuth"),
    "ants_async.transport.hooks": (
        "Hooks",
        "RequestEnded",
        "RequestRetried",
        "RequestStarted",
        "RequestThrottled",
    ),
    "ants_async.transport.rate": ("AdaptiveRate", "FixedRate", "Limiter"),
    "ants_async.transport.retry": ("RetryPolicy",),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}
_PACKAGES = (
    "client",
    "dispatch",
    "endpoints",
    "errors",
    "models",
    "resources",
    "text",
    "transport",
    "webhooks",
)

__all__ = sorted(_MODULES)  # noqa: PLE0605 # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    if name in _PACKAGES:
        return import_module(f"ants_async.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module 'ants_async' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return [*__all__, *_PACKAGES, "__version__"]
