//! The number of figures in each column of a table.

/// The number of ratios of lengths in each column of the table in docs/figures.md.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    ratios: Vec<f64>,
}

impl Distribution {
    /// Adds a ratio.
    pub fn add(&mut self, ratio: f64) {
        self.ratios.push(ratio);
    }

    /// A row of the table: the number of ratios up to each bound, the mean, and the greatest.
    ///
    /// # Panics
    ///
    /// If there is no ratio.
    pub fn row(&mut self) -> String {
        self.ratios.sort_by(f64::total_cmp);
        let mut cells = Vec::new();
        let mut before = 0;
        for bound in [0.25, 0.5, 0.75, 0.999_999, 1.0, f64::INFINITY] {
            let up_to = self.ratios.partition_point(|ratio| *ratio <= bound);
            cells.push((up_to - before).to_string());
            before = up_to;
        }
        let mean = self.ratios.iter().sum::<f64>() / self.ratios.len() as f64;
        cells.push(format!("{mean:.2}"));
        cells.push(format!("{:.2}", self.ratios.last().unwrap()));
        cells.join(" | ")
    }
}
