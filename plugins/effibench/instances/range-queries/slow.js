const [n, q, seed] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number);
const values = [seed % 1000];
for (let i = 1; i < n; i++) values.push((values[i - 1] * 37 + i * i + seed) % 1000);
let x = seed;
const next = () => (x = (x * 1103 + 12345) % 1000003);
let result = 0;
for (let query = 0; query < q; query++) {
  const one = next() % n;
  const other = next() % n;
  let total = 0;
  for (let i = Math.min(one, other); i <= Math.max(one, other); i++) total += values[i];
  result ^= total;
}
console.log(result);
