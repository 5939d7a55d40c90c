"""Addresses of what is done to a plan."""

from django.urls import URLPattern, path

from sterna.desk.plans import views

urlpatterns: list[URLPattern] = [
    path("plans/save", views.save, name="plan_save"),
    path("plans/<uuid:pk>/submit", views.submit, name="plan_submit"),
    path("plans/<uuid:pk>/sign", views.sign, name="plan_sign"),
    path("plans/<uuid:pk>/send-back", views.send_back, name="plan_send_back"),
    path("plans/<uuid:pk>/launch", views.launch, name="plan_launch"),
    path("plans/<uuid:pk>/close", views.close, name="plan_close"),
    path("plans/<uuid:pk>/stage", views.close_stage, name="plan_stage"),
    path("plans/<uuid:pk>/dependency", views.dependency, name="plan_dependency"),
]
