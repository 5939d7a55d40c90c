"""Addresses of what is done with files that come in."""

from django.urls import URLPattern, path

from sterna.desk.sources import views, views_keys

urlpatterns: list[URLPattern] = [
    path("uploads/new", views.upload_new, name="upload_new"),
    path("uploads/<uuid:pk>/start", views.upload_start, name="upload_start"),
    path("uploads/<uuid:pk>/remove", views.upload_remove, name="upload_remove"),
    path("imports/<uuid:pk>/cancel", views.import_cancel, name="import_cancel"),
    path("imports/<uuid:pk>/resume", views.import_resume, name="import_resume"),
    path("sources/new", views_keys.source_add, name="source_add"),
    path("sources/<uuid:pk>/keys", views_keys.key_make, name="key_make"),
    path("sources/keys/<uuid:pk>/rotate", views_keys.key_rotate, name="key_rotate"),
    path("sources/keys/<uuid:pk>/disable", views_keys.key_disable, name="key_disable"),
    path("sources/<uuid:pk>/strict", views_keys.source_strict, name="source_strict"),
    path("sources/<uuid:pk>/webhook", views_keys.webhook_open, name="webhook_open"),
    path("sources/<uuid:pk>/webhook/rotate", views_keys.webhook_rotate, name="webhook_rotate"),
    path("sources/<uuid:pk>/webhook/close", views_keys.webhook_close, name="webhook_close"),
    path("sources/letters/<int:pk>/replay", views_keys.letter_replay, name="letter_replay"),
]
