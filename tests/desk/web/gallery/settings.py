"""An installation of nothing but the frame: no database, no users."""

from pathlib import Path

SECRET_KEY = "for-the-gallery-only"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
INSTALLED_APPS = ["django.contrib.messages", "django.contrib.staticfiles", "django_htmx", "sterna.desk.web"]
MIDDLEWARE = [
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tests.desk.web.gallery.views.with_policy",
    "django.contrib.messages.middleware.MessageMiddleware",
]
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
WHITENOISE_USE_FINDERS = True
ROOT_URLCONF = "tests.desk.web.gallery.urls"
STATIC_URL = "static/"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
WSGI_APPLICATION = None
