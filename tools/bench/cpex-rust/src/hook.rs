//! A whole hook: the manager over sequential plugins of one kind.
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

use cpex_core::context::PluginContext;
use cpex_core::define_hook;
use cpex_core::executor::PipelineResult;
use cpex_core::extensions::{Extensions, filter_extensions};
use cpex_core::hooks::{HookHandler, HookTypeDef, PluginResult};
use cpex_core::impl_plugin_payload;
use cpex_core::manager::PluginManager;
use cpex_core::plugin::{Plugin, PluginConfig};
use cpu_time::ProcessTime;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::case::{Case, Outcome, expect};
use crate::envelope::{Grant, check_view, envelope_of, grant_of};

/// The crate takes ownership of a payload: with this, cloning its contents is not timed.
#[derive(Clone)]
pub struct ToolCall(Arc<Value>);
impl_plugin_payload!(ToolCall);

define_hook! {
    ToolPreInvoke, "tool_pre_invoke" => {
        payload: ToolCall,
        result: PluginResult<ToolCall>,
    }
}

/// A plugin that does one thing, and waits for nothing.
struct Doing<F> {
    config: PluginConfig,
    act: F,
}

impl<F: Fn(&str, &Extensions) -> PluginResult<ToolCall> + Send + Sync> Plugin for Doing<F> {
    fn config(&self) -> &PluginConfig {
        &self.config
    }
}

impl<F> HookHandler<ToolPreInvoke> for Doing<F>
where
    F: Fn(&str, &Extensions) -> PluginResult<ToolCall> + Send + Sync,
{
    async fn handle(
        &self,
        _: &ToolCall,
        extensions: &Extensions,
        _: &mut PluginContext,
    ) -> PluginResult<ToolCall> {
        (self.act)(&self.config.name, extensions)
    }
}

static CALLS: AtomicU64 = AtomicU64::new(0);

fn count() {
    CALLS.fetch_add(1, Ordering::Relaxed);
}

/// It is given extensions, as every plugin of the crate is, and does not look.
fn pass(_: &str, _: &Extensions) -> PluginResult<ToolCall> {
    count();
    PluginResult::allow()
}

fn read(_: &str, extensions: &Extensions) -> PluginResult<ToolCall> {
    // What is hidden from the plugin is not counted.
    if extensions.http.is_some() {
        count();
    }
    PluginResult::allow()
}

fn label(name: &str, extensions: &Extensions) -> PluginResult<ToolCall> {
    count();
    let mut copy = extensions.cow_copy();
    if let Some(security) = &mut copy.security {
        security.add_label(name);
    }
    PluginResult::modify_extensions(copy)
}

pub struct Executing {
    manager: PluginManager,
    runtime: Runtime,
    payload: ToolCall,
    /// Empty where no extensions come with the hook.
    envelope: Extensions,
    plugins: u64,
    /// The labels that are there afterwards.
    labels: Vec<String>,
    seen: u64,
    last: Option<PipelineResult>,
}

impl Executing {
    pub fn new(input: &Value) -> Outcome<Self> {
        let plugins = input["plugins"].as_u64().ok_or("plugins is a number")?;
        let grant = grant_of(input)?;
        let envelope = if input["envelope"].is_null() {
            Extensions::default()
        } else {
            let envelope = envelope_of(input)?;
            check_view(&filter_extensions(&envelope, &grant), &grant)?;
            envelope
        };
        let kind = input["kind"].as_str().unwrap_or_default();
        let names: Vec<String> = (0..plugins).map(|i| format!("plugin-{i}")).collect();
        let manager = PluginManager::default();
        for name in &names {
            match kind {
                "two" => register(&manager, name, &grant, pass)?,
                "three" => register(&manager, name, &grant, read)?,
                "labels" => register(&manager, name, &grant, label)?,
                _ => return Err(format!("unknown kind {kind}").into()),
            }
        }
        let runtime = runtime()?;
        runtime.block_on(manager.initialize())?;
        let mut labels = labels_of(&envelope);
        if kind == "labels" {
            labels.extend(names);
        }
        Ok(Self {
            manager,
            runtime,
            payload: ToolCall(Arc::new(input["payload"].clone())),
            envelope,
            plugins,
            labels,
            seen: 0,
            last: None,
        })
    }
}

impl Case for Executing {
    fn run(&mut self, times: u64) -> Duration {
        self.seen = CALLS.load(Ordering::Relaxed);
        let (manager, payload, envelope) = (&self.manager, &self.payload, &self.envelope);
        let last = &mut self.last;
        let start = ProcessTime::now();
        self.runtime.block_on(async {
            for _ in 0..times {
                let invoked =
                    manager.invoke::<ToolPreInvoke>(payload.clone(), envelope.clone(), None);
                // The result before is freed here, within the timing.
                *last = Some(invoked.await.0);
            }
        });
        start.elapsed()
    }

    fn check(&self, times: u64) -> Outcome {
        let calls = CALLS.load(Ordering::Relaxed) - self.seen;
        expect(
            calls == times * self.plugins,
            "every plugin runs, once a hook",
        )?;
        let result = self.last.as_ref().ok_or("there is a result")?;
        expect(
            result.continue_processing && result.errors.is_empty(),
            "all goes well",
        )?;
        let payload = result
            .modified_payload
            .as_ref()
            .and_then(|one| one.as_any().downcast_ref());
        let ToolCall(payload) = payload.ok_or("there is a payload")?;
        expect(
            Arc::ptr_eq(payload, &self.payload.0),
            "the payload is the one that was given",
        )?;
        let extensions = result
            .modified_extensions
            .as_ref()
            .ok_or("there are extensions")?;
        let labels = labels_of(extensions);
        let all = self.labels.iter().all(|one| labels.contains(one));
        expect(
            all && labels.len() == self.labels.len(),
            "every label is there, and no other",
        )
    }
}

fn labels_of(extensions: &Extensions) -> Vec<String> {
    let security = extensions.security.as_ref();
    security.map_or_else(Vec::new, |security| {
        security.labels.iter().cloned().collect()
    })
}

fn register<F>(manager: &PluginManager, name: &str, grant: &Grant, act: F) -> Outcome
where
    F: Fn(&str, &Extensions) -> PluginResult<ToolCall> + Send + Sync + 'static,
{
    let config = PluginConfig {
        name: name.to_owned(),
        kind: "builtin".to_owned(),
        hooks: vec![ToolPreInvoke::NAME.to_owned()],
        capabilities: grant.clone(),
        ..PluginConfig::default()
    };
    let plugin = Arc::new(Doing {
        config: config.clone(),
        act,
    });
    Ok(manager.register_handler::<ToolPreInvoke, _>(plugin, config)?)
}

fn runtime() -> Outcome<Runtime> {
    Ok(Builder::new_current_thread().enable_time().build()?)
}
