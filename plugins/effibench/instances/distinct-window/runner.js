==Code Submission==

const [s, k] = fs.readFileSync(0, 'utf8').split('\n');
console.log(longestWindow(s.trim(), Number(k)));
