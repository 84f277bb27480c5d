"""Addresses of the letters' pages."""

from django.urls import path

from letters import check_views, views

urlpatterns = [
    path("", views.letter_list, name="letters"),
    path("assessment/<int:assessment_id>/", views.of_assessment, name="assessment-letters"),
    path("assessment/<int:assessment_id>/draft/", views.draft, name="letter-draft"),
    path("assessment/<int:assessment_id>/submission/", views.submission, name="submission-pdf"),
    path("assessment/<int:assessment_id>/check/", check_views.check, name="letter-check"),
    path("assessment/<int:assessment_id>/check/done/", check_views.done, name="letter-check-done"),
    path("assessment/<int:assessment_id>/check/point/", check_views.new_point, name="letter-point-new"),
    path("assessment/<int:assessment_id>/checks/", check_views.rounds, name="letter-checks"),
    path("checks/<int:letter_check_id>/until/", check_views.until, name="letter-check-until"),
    path("points/<int:check_point_id>/", check_views.point, name="letter-point"),
    path("points/<int:check_point_id>/remove/", check_views.remove_point, name="letter-point-remove"),
    path("points/<int:check_point_id>/answer/", check_views.answer_point, name="letter-point-answer"),
    path("<int:letter_id>/", views.letter, name="letter"),
    path("<int:letter_id>/edit/", views.edit, name="letter-edit"),
    path("<int:letter_id>/preview/", views.preview, name="letter-preview"),
    path("<int:letter_id>/copy/", views.copy, name="letter-copy"),
    path("<int:letter_id>/history/", views.history, name="letter-history"),
    path("<int:letter_id>/quality/", views.quality, name="letter-quality"),
    path("<int:letter_id>/do/<slug:name>/", views.move, name="letter-move"),
    path("<int:letter_id>/pdf/", views.download, name="letter-pdf"),
    path("<int:letter_id>/pdf/<slug:language>/", views.download, name="letter-pdf-in"),
]
