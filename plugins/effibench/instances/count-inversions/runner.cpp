#include <iostream>
#include <vector>
using namespace std;

// ==Code Submission==

int main() {
    int n;
    cin >> n;
    vector<int> nums(n);
    for (int& num : nums) cin >> num;
    cout << Solution().countInversions(nums) << endl;
}
