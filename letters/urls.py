"""Addresses of the letters' pages."""

from django.urls import path

from letters import batch_views, views

urlpatterns = [
    path("", views.letter_list, name="letters"),
    path("approval/", batch_views.queue, name="letter-approval"),
    path("approval/start/", batch_views.new_batch, name="letter-batch-new"),
    path("batches/", batch_views.batch_list, name="letter-batches"),
    path("batches/<int:batch_id>/", batch_views.batch, name="letter-batch"),
    path("batches/<int:batch_id>/<slug:what>/", batch_views.act_on_batch, name="letter-batch-act"),
    path("zip/", batch_views.zip_page, name="letter-zip"),
    path("zip/file/", batch_views.zip_file, name="letter-zip-file"),
    path("assessment/<int:assessment_id>/correction/", batch_views.correction, name="letter-correction"),
    path("assessment/<int:assessment_id>/", views.of_assessment, name="assessment-letters"),
    path("assessment/<int:assessment_id>/draft/", views.draft, name="letter-draft"),
    path("assessment/<int:assessment_id>/submission/", views.submission, name="submission-pdf"),
    path("<int:letter_id>/", views.letter, name="letter"),
    path("<int:letter_id>/edit/", views.edit, name="letter-edit"),
    path("<int:letter_id>/history/", views.history, name="letter-history"),
    path("<int:letter_id>/quality/", views.quality, name="letter-quality"),
    path("<int:letter_id>/do/<slug:name>/", views.move, name="letter-move"),
    path("<int:letter_id>/pdf/", views.download, name="letter-pdf"),
    path("<int:letter_id>/pdf/<slug:language>/", views.download, name="letter-pdf-in"),
]
