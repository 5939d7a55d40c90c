"""The door for the web server."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from sterna.desk.config.parent import end_with_parent

end_with_parent()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sterna.desk.config.settings")
application = get_wsgi_application()
# Every page is loaded before the first request, which would else wait seconds for it.
get_resolver().url_patterns  # noqa: B018
