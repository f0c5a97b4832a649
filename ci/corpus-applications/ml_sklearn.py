# /// script
# requires-python = ">=3.11"
# dependencies = ["scikit-learn==1.9.1"]
# ///
"""A forest trained by two processes on a data set that the package has."""

from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

if __name__ == "__main__":
    data, target = load_iris(return_X_y=True)
    scores = cross_val_score(RandomForestClassifier(20, random_state=1), data, target, n_jobs=2)
    print("accuracy above 0.9:", scores.mean() > 0.9)
