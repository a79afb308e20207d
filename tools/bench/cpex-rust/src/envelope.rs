//! The envelope and the grants as they come with a line, and what a view of them shows.
use std::collections::HashSet;

use cpex_core::extensions::Extensions;
use serde_json::Value;

use crate::case::{Outcome, expect};

pub type Grant = HashSet<String>;

pub fn envelope_of(input: &Value) -> Outcome<Extensions> {
    let envelope: Extensions = serde_json::from_value(input["envelope"].clone())?;
    let kept = serde_json::to_value(&envelope)?;
    expect(holds(&input["envelope"], &kept), "every slot is read")?;
    Ok(envelope)
}

pub fn grant_of(input: &Value) -> Outcome<Grant> {
    Ok(serde_json::from_value(input["capabilities"].clone())?)
}

/// Whether all of `wanted` is in `given`. Sets come in any order, and 0 is 0.0.
pub fn holds(wanted: &Value, given: &Value) -> bool {
    match (wanted, given) {
        (Value::Object(wanted), Value::Object(given)) => wanted
            .iter()
            .all(|(key, value)| given.get(key).is_some_and(|kept| holds(value, kept))),
        (Value::Array(wanted), Value::Array(given)) => {
            wanted.len() == given.len() && same_items(wanted, given)
        }
        (Value::Number(wanted), Value::Number(given)) => wanted.as_f64() == given.as_f64(),
        _ => wanted == given,
    }
}

fn same_items(wanted: &[Value], given: &[Value]) -> bool {
    if wanted.iter().all(Value::is_string) {
        return wanted.iter().all(|text| given.contains(text));
    }
    wanted
        .iter()
        .zip(given)
        .all(|(one, other)| holds(one, other))
}

/// Fails unless the view shows what is granted, and no more.
pub fn check_view(view: &Extensions, grant: &Grant) -> Outcome {
    let may = |name: &str| grant.contains(name);
    expect(view.http.is_some() == may("read_headers"), "headers")?;
    expect(view.agent.is_some() == may("read_agent"), "agent")?;
    expect(
        view.delegation.is_some() == may("read_delegation"),
        "delegation",
    )?;
    let security = view.security.as_ref().ok_or("security is there")?;
    let labels = if may("read_labels") { 4 } else { 0 };
    expect(security.labels.len() == labels, "labels")?;
    let roles = security
        .subject
        .as_ref()
        .map_or(0, |subject| subject.roles.len());
    expect(roles == if may("read_roles") { 5 } else { 0 }, "roles")
}
