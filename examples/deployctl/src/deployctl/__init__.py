"""Deploys applications to Kubernetes, Docker and plain hosts from one inventory."""
