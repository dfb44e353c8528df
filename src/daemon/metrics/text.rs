//! Metrics as text. The encoder writes OpenMetrics; `promtool` and older scrapers want the Prometheus format, in which a
//! counter is described under its whole name and nothing ends the text.

use crate::http::Spread;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, MetricEncoder, text::encode_registry},
    metrics::{MetricType, exemplar::Exemplar},
    registry::Registry,
};
use std::{collections::HashMap, fmt};

type Labels = Vec<(&'static str, String)>;

/// One metric with its samples, in their order.
#[derive(Clone, Debug)]
pub(super) struct Metric {
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    samples: Vec<(Labels, Sample)>,
}

#[derive(Clone, Debug)]
enum Sample {
    Count(u64),
    Value(f64),
    Took(Spread),
}

impl Metric {
    /// Its name gets `_total`.
    pub(super) fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: MetricType::Counter, samples: Vec::new() }
    }

    pub(super) fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: MetricType::Gauge, samples: Vec::new() }
    }

    pub(super) fn spread(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: MetricType::Histogram, samples: Vec::new() }
    }

    pub(super) fn count(&mut self, labels: Labels, n: u64) {
        self.samples.push((labels, Sample::Count(n)));
    }

    pub(super) fn set(&mut self, labels: Labels, value: f64) {
        self.samples.push((labels, Sample::Value(value)));
    }

    pub(super) fn took(&mut self, labels: Labels, spread: &Spread) {
        self.samples.push((labels, Sample::Took(spread.clone())));
    }
}

impl Collector for Metric {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut metric = encoder.encode_descriptor(self.name, self.help, None, self.kind)?;
        for (labels, sample) in &self.samples {
            if labels.is_empty() {
                sample.encode(&mut metric)?;
            } else {
                sample.encode(&mut metric.encode_family(labels)?)?;
            }
        }
        Ok(())
    }
}

impl Sample {
    fn encode(&self, metric: &mut MetricEncoder<'_>) -> fmt::Result {
        match self {
            Self::Count(n) => metric.encode_counter::<Labels, u64, f64>(n, None),
            Self::Value(value) => metric.encode_gauge(value),
            Self::Took(spread) => {
                let buckets = spread.buckets();
                let count = buckets.iter().map(|(_, n)| n).sum();
                let none: Option<&HashMap<usize, Exemplar<Labels, f64>>> = None;
                metric.encode_histogram(spread.sum_seconds(), count, &buckets, none)
            }
        }
    }
}

/// All that have samples, each named `listkeeper_…`.
pub(super) fn text(metrics: Vec<Metric>) -> String {
    let mut registry = Registry::with_prefix("listkeeper");
    let counters: Vec<_> = metrics.iter().filter(|m| matches!(m.kind, MetricType::Counter)).map(|m| m.name).collect();
    for metric in metrics.into_iter().filter(|metric| !metric.samples.is_empty()) {
        registry.register_collector(Box::new(metric));
    }
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = encode_registry(&mut text, &registry);
    text.lines().map(|line| described(line, &counters) + "\n").collect()
}

/// `# TYPE listkeeper_reconcile counter` is of `listkeeper_reconcile_total`.
fn described(line: &str, counters: &[&str]) -> String {
    let mut words = line.splitn(4, ' ');
    let (Some("#"), Some(what), Some(name), rest) = (words.next(), words.next(), words.next(), words.next().unwrap_or_default()) else {
        return line.to_owned();
    };
    let counter = name.strip_prefix("listkeeper_").is_some_and(|bare| counters.contains(&bare));
    format!("# {what} {name}{} {rest}", if counter { "_total" } else { "" })
}
