# SPDX-License-Identifier: MIT
"""sklearn_models.py ROWS: scaling, principal components, clusters, a forest."""
import sys

import numpy
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

rows = int(sys.argv[1])
rng = numpy.random.default_rng(1)
x = rng.normal(size=(rows, 30))
y = x[:, 0] * x[:, 1] + rng.normal(size=rows)
wide = StandardScaler().fit_transform(PolynomialFeatures(2).fit_transform(x))
few = PCA(8, svd_solver="randomized", random_state=1).fit_transform(wide)
clusters = KMeans(8, n_init=1, random_state=1).fit(few)
forest = RandomForestRegressor(3, max_depth=8, random_state=1).fit(few, y)
print(f"{clusters.inertia_:.4g} {forest.predict(few).mean():.4f}")
