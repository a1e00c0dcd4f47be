"""Settings. What a deployment sets comes from the environment (docs/operations.md lists it); nothing here is secret."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from portal import environment

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("MUSTER_DATA", BASE_DIR / "var"))

SECRET_KEY = environment.secret_key()
SECRET_KEY_FALLBACKS = environment.secret_key_fallbacks()  # they sign nothing, and open what they signed or sealed
CONTEXT_KEY = environment.context_key()  # signs whose request it is, for the database (tenants/context.py)
DEBUG = environment.flag("MUSTER_DEBUG")
BASE_URL = os.environ.get("MUSTER_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
SECURE = BASE_URL.startswith("https://")
ALLOWED_HOSTS = os.environ.get("MUSTER_ALLOWED_HOSTS", f"{urlsplit(BASE_URL).hostname},localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [BASE_URL]

# --- What is installed: the rooms of the house, lowest first -----------------------------------------------------
ROOMS = [
    "tenants",
    "ledger",
    "standard",
    "notifications",
    "oncall",
    "incidents",
    "status",
    "postmortems",
    "metrics",
    "compliance",
    "integrations",
    "portal",
]
INSTALLED_APPS = [
    *ROOMS,
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "simple_history",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "lucide",
]

# Sessions and the signed-in user are read outside the tenant's scope; the scope covers the view and its rendering,
# so that a refused or failed request leaves nothing half-written. The order below is that sentence.
MIDDLEWARE = [
    "portal.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "portal.middleware.BodyLimit",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.OrganisationScope",
]

ROOT_URLCONF = "portal.urls"
PORTAL_URLCONF = "portal.urls_organisation"  # below /o/<slug>/
WSGI_APPLICATION = "portal.wsgi.application"
ASGI_APPLICATION = "portal.asgi.application"
FORM_RENDERER = "portal.fields.FormRenderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.shell",
            ],
        },
    }
]

# --- PostgreSQL, broker, cache ------------------------------------------------------------------------------------
DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql://muster_app@/muster")
DATABASE_OWNER_URL = os.environ.get("DATABASE_OWNER_URL", "postgresql://muster_owner@/muster")
DATABASE_AUDITOR_URL = os.environ.get("DATABASE_AUDITOR_URL", "postgresql://muster_auditor@/muster")
AS_OWNER = os.environ.get("MUSTER_DATABASE_AS") == "owner"
DATABASES = {
    "default": environment.database(DATABASE_OWNER_URL if AS_OWNER else DATABASE_URL),
    "auditor": environment.database(DATABASE_AUDITOR_URL),  # what auditors read, and nothing else (tenants/auditor.py)
}
for name, least in (("default", 1), ("auditor", 0)):
    DATABASES[name]["CONN_HEALTH_CHECKS"] = True
    if not AS_OWNER:
        most = int(os.environ.get("MUSTER_DATABASE_POOL", "12"))
        DATABASES[name]["OPTIONS"]["pool"] = environment.pool(least, most)
# Where the live feed listens: past any pooler. Without it, where everything else goes.
DATABASE_DIRECT = environment.database(os.environ["DATABASE_DIRECT_URL"]) if os.environ.get("DATABASE_DIRECT_URL") else None
# Who seals the ledger: a process of its own (`manage.py seal`), whose role alone may add to the log.
DATABASE_SEALER = environment.database(os.environ.get("DATABASE_SEALER_URL", "postgresql://muster_sealer@/muster"))
SEALER_ROLE = DATABASE_SEALER["USER"]
MUSTER_EVIDENCE_DIR = Path(os.environ.get("MUSTER_EVIDENCE_DIR", DATA_DIR / "evidence"))
MUSTER_SEAL_KEY = os.environ.get("MUSTER_SEAL_KEY", "")
MUSTER_SEAL_KEY_FILE = os.environ.get("MUSTER_SEAL_KEY_FILE", "")
SERVING_ROLE = environment.database(DATABASE_URL)["USER"]
AUDITOR_ROLE = environment.database(DATABASE_AUDITOR_URL)["USER"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

BROKER_URL = os.environ.get("BROKER_URL", "redis://127.0.0.1:6379/0")
QUEUE = os.environ.get("MUSTER_QUEUE", "muster")  # its name at the broker, for installations that share one
CACHE_URL = os.environ.get("CACHE_URL", "redis://127.0.0.1:6379/1")
CACHES = {
    "default": {
        "BACKEND": "portal.cache.TenantRedisCache",
        "LOCATION": CACHE_URL,
        "KEY_FUNCTION": "portal.cache.tenant_key",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
}

# --- Who may come in ----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portal.accounts.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # people are invited by an administrator; nobody signs up by themselves
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/300s/key", "reset_password": "20/m/ip,5/m/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Muster"
MFA_FORMS = {
    "authenticate": "portal.accounts.SecondFactorForm",
    "reauthenticate": "portal.accounts.SecondFactorAgainForm",
}
SESSION_ENGINE = "tenants.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.errors.csrf_failure"

# --- What a browser may do ----------------------------------------------------------------------------------------
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "manifest-src": ["'self'"],
    "worker-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
if environment.flag("MUSTER_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Bodies -------------------------------------------------------------------------------------------------------
BODY_LIMIT = 1 * 1024 * 1024
FILE_BODY_LIMIT = 8 * 1024 * 1024 + 64 * 1024  # a file of 8 MiB, and what the form around it takes
HOOK_BODY_LIMIT = 16 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_BODY_LIMIT  # the middleware judges by address; this is the most of any

# --- Words, times, files ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "portal.statics.HashedNames"},  # served at the edge (portal/asgi.py)
}


# --- The doors for machines ---------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["ledger.api_defaults.ScopeAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["ledger.api_defaults.Signed"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["ledger.api_defaults.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "portal.schema.MusterSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "ledger.api_defaults.CursorPages",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "portal.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "DATETIME_FORMAT": "iso-8601",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Muster",
    "DESCRIPTION": "Declare, command, resolve and prove incidents. Every verb of the portal, for machines.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "IncidentState": "incidents.states.State",
        "PageState": "oncall.models.Page.State",
        "OnCallDuty": "oncall.api.bodies.DUTIES",
        "SeverityCode": "incidents.api.bodies.fields.SEVERITIES",
        "RoomRole": "incidents.states.RoomRole",
        "FlagKey": "incidents.states.FlagKey",
        "FlagKind": "incidents.states.FlagKind",
        "ContactKind": "notifications.models.ContactMethod.Kind",
        "ContactQuiet": "notifications.models.ContactMethod.Quiet",
        "PostmortemState": "postmortems.states.DocumentState",
        "ReadingVerdict": "postmortems.states.Verdict",
        "ActionItemKind": "postmortems.states.ItemKind",
        "ActionItemState": "postmortems.states.ItemState",
        "DutyUnit": "compliance.api.duties_bodies.UNITS",
        "LayerUnit": "oncall.api.bodies.UNITS",
        "GlassVerdict": "compliance.models.access_glass.Verdict",
        "ConformanceVerdict": "compliance.api.conformance.VERDICTS",
        "ConformanceDeviation": "compliance.api.conformance.DEVIATIONS",
    },
}

# --- Mail ---------------------------------------------------------------------------------------------------------
SMTP_HOST = os.environ.get("SMTP_HOST", "")
MAILERS = {
    "default": {
        "BACKEND": "notifications.smtp.Backend",
        "OPTIONS": {
            "host": SMTP_HOST,
            "port": int(os.environ.get("SMTP_PORT", "25")),
            "username": os.environ.get("SMTP_USER", ""),
            "password": os.environ.get("SMTP_PASSWORD", ""),
            "use_tls": environment.flag("SMTP_STARTTLS"),
        },
    }
    if SMTP_HOST
    # Without a mail server messages are files, so that nothing is lost and a newcomer can read them.
    else {"BACKEND": "django.core.mail.backends.filebased.EmailBackend", "OPTIONS": {"file_path": str(DATA_DIR / "mail")}}
}
DEFAULT_FROM_EMAIL = os.environ.get("SMTP_FROM", "muster@localhost")

# --- What people may be reached by, and what that may reach (docs/operations.md, "Contact methods") ----------------
# Services with an address of their own, and self-hosted ones by their encrypted scheme. None that stays on this machine.
MUSTER_APPRISE_SCHEMES = environment.words(
    "MUSTER_APPRISE_SCHEMES",
    "discord gchat gotifys matrixs mmosts msteams ntfys opsgenie pbul pover rockets signl4 slack tgram workflows wxteams zulip",
)
MUSTER_REACH_INSIDE = environment.words("MUSTER_REACH_INSIDE")  # host names and networks allowed although they are not public
MUSTER_SMS_URL = os.environ.get("MUSTER_SMS_URL", "")  # an apprise URL with {to}, such as twilio://SID:TOKEN@+15550100/{to}
MUSTER_VOICE_URL = os.environ.get("MUSTER_VOICE_URL", "")  # the same with ?method=call; the text is TwiML
MUSTER_VAPID_KEY_FILE = os.environ.get("MUSTER_VAPID_KEY_FILE", "")  # without it the key follows from the signing key
# Messages a minute to one person by one way; what comes beyond is sent as one, when the minute is over. 0 is no limit.
MUSTER_MESSAGES_A_MINUTE = environment.numbers("MUSTER_MESSAGES_A_MINUTE", "email=0 apprise=3 webpush=3 sms=1 voice=1")

# --- Seams: what a room below calls in a room above, by name, so that imports run one way -------------------------
MUSTER_NOW = os.environ.get("MUSTER_NOW", "")  # dotted path of the clock function; tests set it, nothing else does
MUSTER_REACTIONS = "portal.reactions.REACTIONS"
MUSTER_WHY_NOT_RECORD = "incidents.rules.glass.why_not_record"
MUSTER_CLOCK_SUBJECTS = "portal.reactions.CLOCK_SUBJECTS"
MUSTER_CLOCK_NEWS = "portal.reactions.CLOCK_NEWS"
MUSTER_OUTLASTING = "portal.reactions.OUTLASTING"
MUSTER_BESIDE_THE_ROOM = "portal.reactions.BESIDE_THE_ROOM"
MUSTER_CLOSING = "portal.reactions.CLOSING"
MUSTER_TRANSPORTS = {
    "email": "notifications.transports.Email",
    "inbox": "notifications.transports.Inbox",
    "apprise": "notifications.apprised.Apprise",
    "webpush": "notifications.webpush.WebPush",
    "sms": "notifications.apprised.Sms",
    "voice": "notifications.apprised.Voice",
}
MUSTER_PAGE_SUBJECTS = "portal.reactions.PAGE_SUBJECTS"
MUSTER_PAGE_ADDRESSES = "portal.reactions.PAGE_ADDRESSES"
MUSTER_PAGES_DESCRIBED = "portal.reactions.PAGES_DESCRIBED"
MUSTER_IN_HAND = "portal.reactions.IN_HAND"
MUSTER_INBOX = "portal.reactions.INBOX"
MUSTER_PAGE_STANDARD = "portal.reactions.PAGE_STANDARD"
DEADMAN_URL = environment.address("MUSTER_DEADMAN_URL")
MUSTER_READINESS = "portal.reactions.READINESS"
MUSTER_MAY_KNOW = "portal.reactions.MAY_KNOW"
MUSTER_PAGE_ANSWERS = "portal.reactions.PAGE_ANSWERS"
MUSTER_BEFORE_A_CALL = "portal.reactions.BEFORE_A_CALL"
MUSTER_PROCESS_FIGURES = "portal.reactions.PROCESS_FIGURES"
MUSTER_CLAUSES_KEPT = "portal.reactions.CLAUSES_KEPT"
MUSTER_RENDERERS = "portal.reactions.RENDERERS"
MUSTER_AFTERWARDS = "portal.reactions.AFTERWARDS"
MUSTER_POSTMORTEM_READY = "portal.reactions.POSTMORTEM_READY"
MUSTER_PUBLIC_ALREADY = "portal.reactions.PUBLIC_ALREADY"

# --- Logs ---------------------------------------------------------------------------------------------------------
LOGGING_CONFIG = "portal.logs.configure"
LOGGING: dict[str, object] = {"version": 1}
