# SPDX-License-Identifier: MIT
# vectors.R TIMES: vectors of several million numbers, a matrix, a model.
set.seed(1)
times <- as.integer(commandArgs(trailingOnly = TRUE)[1])
total <- 0
for (turn in seq_len(times)) {
    x <- runif(2e6 + 5e5 * (turn %% 3))
    y <- 2 * x + rnorm(length(x))
    z <- ifelse(x > 0.5, sqrt(x), x^2) + y
    parts <- split(z, rep(1:100, length.out = length(z)))
    model <- lm.fit(cbind(1, x), y)
    total <- total + sum(vapply(parts, mean, 0)) + model$coefficients[[2]]
}
cat(sprintf("%.4f\n", total))
