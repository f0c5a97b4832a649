from django.urls import path

from votes import views

urlpatterns = [path("", views.index), path("api/votes/", views.Votes.as_view())]
