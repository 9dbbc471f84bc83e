// SPDX-License-Identifier: MIT
// Direct buffers, threads, native compression, exceptions.

import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

public class Work {
    static boolean isZero(ByteBuffer buffer) {
        LongBuffer words = buffer.asLongBuffer();
        long seen = 0;
        while (words.hasRemaining())
            seen |= words.get();
        for (int i = buffer.capacity() & ~7; i < buffer.capacity(); i++)
            seen |= buffer.get(i);
        return seen == 0;
    }

    static boolean zeroThenUsed(int size) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(size);
        boolean good = isZero(buffer);
        while (buffer.remaining() >= 8)
            buffer.putLong(-1);
        return good;
    }

    static long thread(int number) {
        List<byte[]> kept = new ArrayList<>();
        long sum = 0;
        for (int i = 0; i < 300; i++) {
            byte[] block = new byte[40_000 + 100 * number];
            Arrays.fill(block, (byte) i);
            kept.add(block);
            if (i % 50 == 0 && !zeroThenUsed(3_000_000 + i))
                return -1;
        }
        for (byte[] block : kept)
            sum += block[block.length - 1];
        return sum;
    }

    static void threads() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Callable<Long>> tasks = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int number = i;
            tasks.add(() -> thread(number));
        }
        for (Future<Long> result : pool.invokeAll(tasks))
            System.out.println("thread " + result.get());
        pool.shutdown();
    }

    static void compress() throws Exception {
        byte[] data = new byte[6_000_000];
        for (int i = 0; i < data.length; i++)
            data[i] = (byte) (i * 31 >> 7);
        Deflater deflater = new Deflater(3);
        deflater.setInput(data);
        deflater.finish();
        byte[] packed = new byte[8_000_000], unpacked = new byte[data.length];
        int length = deflater.deflate(packed);
        Inflater inflater = new Inflater();
        inflater.setInput(packed, 0, length);
        inflater.inflate(unpacked);
        deflater.end();
        inflater.end();
        CRC32 crc = new CRC32();
        crc.update(unpacked);
        System.out.println("zip " + Arrays.equals(data, unpacked) + " "
            + crc.getValue());
    }

    static void outOfMemory() {
        try {
            System.out.println(new long[200_000_000].length);
        } catch (OutOfMemoryError error) {
            System.out.println("caught " + error.getMessage());
        }
    }

    public static void main(String[] args) throws Exception {
        System.out.println("300 MB " + zeroThenUsed(300_000_000));
        for (int size : new int[] {1000, 300_000, 3_000_001, 3_000_001})
            System.out.println(size + " " + zeroThenUsed(size));
        threads();
        compress();
        outOfMemory();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 1_000_000; i++)
            text.append(i % 10);
        System.out.println(text.length() + " " + text.toString().hashCode());
    }
}
