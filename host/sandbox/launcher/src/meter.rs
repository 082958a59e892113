//! Memory over time: the peak, and the area under it.

/// Takes the samples of one run.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    started_ns: u64,
    last: (u64, u64),
    peak_bytes: u64,
    byte_nanoseconds: u128,
    samples: u64,
    ended_ns: u64,
}

impl Meter {
    /// The program starts at `at_ns`.
    pub(crate) fn start(&mut self, at_ns: u64) {
        self.started_ns = at_ns;
        self.last = (at_ns, 0);
    }

    /// All processes hold `bytes` at `at_ns`.
    pub(crate) fn add(&mut self, at_ns: u64, bytes: u64) {
        // The first reading is what the program started with.
        let before = if self.samples == 0 { bytes } else { self.last.1 };
        let at_ns = at_ns.max(self.last.0);
        // Twice the area of the trapezoid, halved at the end.
        self.byte_nanoseconds += u128::from(at_ns - self.last.0) * (u128::from(before) + u128::from(bytes));
        self.last = (at_ns, bytes);
        self.peak_bytes = self.peak_bytes.max(bytes);
        self.samples += 1;
    }

    /// All processes ended at `at_ns`; 0: they did, but did not come to noting it.
    pub(crate) fn end(&mut self, at_ns: u64) {
        let at_ns = if at_ns == 0 { crate::sys::process::now_ns() } else { at_ns }.max(self.last.0);
        self.byte_nanoseconds += u128::from(at_ns - self.last.0) * 2 * u128::from(self.last.1);
        self.ended_ns = at_ns;
    }

    /// From start to end, nanoseconds.
    pub(crate) fn wall_ns(&self) -> u64 {
        if self.started_ns == 0 { 0 } else { self.ended_ns.saturating_sub(self.started_ns) }
    }

    /// Highest reading.
    pub(crate) fn peak_bytes(&self) -> u64 {
        self.peak_bytes
    }

    /// Number of readings.
    pub(crate) fn samples(&self) -> u64 {
        self.samples
    }

    /// The area, byte seconds.
    pub(crate) fn byte_seconds(&self) -> f64 {
        self.byte_nanoseconds as f64 / 2e9
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_trapezoids_and_both_ends() {
        let mut meter = Meter::default();
        meter.start(1_000_000_000);
        meter.add(2_000_000_000, 100);
        meter.add(4_000_000_000, 300);
        meter.end(5_000_000_000);
        assert_eq!(meter.byte_seconds(), 100.0 + 400.0 + 300.0);
        assert_eq!((meter.peak_bytes(), meter.samples(), meter.wall_ns()), (300, 2, 4_000_000_000));
    }
}
