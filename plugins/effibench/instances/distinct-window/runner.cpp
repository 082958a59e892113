==Code Submission==

int main() {
    string s;
    getline(cin, s);
    int k;
    cin >> k;
    cout << Solution().longestWindow(s, k) << "\n";
}
