// SPDX-License-Identifier: MIT
// Starts, sorts a little, ends.
import java.util.stream.IntStream;

class Start {
    public static void main(String[] args) {
        int sum = IntStream.range(0, 1000000).map(i -> i * 31 % 1009).sum();
        if (sum == 0)
            throw new IllegalStateException();
    }
}
