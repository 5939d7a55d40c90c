"""Addresses of what is done to a plan."""

from django.urls import URLPattern, path

from sterna.desk.plans import views

urlpatterns: list[URLPattern] = [path("plans/<uuid:pk>/approve", views.approve, name="plan_approve")]
