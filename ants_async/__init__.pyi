from ants_async.client import (
    AntsClient as AntsClient,
)
from ants_async.dispatch import (
    Backlog as Backlog,
)
from ants_async.dispatch import (
    Campaign as Campaign,
)
from ants_async.dispatch import (
    CampaignState as CampaignState,
)
from ants_async.dispatch import (
    CampaignSummary as CampaignSummary,
)
from ants_async.dispatch import (
    Canary as Canary,
)
from ants_async.dispatch import (
    Dispatcher as Dispatcher,
)
from ants_async.dispatch import (
    Ledger as Ledger,
)
from ants_async.dispatch import (
    MemoryLedger as MemoryLedger,
)
from ants_async.dispatch import (
    Mode as Mode,
)
from ants_async.dispatch import (
    Outcome as Outcome,
)
from ants_async.dispatch import (
    OutcomeKind as OutcomeKind,
)
from ants_async.dispatch import (
    OutcomesCounted as OutcomesCounted,
)
from ants_async.dispatch import (
    PostgresLedger as PostgresLedger,
)
from ants_async.dispatch import (
    QuietHours as QuietHours,
)
from ants_async.dispatch import (
    Recipient as Recipient,
)
from ants_async.dispatch import (
    SendingRules as SendingRules,
)
from ants_async.dispatch import (
    SqliteLedger as SqliteLedger,
)
from ants_async.dispatch import (
    SuppressionList as SuppressionList,
)
from ants_async.dispatch import (
    TrackingRules as TrackingRules,
)
from ants_async.dispatch import (
    follow_up as follow_up,
)
from ants_async.endpoints import (
    OPERATIONS as OPERATIONS,
)
from ants_async.endpoints import (
    Family as Family,
)
from ants_async.endpoints import (
    Wire as Wire,
)
from ants_async.errors import (
    AntsError as AntsError,
)
from ants_async.errors import (
    ApiError as ApiError,
)
from ants_async.errors import (
    AuthenticationError as AuthenticationError,
)
from ants_async.errors import (
    BadRequest as BadRequest,
)
from ants_async.errors import (
    CampaignMismatch as CampaignMismatch,
)
from ants_async.errors import (
    CampaignPaused as CampaignPaused,
)
from ants_async.errors import (
    CanaryFailed as CanaryFailed,
)
from ants_async.errors import (
    ConfigurationError as ConfigurationError,
)
from ants_async.errors import (
    ConnectionFailed as ConnectionFailed,
)
from ants_async.errors import (
    DecodeError as DecodeError,
)
from ants_async.errors import (
    DispatchError as DispatchError,
)
from ants_async.errors import (
    IncompleteResult as IncompleteResult,
)
from ants_async.errors import (
    LeaseLost as LeaseLost,
)
from ants_async.errors import (
    LedgerDamaged as LedgerDamaged,
)
from ants_async.errors import (
    LedgerError as LedgerError,
)
from ants_async.errors import (
    LedgerInUse as LedgerInUse,
)
from ants_async.errors import (
    LimitsUnreachable as LimitsUnreachable,
)
from ants_async.errors import (
    NotFound as NotFound,
)
from ants_async.errors import (
    OutcomeUnknown as OutcomeUnknown,
)
from ants_async.errors import (
    PayloadTooLarge as PayloadTooLarge,
)
from ants_async.errors import (
    PermissionDenied as PermissionDenied,
)
from ants_async.errors import (
    PinLimitReached as PinLimitReached,
)
from ants_async.errors import (
    ReportsNotTaken as ReportsNotTaken,
)
from ants_async.errors import (
    RequestTimeout as RequestTimeout,
)
from ants_async.errors import (
    ServerError as ServerError,
)
from ants_async.errors import (
    ThrottledError as ThrottledError,
)
from ants_async.errors import (
    TransportError as TransportError,
)
from ants_async.errors import (
    ValidationError as ValidationError,
)
from ants_async.models.api_keys import (
    ApiKey as ApiKey,
)
from ants_async.models.api_keys import (
    ApiKeyRequest as ApiKeyRequest,
)
from ants_async.models.api_keys import (
    Permission as Permission,
)
from ants_async.models.codes import (
    Advice as Advice,
)
from ants_async.models.delivery_errors import (
    DELIVERY_ERRORS as DELIVERY_ERRORS,
)
from ants_async.models.delivery_errors import (
    DeliveryError as DeliveryError,
)
from ants_async.models.delivery_errors import (
    ErrorGroup as ErrorGroup,
)
from ants_async.models.limits import (
    RateLimit as RateLimit,
)
from ants_async.models.limits import (
    TimeSpan as TimeSpan,
)
from ants_async.models.reports import (
    Balance as Balance,
)
from ants_async.models.reports import (
    DeliveryReport as DeliveryReport,
)
from ants_async.models.reports import (
    LogEntry as LogEntry,
)
from ants_async.models.reports import (
    Price as Price,
)
from ants_async.models.sms import (
    AdvancedMessage as AdvancedMessage,
)
from ants_async.models.sms import (
    AdvancedRequest as AdvancedRequest,
)
from ants_async.models.sms import (
    Binary as Binary,
)
from ants_async.models.sms import (
    BinaryMessage as BinaryMessage,
)
from ants_async.models.sms import (
    Destination as Destination,
)
from ants_async.models.sms import (
    Language as Language,
)
from ants_async.models.sms import (
    MessageReceipt as MessageReceipt,
)
from ants_async.models.sms import (
    Preview as Preview,
)
from ants_async.models.sms import (
    PreviewReceipt as PreviewReceipt,
)
from ants_async.models.sms import (
    SendReceipt as SendReceipt,
)
from ants_async.models.sms import (
    SoughtMessage as SoughtMessage,
)
from ants_async.models.sms import (
    TextMessage as TextMessage,
)
from ants_async.models.sms import (
    Tracking as Tracking,
)
from ants_async.models.statuses import (
    STATUSES as STATUSES,
)
from ants_async.models.statuses import (
    Status as Status,
)
from ants_async.models.statuses import (
    StatusGroup as StatusGroup,
)
from ants_async.models.two_factor import (
    Application as Application,
)
from ants_async.models.two_factor import (
    ApplicationRequest as ApplicationRequest,
)
from ants_async.models.two_factor import (
    PinConfiguration as PinConfiguration,
)
from ants_async.models.two_factor import (
    PinError as PinError,
)
from ants_async.models.two_factor import (
    PinReceipt as PinReceipt,
)
from ants_async.models.two_factor import (
    PinType as PinType,
)
from ants_async.models.two_factor import (
    PinVerification as PinVerification,
)
from ants_async.models.two_factor import (
    Template as Template,
)
from ants_async.models.two_factor import (
    TemplateRequest as TemplateRequest,
)
from ants_async.resources.raw import (
    RawResponse as RawResponse,
)
from ants_async.transport.auth import (
    ApiKeyAuth as ApiKeyAuth,
)
from ants_async.transport.auth import (
    BasicAuth as BasicAuth,
)
from ants_async.transport.hooks import (
    Hooks as Hooks,
)
from ants_async.transport.hooks import (
    RequestEnded as RequestEnded,
)
from ants_async.transport.hooks import (
    RequestRetried as RequestRetried,
)
from ants_async.transport.hooks import (
    RequestStarted as RequestStarted,
)
from ants_async.transport.hooks import (
    RequestThrottled as RequestThrottled,
)
from ants_async.transport.rate import (
    AdaptiveRate as AdaptiveRate,
)
from ants_async.transport.rate import (
    FixedRate as FixedRate,
)
from ants_async.transport.rate import (
    Limiter as Limiter,
)
from ants_async.transport.retry import (
    RetryPolicy as RetryPolicy,
)

__version__: str
