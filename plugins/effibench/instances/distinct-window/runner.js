const { readFileSync } = require('fs');

// ==Code Submission==

const [s, k] = readFileSync(0, 'utf8').split('\n');
console.log(longestWindow(s.trim(), Number(k)));
