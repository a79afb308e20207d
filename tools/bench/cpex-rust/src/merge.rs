//! The merge of what a plugin made of its view.
use std::hint::black_box;
use std::time::Duration;

use cpex_core::extensions::{DelegationHop, Extensions, OwnedExtensions};
use cpu_time::ProcessTime;
use serde_json::{Value, json};

use crate::case::{Case, Outcome, expect};
use crate::envelope::{Grant, check_view, envelope_of, grant_of, holds};
use crate::hook::view_with_tokens;

/// How many pairs are made beforehand. More would not stay in the processor's cache.
const BATCH: u64 = 64;

pub struct Merging {
    envelope: Extensions,
    grant: Grant,
    /// What the plugin was shown, with the tokens that let it write.
    view: Extensions,
    edit: Edit,
    last: Extensions,
}

impl Merging {
    pub fn new(input: &Value) -> Outcome<Self> {
        let envelope = envelope_of(input)?;
        let grant = grant_of(input)?;
        let view = view_with_tokens(&envelope, &grant)?;
        check_view(&view, &grant)?;
        let edit = edit_named(input["edit"].as_str().unwrap_or_default())?;
        Ok(Self {
            envelope,
            grant,
            view,
            edit,
            last: Extensions::default(),
        })
    }

    /// A merge takes both of its sides, so each run needs a pair of its own.
    fn pairs(&self, count: u64) -> Vec<(Extensions, OwnedExtensions)> {
        let pair = |_| {
            let mut returned = self.view.cow_copy();
            (self.edit.make)(&mut returned);
            (self.envelope.clone(), returned)
        };
        (0..count).map(pair).collect()
    }
}

impl Case for Merging {
    fn run(&mut self, times: u64) -> Duration {
        let mut spent = Duration::ZERO;
        let mut left = times;
        while left > 0 {
            let count = left.min(BATCH);
            let pairs = self.pairs(count);
            let start = ProcessTime::now();
            for (mut envelope, returned) in pairs {
                merge(black_box(&mut envelope), black_box(returned), &self.grant);
                // The merged envelope before is freed here, within the timing.
                self.last = envelope;
            }
            spent += start.elapsed();
            left -= count;
        }
        spent
    }

    fn check(&self, _: u64) -> Outcome {
        let mut wanted = serde_json::to_value(&self.envelope)?;
        (self.edit.expect)(&mut wanted);
        let merged = serde_json::to_value(&self.last)?;
        let same = holds(&wanted, &merged) && holds(&merged, &wanted);
        expect(
            same,
            "the merged envelope is the one before with the edit in it",
        )
    }
}

/// What the executor does once a plugin has returned: its checks, in its order, and the merge.
fn merge(envelope: &mut Extensions, returned: OwnedExtensions, grant: &Grant) {
    let keeps_labels = !grant.contains("read_labels")
        || match (&envelope.security, &returned.security) {
            (Some(before), Some(after)) => after.labels.is_superset(&before.labels),
            _ => true,
        };
    if envelope.validate_immutable(&returned)
        && keeps_labels
        && envelope.candidate_constraint_write_ok(&returned, grant)
    {
        envelope.merge_owned(returned);
    }
}

struct Edit {
    /// What the plugin does with its copy.
    make: fn(&mut OwnedExtensions),
    /// The same, on what is to come of it.
    expect: fn(&mut Value),
}

fn edit_named(name: &str) -> Outcome<Edit> {
    Ok(match name {
        "none" => Edit {
            make: |_| {},
            expect: |_| {},
        },
        "label" => Edit {
            make: add_label,
            expect: |all| push(&mut all["security"]["labels"], json!("ADDED")),
        },
        "header" => Edit {
            make: set_header,
            expect: |all| all["http"]["request_headers"]["x-added"] = json!("added"),
        },
        "hop" => Edit {
            make: append_hop,
            expect: expect_hop,
        },
        "custom" => Edit {
            make: replace_custom,
            expect: |all| all["custom"]["first"] = json!(2),
        },
        _ => return Err(format!("there is no edit {name}").into()),
    })
}

fn add_label(copy: &mut OwnedExtensions) {
    if let Some(security) = &mut copy.security {
        security.add_label("ADDED");
    }
}

fn set_header(copy: &mut OwnedExtensions) {
    if let (Some(http), Some(token)) = (&mut copy.http, &copy.http_write_token) {
        http.write(token).set_header("x-added", "added");
    }
}

fn append_hop(copy: &mut OwnedExtensions) {
    let hop: Option<DelegationHop> = serde_json::from_value(hop()).ok();
    if let (Some(delegation), Some(hop)) = (&mut copy.delegation, hop) {
        delegation.append_hop(hop);
    }
}

fn replace_custom(copy: &mut OwnedExtensions) {
    if let Some(custom) = &mut copy.custom {
        custom.insert("first".to_owned(), json!(2));
    }
}

fn hop() -> Value {
    json!({
        "subject_id": "agent-2",
        "subject_type": "agent",
        "audience": "agent-3",
        "scopes_granted": ["tools:read"],
        "timestamp": "2026-01-01T00:00:01Z",
        "ttl_seconds": 60,
        "strategy": "token_exchange",
        "from_cache": false,
    })
}

fn expect_hop(all: &mut Value) {
    push(&mut all["delegation"]["chain"], hop());
    all["delegation"]["depth"] = json!(3);
}

fn push(list: &mut Value, item: Value) {
    if let Value::Array(items) = list {
        items.push(item);
    }
}
