//! The effibench task: make correct programs faster or leaner.
