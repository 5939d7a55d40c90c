"""Addresses of what is done with webhooks."""

from django.urls import URLPattern, path

from sterna.desk.webhooks import views

urlpatterns: list[URLPattern] = [
    path("webhooks/new", views.endpoint_add, name="endpoint_add"),
    path("webhooks/<uuid:pk>/change", views.endpoint_change, name="endpoint_change"),
    path("webhooks/<uuid:pk>/test", views.endpoint_test, name="endpoint_test"),
    path("webhooks/<uuid:pk>/rotate", views.endpoint_rotate, name="endpoint_rotate"),
    path("webhooks/<uuid:pk>/disable", views.endpoint_disable, name="endpoint_disable"),
    path("webhooks/<uuid:pk>/enable", views.endpoint_enable, name="endpoint_enable"),
    path("webhooks/<uuid:pk>/delete", views.endpoint_delete, name="endpoint_delete"),
    path("webhooks/<uuid:pk>/resend", views.endpoint_resend, name="endpoint_resend"),
    path("webhooks/messages/<uuid:pk>/retry", views.message_retry, name="message_retry"),
]
