package main

import "fmt"

func main() {
	var n, q, seed int
	fmt.Scan(&n, &q, &seed)
	values := make([]int, n)
	values[0] = seed % 1000
	for i := 1; i < n; i++ {
		values[i] = (values[i-1]*37 + i*i + seed) % 1000
	}
	x, result := seed, 0
	next := func() int {
		x = (x*1103 + 12345) % 1000003
		return x
	}
	for ; q > 0; q-- {
		left := next() % n
		right := next() % n
		if left > right {
			left, right = right, left
		}
		total := 0
		for i := left; i <= right; i++ {
			total += values[i]
		}
		result ^= total
	}
	fmt.Println(result)
}
