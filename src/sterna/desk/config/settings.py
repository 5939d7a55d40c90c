"""Django's settings, derived from the options."""

import os
import secrets
from pathlib import Path
from typing import Any

import psycopg

from sterna.desk.config import options, postgres
from sterna.engine.errors import BadInput

HOME = options.home()
# Whatever is written from here on is the operator's alone: mail, letters and the lake are personal data.
os.umask(0o077)


def _database() -> dict[str, Any]:
    url = options.text("STERNA_DATABASE_URL")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        **(_another_server(url) if url else postgres.start(HOME)),
    }


def _another_server(url: str) -> dict[str, Any]:
    """Django's settings for a URL as libpq reads it; what else it asks for, such as sslmode, goes on to libpq."""
    try:
        given = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        given = {}
    if "://" not in url or not str(given.get("port", 0)).isdigit() or not given.get("dbname"):
        # libpq's own words would repeat the password.
        raise BadInput(
            "setting STERNA_DATABASE_URL is not of the form postgresql://user:password@host:port/name"
        )
    named = {"HOST": "host", "PORT": "port", "NAME": "dbname", "USER": "user", "PASSWORD": "password"}
    taken = {ours: str(given.pop(theirs, "")) for ours, theirs in named.items()}
    return taken | {"OPTIONS": given}


def _secret() -> str:
    given = options.text("STERNA_SECRET_KEY")
    if given:
        return given
    path = Path(HOME) / "secret"
    if not path.exists():
        postgres.prepare_home(HOME)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50), encoding="ascii")
    return path.read_text(encoding="ascii")


SECRET_KEY = _secret()
DEBUG = options.flag("STERNA_DEBUG")
ALLOWED_HOSTS = options.text("STERNA_HOSTS").split(",")
DATABASES = {"default": _database()}
ROOT_URLCONF = "sterna.desk.config.urls"
WSGI_APPLICATION = "sterna.desk.config.wsgi.application"
AUTH_USER_MODEL = "users.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# The staircase from the top; a lower app never imports one above it.
DESK_APPS = (
    "api", "dashboards", "runs", "experiments", "contacts", "delivery", "plans", "webhooks", "segments", "values",
    "customers", "sources", "lakehouse", "audit", "users", "web",
)  # fmt: skip
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "procrastinate.contrib.django",
    *(f"sterna.desk.{app}" for app in DESK_APPS),
]
# Only a worker needs the jobs. Finding them at every start loaded the whole engine, two seconds, to add a person.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = None
PROCRASTINATE_IMPORT_PATHS = [
    f"sterna.desk.{app}.tasks" for app in ("runs", "contacts", "webhooks", "customers", "sources")
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sterna.desk.dashboards.context.everywhere",
            ],
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = options.zone().key

STATIC_URL = "static/"
# Served straight from the packages: nothing to collect before the first page.
WHITENOISE_USE_FINDERS = True

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
