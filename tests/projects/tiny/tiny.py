"""Says its name. Little of the standard library comes along, and nothing else."""


def main():
    print("tiny")
