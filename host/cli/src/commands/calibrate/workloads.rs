//! A program for each language that works for about a tenth of a second: arithmetic, a table that is
//! filled and sorted, a few megabytes of memory.

/// Language and source.
pub(super) const WORKLOADS: [(&str, &str); 8] = [
    (
        "python3",
        "x = 1
table = {}
for i in range(120000):
    x = x * 1103515245 + 12345 & 0x7FFFFFFF
    table[x % 50000] = i
print(sum(sorted(table.values())) % 1000007)
",
    ),
    (
        "cpp",
        "#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>
int main() {
    std::uint32_t x = 1;
    std::vector<std::uint32_t> table(1000000);
    for (auto& value : table) value = x = x * 1103515245u + 12345u;
    std::sort(table.begin(), table.end());
    std::printf(\"%u\\n\", table[500000]);
}
",
    ),
    (
        "c",
        "#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
static int order(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}
int main(void) {
    static uint32_t table[700000];
    uint32_t x = 1;
    for (int i = 0; i < 700000; i++) table[i] = x = x * 1103515245u + 12345u;
    qsort(table, 700000, sizeof table[0], order);
    printf(\"%u\\n\", (unsigned)table[350000]);
    return 0;
}
",
    ),
    (
        "java",
        "import java.util.Arrays;
public class Main {
    public static void main(String[] arguments) {
        int[] table = new int[700000];
        int x = 1;
        for (int i = 0; i < table.length; i++) table[i] = x = x * 1103515245 + 12345;
        Arrays.sort(table);
        System.out.println(table[table.length / 2]);
    }
}
",
    ),
    (
        "javascript",
        "const table = new Array(150000);
let x = 1;
for (let i = 0; i < table.length; i++) table[i] = x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff;
table.sort((a, b) => a - b);
console.log(table[table.length >> 1]);
",
    ),
    (
        "golang",
        "package main

import (
    \"fmt\"
    \"sort\"
)

func main() {
    table := make([]int, 400000)
    x := uint32(1)
    for i := range table {
        x = x*1103515245 + 12345
        table[i] = int(x)
    }
    sort.Ints(table)
    fmt.Println(table[len(table)/2])
}
",
    ),
    (
        "ruby",
        "x = 1
table = Array.new(250_000) { x = (x * 1103515245 + 12345) & 0x7fffffff }
table.sort!
puts table[table.size / 2]
",
    ),
    (
        "rust",
        "fn main() {
    let mut x = 1u32;
    let mut table: Vec<u32> = (0..1_500_000)
        .map(|_| {
            x = x.wrapping_mul(1103515245).wrapping_add(12345);
            x
        })
        .collect();
    table.sort_unstable();
    println!(\"{}\", table[table.len() / 2]);
}
",
    ),
];
