//! Statistics of repeated measurements.

use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::kernel::ticks;

/// Repeated measurements of one thing.
#[derive(Clone, Debug, Default)]
pub struct Series(Vec<f64>);

impl Series {
    /// Adds a measurement.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
        self.0.sort_unstable_by(f64::total_cmp);
    }

    /// The least: the measurement with the fewest disturbances.
    #[must_use]
    pub fn least(&self) -> f64 {
        self.0.first().copied().unwrap_or(f64::NAN)
    }

    /// The median.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// From a quarter to three quarters: the middle half, as a share of the median.
    #[must_use]
    pub fn spread(&self) -> f64 {
        (self.quantile(0.75) - self.quantile(0.25)) / self.median()
    }

    fn quantile(&self, share: f64) -> f64 {
        let index = (self.0.len().saturating_sub(1) as f64 * share).round() as usize;
        self.0.get(index).copied().unwrap_or(f64::NAN)
    }
}

/// The numbers below `count` in a random order that depends on `round` alone. So no measurement
/// always comes after the same other one, which leaves its traces in caches.
#[must_use]
pub fn order(round: usize, count: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..count).collect();
    Rng::with_seed(round as u64).shuffle(&mut order);
    order
}

/// The length of a tick of [`ticks`], found by comparison with the system's clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    nanoseconds_per_tick: f64,
}

impl Clock {
    /// Takes a tenth of a second.
    #[must_use]
    pub fn calibrate() -> Self {
        let (start, first) = (Instant::now(), ticks());
        while start.elapsed() < Duration::from_millis(100) {
            std::hint::spin_loop();
        }
        let (elapsed, last) = (start.elapsed(), ticks());
        Self { nanoseconds_per_tick: elapsed.as_nanos() as f64 / (last - first) as f64 }
    }

    /// Ticks as nanoseconds.
    #[must_use]
    pub fn nanoseconds(self, ticks: u64) -> f64 {
        ticks as f64 * self.nanoseconds_per_tick
    }
}

#[cfg(test)]
mod tests {
    use super::{Series, order};

    #[test]
    fn every_round_measures_everything_once_in_an_order_of_its_own() {
        let orders: Vec<_> = (0..20).map(|round| order(round, 6)).collect();
        for order in &orders {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4, 5]);
        }
        let after_the_first =
            |order: &Vec<usize>| order.iter().skip_while(|&&index| index != 0).nth(1).copied();
        let mut followers: Vec<_> = orders.iter().map(after_the_first).collect();
        followers.sort_unstable();
        followers.dedup();
        assert!(followers.len() > 4, "{followers:?}");
    }

    #[test]
    fn the_median_and_the_middle_half_are_the_same_with_outliers() {
        let mut series = Series::default();
        for value in [900.0, 3.0, 1.0, 5.0, 2.0, 4.0, 0.5] {
            series.push(value);
        }
        assert_eq!(series.median(), 3.0);
        assert_eq!(series.least(), 0.5);
        // Sorted: 0.5 1 2 3 4 5 900; the quarters round to the third and the sixth.
        assert_eq!(series.spread(), (5.0 - 2.0) / 3.0);
    }
}
