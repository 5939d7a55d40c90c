"""Addresses of what is done to definitions of best customers."""

from django.urls import URLPattern, path

from sterna.desk.segments import views

urlpatterns: list[URLPattern] = [
    path("best-customers/publish", views.best_publish, name="best_publish"),
    path("best-customers/arbitrate", views.best_arbitrate, name="best_arbitrate"),
    path("best-customers/retire/<str:name>", views.best_retire, name="best_retire"),
]
