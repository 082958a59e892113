public class Main {
    public static void main(String[] args) throws IOException {
        BufferedReader reader = new BufferedReader(new InputStreamReader(System.in));
        String s = reader.readLine();
        System.out.println(new Solution().longestWindow(s, Integer.parseInt(reader.readLine().trim())));
    }
}

==Code Submission==
