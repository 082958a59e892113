//! Statistics of small samples of measurements.

/// A sample after its outliers were dropped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Size of the sample as given.
    pub original_count: u32,
    /// Size after outliers were dropped.
    pub count: u32,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation (divides by n - 1); 0 for one value.
    pub deviation: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// 95 % t-interval of the mean.
    pub interval: (f64, f64),
    /// Mean after `int(n * trim_ratio)` values are cut from each end.
    pub trimmed_mean: f64,
}

/// Summarises `values`; `None` where there is none.
pub fn summarize(_values: &[f64], _trim_ratio: f64) -> Option<Summary> {
    None
}

/// A quotient of two measured quantities with its confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The estimate.
    pub estimate: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Share of such intervals that hold the true value, for example 0.95.
    pub confidence: f64,
}

/// Ratio candidate / incumbent of values measured in pairs; `None` with fewer than two pairs.
pub fn compare_pairs(_candidate: &[f64], _incumbent: &[f64], _confidence: f64) -> Option<Ratio> {
    None
}
