"""Addresses of what is done with credits."""

from django.urls import URLPattern, path

from sterna.desk.values import views

urlpatterns: list[URLPattern] = [
    path("customers/<uuid:pk>/credits", views.credit_record, name="credit_record"),
    path("customers/credits/<uuid:pk>/withdraw", views.credit_withdraw, name="credit_withdraw"),
]
