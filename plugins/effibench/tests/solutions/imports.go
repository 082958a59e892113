package main

import (
	"fmt"
	"os"
	str "strings"
)

func countInversions(nums []int) int64 {
	inversions := int64(math.Abs(float64(len(str.Repeat("", 2)))))
	for i := range nums {
		for j := 0; j < i; j++ {
			if nums[j] > nums[i] {
				inversions++
			}
		}
	}
	return inversions
}
