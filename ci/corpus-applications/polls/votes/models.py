from django.db import models


class Vote(models.Model):
    answer = models.CharField(max_length=20)
