"""Addresses of the assurance pages. Named as the pages are called in conversation."""

from django.contrib.auth import views as auth
from django.urls import path, reverse_lazy

from assurance.forms.session import AskForPasswordForm, NewPasswordForm
from assurance.views import assessments, cycles, give, health, pages, session, transitions

urlpatterns = [
    path("", assessments.home, name="home"),
    path("assessments/", assessments.assessment_list, name="assessments"),
    path("assessments/<int:assessment_id>/", assessments.overview, name="assessment"),
    path("assessments/<int:assessment_id>/give/", give.give, name="give"),
    path("assessments/<int:assessment_id>/record/", assessments.record, name="record"),
    path("assessments/<int:assessment_id>/timeline/", assessments.timeline, name="timeline"),
    path("assessments/<int:assessment_id>/benchmarks/<int:number>/", assessments.answer, name="answer"),
    path("assessments/<int:assessment_id>/review/<int:number>/", assessments.review, name="review"),
    path("assessments/<int:assessment_id>/strengths/", assessments.strengths, name="strengths"),
    path("assessments/<int:assessment_id>/recommendations/", assessments.recommendations, name="recommendations"),
    path("assessments/<int:assessment_id>/questions/", assessments.questions, name="questions"),
    path("assessments/<int:assessment_id>/questions/<int:question_id>/", assessments.question, name="question"),
    path("assessments/<int:assessment_id>/do/<slug:name>/", transitions.transition, name="transition"),
    path("cycles/", cycles.cycle_list, name="cycles"),
    path("cycles/new/", cycles.create, name="cycle-new"),
    path("cycles/<int:cycle_id>/", cycles.cycle, name="cycle"),
    path("cycles/<int:cycle_id>/edit/", cycles.edit, name="cycle-edit"),
    path("cycles/<int:cycle_id>/open/", cycles.open_page, name="cycle-open"),
    path("cycles/<int:cycle_id>/close/", cycles.close_page, name="cycle-close"),
    path("sign-in/", session.sign_in, name="sign-in"),
    path("sign-out/", session.sign_out, name="sign-out"),
    path("signed-out/", session.signed_out, name="signed-out"),
    path(
        "password/",
        auth.PasswordResetView.as_view(
            form_class=AskForPasswordForm,
            email_template_name="registration/password_reset_email.txt",
            subject_template_name="registration/password_reset_subject.txt",
            success_url=reverse_lazy("password-reset-done"),
        ),
        name="password-reset",
    ),
    path("password/sent/", auth.PasswordResetDoneView.as_view(), name="password-reset-done"),
    path(
        "password/<uidb64>/<token>/",
        auth.PasswordResetConfirmView.as_view(
            form_class=NewPasswordForm, success_url=reverse_lazy("password-reset-complete")
        ),
        name="password-reset-confirm",
    ),
    path("password/done/", auth.PasswordResetCompleteView.as_view(), name="password-reset-complete"),
    path("help/", pages.page, {"name": "help"}, name="help"),
    path("accessibility/", pages.page, {"name": "accessibility"}, name="accessibility"),
    path("cookies/", pages.page, {"name": "cookies"}, name="cookies"),
    path("privacy/", pages.page, {"name": "privacy"}, name="privacy"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]
