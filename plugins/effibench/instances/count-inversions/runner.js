const fs = require('fs');

// ==Code Submission==

const [, ...nums] = fs.readFileSync(0, 'utf8').split(/\s+/).filter((word) => word !== '').map(Number);
console.log(countInversions(nums));
