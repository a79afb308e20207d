//! Times parts of CPEX in Rust, the crate `cpex-core`, for `npm run bench`.
//!
//! It reads lines of JSON and answers each with one, as `tools/bench/cpex/server.py` does:
//!
//! ```text
//! {"prepare": id, "case": name, "input": {...}}   {"prepared": id}
//! {"case": id, "times": n}                        {"cpuNs": processor time of these n runs}
//! ```
//!
//! Whatever goes wrong, a check included, is answered by `{"error": text}`. Checks are not timed.
//! With `--version` it prints the versions of the crate and of the compiler, and exits.

mod case;
mod envelope;
mod filter;
mod hook;

use std::collections::HashMap;
use std::env;
use std::io::{self, BufRead, Write};

use serde_json::{Value, json};

use case::{Case, Outcome};

fn main() -> io::Result<()> {
    if env::args().any(|argument| argument == "--version") {
        println!("{} {}", env!("CPEX_VERSION"), env!("RUSTC_VERSION"));
        return Ok(());
    }
    let mut prepared = HashMap::new();
    let mut answers = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = answer(&line?, &mut prepared)
            .unwrap_or_else(|error| json!({ "error": error.to_string() }));
        writeln!(answers, "{answer}")?;
        answers.flush()?;
    }
    Ok(())
}

fn answer(line: &str, prepared: &mut HashMap<String, Box<dyn Case>>) -> Outcome<Value> {
    let request: Value = serde_json::from_str(line)?;
    let name = request["case"].as_str().ok_or("a case is named")?;
    if let Some(id) = request["prepare"].as_str() {
        prepared.insert(id.to_owned(), case_named(name, &request["input"])?);
        return Ok(json!({ "prepared": id }));
    }
    let case = prepared.get_mut(name).ok_or("the case is prepared")?;
    let times = request["times"].as_u64().ok_or("times is a number")?;
    let spent = case.run(times);
    case.check(times)?;
    Ok(json!({ "cpuNs": u64::try_from(spent.as_nanos())? }))
}

fn case_named(name: &str, input: &Value) -> Outcome<Box<dyn Case>> {
    Ok(match name {
        "filter" => Box::new(filter::Filtering::new(input)?),
        "execute" => Box::new(hook::Executing::new(input)?),
        _ => return Err(format!("unknown case {name}").into()),
    })
}
