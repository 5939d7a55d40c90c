"""Addresses of what is done to contacts."""

from django.urls import URLPattern, path

from sterna.desk.contacts import views

urlpatterns: list[URLPattern] = [
    path("contacts/<uuid:pk>/preview", views.preview, name="contact_preview"),
    path("contacts/<uuid:pk>/settle", views.settle, name="contact_settle"),
    path("contacts/<uuid:pk>/accept", views.accept, name="contact_accept"),
    path("contacts/<uuid:pk>/withdraw", views.withdraw, name="contact_withdraw"),
    path("contacts/tasks/<uuid:pk>/done", views.task_done, name="task_done"),
]
