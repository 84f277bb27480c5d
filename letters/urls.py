"""Addresses of the letters' pages."""

from django.urls import path

from letters import check_views, translation_views, views, wording_views
from letters.board import views as board

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
    path("<int:letter_id>/board/", board.board_pack, name="letter-board"),
    path("<int:letter_id>/edit/", views.edit, name="letter-edit"),
    path("<int:letter_id>/preview/", views.preview, name="letter-preview"),
    path("<int:letter_id>/copy/", views.copy, name="letter-copy"),
    path("<int:letter_id>/translation/", translation_views.translation, name="letter-translation"),
    path("<int:letter_id>/wordings/", translation_views.wordings, name="letter-wordings"),
    path("<int:letter_id>/history/", views.history, name="letter-history"),
    path("<int:letter_id>/quality/", views.quality, name="letter-quality"),
    path("<int:letter_id>/do/<slug:name>/", views.move, name="letter-move"),
    path("<int:letter_id>/pdf/", views.download, name="letter-pdf"),
    path("<int:letter_id>/pdf/<slug:language>/", views.download, name="letter-pdf-in"),
    path("wordings/", wording_views.wording_list, name="wordings"),
    path("wordings/<int:wording_id>/", wording_views.wording, name="wording"),
    path("wordings/<int:wording_id>/preview/", wording_views.preview, name="wording-preview"),
    path("wordings/<int:wording_id>/yaml/", wording_views.download, name="wording-yaml"),
    path("wordings/<int:wording_id>/copy/", wording_views.copy, name="wording-copy"),
    path("wordings/<int:wording_id>/publish/", wording_views.publish, name="wording-publish"),
    path("wordings/<int:wording_id>/part/<slug:name>/", wording_views.part, name="wording-part"),
    path("wordings/<int:wording_id>/texts/<slug:name>/", wording_views.arrange, name="wording-arrange"),
    path("wordings/<int:wording_id>/texts/<slug:name>/<slug:place>/", wording_views.text, name="wording-text"),
    path("cycle/<int:cycle_id>/wordings/", wording_views.of_cycle, name="cycle-wordings"),
]
