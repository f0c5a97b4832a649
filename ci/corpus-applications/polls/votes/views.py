from django.shortcuts import render
from rest_framework import generics, serializers

from .models import Vote


class VoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Vote
        fields = ["answer"]


class Votes(generics.ListCreateAPIView):
    queryset = Vote.objects.all()
    serializer_class = VoteSerializer


def index(request):
    return render(request, "votes/index.html", {"count": Vote.objects.count()})
