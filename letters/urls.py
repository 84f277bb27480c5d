"""Addresses of the letters' pages."""

from django.urls import path

from letters import views
from letters.board import views as board

urlpatterns = [
    path("", views.letter_list, name="letters"),
    path("assessment/<int:assessment_id>/", views.of_assessment, name="assessment-letters"),
    path("assessment/<int:assessment_id>/draft/", views.draft, name="letter-draft"),
    path("assessment/<int:assessment_id>/submission/", views.submission, name="submission-pdf"),
    path("<int:letter_id>/", views.letter, name="letter"),
    path("<int:letter_id>/board/", board.board_pack, name="letter-board"),
    path("<int:letter_id>/edit/", views.edit, name="letter-edit"),
    path("<int:letter_id>/history/", views.history, name="letter-history"),
    path("<int:letter_id>/quality/", views.quality, name="letter-quality"),
    path("<int:letter_id>/do/<slug:name>/", views.move, name="letter-move"),
    path("<int:letter_id>/pdf/", views.download, name="letter-pdf"),
    path("<int:letter_id>/pdf/<slug:language>/", views.download, name="letter-pdf-in"),
]
