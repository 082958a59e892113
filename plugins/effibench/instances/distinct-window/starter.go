func longestWindow(s string, k int) int {

}
