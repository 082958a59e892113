package p;

import java.util.Scanner;
import java.util.stream.IntStream;

public class Solution {
    public long countInversions(int[] nums) {
        return IntStream.range(0, nums.length)
            .mapToLong(i -> IntStream.range(0, i).filter(j -> nums[j] > nums[i]).count())
            .sum();
    }
}
