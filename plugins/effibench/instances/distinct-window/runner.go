==Code Submission==

func main() {
	reader := bufio.NewReader(os.Stdin)
	s, _ := reader.ReadString('\n')
	var k int
	fmt.Fscan(reader, &k)
	fmt.Println(longestWindow(strings.TrimSpace(s), k))
}
