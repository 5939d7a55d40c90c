"""Every address of the desk, one include per app."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("sterna.desk.api.urls")),
    path("", include("sterna.desk.users.urls")),
    path("", include("sterna.desk.sources.urls")),
    path("", include("sterna.desk.customers.urls")),
    path("", include("sterna.desk.segments.urls")),
    path("", include("sterna.desk.webhooks.urls")),
    path("", include("sterna.desk.plans.urls")),
    path("", include("sterna.desk.contacts.urls")),
    path("", include("sterna.desk.values.urls")),
    path("", include("sterna.desk.runs.urls")),
    path("", include("sterna.desk.dashboards.urls")),
]

handler400 = "sterna.desk.api.views.bad_request"
