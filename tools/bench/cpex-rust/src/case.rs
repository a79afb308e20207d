//! What can be timed, and what says that it did not work.
use std::error::Error;
use std::time::Duration;

pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

pub trait Case {
    /// Runs it that many times and returns the processor time that took.
    fn run(&mut self, times: u64) -> Duration;
    /// Fails unless all of it ran and the last run gave what it should.
    fn check(&self, times: u64) -> Outcome;
}

pub fn expect(is_so: bool, what: &str) -> Outcome {
    if is_so { Ok(()) } else { Err(what.into()) }
}
