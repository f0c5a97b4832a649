"""Prints its name. Its archive has little of the standard library, and nothing else."""


def main():
    print("tiny")
