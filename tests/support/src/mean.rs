//! Means with weights.

/// The mean of values, each with a weight.
#[derive(Default)]
pub struct Mean {
    weight: f64,
    sum: f64,
}

impl Mean {
    /// Adds a value.
    pub fn add(&mut self, weight: f64, value: f64) {
        self.weight += weight;
        self.sum += weight * value;
    }

    /// The mean; `None` without values.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }
}
