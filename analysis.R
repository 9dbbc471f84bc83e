x <- numeric(4e6); print(sum(x))
