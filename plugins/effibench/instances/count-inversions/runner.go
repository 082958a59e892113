package main

import "fmt"

// ==Code Submission==

func main() {
	var n int
	fmt.Scan(&n)
	nums := make([]int, n)
	for i := range nums {
		fmt.Scan(&nums[i])
	}
	fmt.Println(countInversions(nums))
}
