//! The filter.
use std::hint::black_box;
use std::time::Duration;

use cpex_core::extensions::{Extensions, filter_extensions};
use cpu_time::ProcessTime;
use serde_json::Value;

use crate::case::{Case, Outcome};
use crate::envelope::{Grant, check_view, envelope_of, grant_of};

pub struct Filtering {
    envelope: Extensions,
    grant: Grant,
    last: Extensions,
}

impl Filtering {
    pub fn new(input: &Value) -> Outcome<Self> {
        Ok(Self {
            envelope: envelope_of(input)?,
            grant: grant_of(input)?,
            last: Extensions::default(),
        })
    }
}

impl Case for Filtering {
    fn run(&mut self, times: u64) -> Duration {
        let start = ProcessTime::now();
        for _ in 0..times {
            // The view before is freed here, within the timing.
            self.last = filter_extensions(black_box(&self.envelope), black_box(&self.grant));
        }
        start.elapsed()
    }

    fn check(&self, _: u64) -> Outcome {
        check_view(&self.last, &self.grant)
    }
}
