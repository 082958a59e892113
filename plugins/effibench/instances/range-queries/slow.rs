use std::io;

fn next(x: &mut i64) -> i64 {
    *x = (*x * 1103 + 12345) % 1_000_003;
    *x
}

fn main() {
    let mut line = String::new();
    io::stdin().read_line(&mut line).unwrap();
    let numbers: Vec<i64> = line.split_whitespace().map(|word| word.parse().unwrap()).collect();
    let (n, q, seed) = (numbers[0], numbers[1], numbers[2]);
    let mut values = vec![seed % 1000];
    for i in 1..n {
        values.push((values[i as usize - 1] * 37 + i * i + seed) % 1000);
    }
    let (mut x, mut result) = (seed, 0);
    for _ in 0..q {
        let (one, other) = (next(&mut x) % n, next(&mut x) % n);
        let mut total = 0;
        for i in one.min(other)..=one.max(other) {
            total += values[i as usize];
        }
        result ^= total;
    }
    println!("{result}");
}
