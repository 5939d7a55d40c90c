"""Addresses of what is done to definitions of best customers, and about groups A, B and C."""

from django.urls import URLPattern, path

from sterna.desk.segments import views, views_groups

urlpatterns: list[URLPattern] = [
    path("best-customers/publish", views.best_publish, name="best_publish"),
    path("best-customers/arbitrate", views.best_arbitrate, name="best_arbitrate"),
    path("best-customers/retire/<str:name>", views.best_retire, name="best_retire"),
    path("customers/<uuid:pk>/judge", views_groups.group_judge, name="group_judge"),
    path("customers/<uuid:pk>/group", views_groups.group_propose, name="group_propose"),
    path("customers/<uuid:pk>/group/stays", views_groups.group_review, name="group_review"),
    path("groups/proposals/<uuid:pk>/approve", views_groups.group_approve, name="group_approve"),
    path("groups/proposals/<uuid:pk>/decline", views_groups.group_decline, name="group_decline"),
    path("groups/terms/publish", views_groups.group_terms_publish, name="group_terms_publish"),
    path("groups/checks/start", views_groups.group_check_start, name="group_check_start"),
    path("groups/checks/asked/<int:pk>", views_groups.group_check_answer, name="group_check_answer"),
    path("groups/checks/<uuid:pk>/close", views_groups.group_check_close, name="group_check_close"),
]
