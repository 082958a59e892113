import java.util.Scanner;

// ==Code Submission==

public class Main {
    public static void main(String[] args) {
        Scanner scanner = new Scanner(System.in);
        int[] nums = new int[scanner.nextInt()];
        for (int i = 0; i < nums.length; i++) nums[i] = scanner.nextInt();
        System.out.println(new Solution().countInversions(nums));
    }
}
