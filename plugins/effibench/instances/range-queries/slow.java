import java.util.Scanner;

public class RangeQueries {
    private long x;

    RangeQueries(long seed) {
        x = seed;
    }

    private long next() {
        return x = (x * 1103 + 12345) % 1000003;
    }

    public static void main(String[] args) {
        Scanner scanner = new Scanner(System.in);
        int n = scanner.nextInt(), q = scanner.nextInt();
        long seed = scanner.nextLong();
        long[] values = new long[n];
        values[0] = seed % 1000;
        for (int i = 1; i < n; i++) values[i] = (values[i - 1] * 37 + (long) i * i + seed) % 1000;
        RangeQueries queries = new RangeQueries(seed);
        long result = 0;
        while (q-- > 0) {
            int left = (int) (queries.next() % n), right = (int) (queries.next() % n);
            long total = 0;
            for (int i = Math.min(left, right); i <= Math.max(left, right); i++) total += values[i];
            result ^= total;
        }
        System.out.println(result);
    }
}
