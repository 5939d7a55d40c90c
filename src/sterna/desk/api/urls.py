"""Addresses of the app `api`; clients write them with and without a slash at the end."""

from django.urls import URLPattern, path, re_path

from sterna.desk.api import people, views

urlpatterns: list[URLPattern] = [
    re_path(r"^v1/(?:batch|b)/?$", views.batch, name="batch"),
    re_path(r"^v1/(track|identify|page|screen|group|alias|[tipsga])/?$", views.event, name="event"),
    re_path(r"^v1/m/?$", views.dropped),
    re_path(r"^v1/projects/([^/]+)/settings/?$", views.settings, name="event_settings"),
    re_path(r"^beacon/v1/batch/?$", views.batch),
    re_path(r"^pixel/v1/track/?$", views.pixel),
    re_path(r"^v1/.*$", views.unknown),
    re_path(r"^hooks/([a-z0-9._-]{1,60})/?$", views.hook, name="hook"),
    path("api/customers/<uuid:pk>", people.customer, name="api_customer"),
    path("api/identity/refusals", people.refusals, name="api_refusals"),
    path("health", views.health, name="health"),
]
