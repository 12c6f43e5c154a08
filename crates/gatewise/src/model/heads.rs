//! What is computed of each output of a model that is trained: a loss and metrics.

use std::collections::BTreeMap;

use super::compile::Watch;
use crate::callbacks::Logs;
use crate::error::{Error, Result};
use crate::losses::Loss;
use crate::metrics::{Direction, Metric, MetricValue};

/// Loss and metrics of one output.
#[derive(Debug)]
pub(super) struct Head {
    /// The name of the output.
    pub name: String,
    /// The name of its loss in the logs of a model with several.
    loss_name: String,
    /// None where the output is not trained.
    pub loss: Option<Loss>,
    /// What the loss is multiplied by in the sum.
    pub weight: f64,
    pub metrics: Vec<(Watch, Box<dyn Metric>)>,
    /// The mean of the loss over the batches of an epoch, before it is multiplied.
    mean: Mean,
}

/// A running mean over batches, each weighted by a number of samples.
#[derive(Debug, Default)]
struct Mean {
    sum: f64,
    samples: f64,
}

impl Mean {
    fn add(&mut self, value: f64, samples: usize) {
        self.sum += value * samples as f64;
        self.samples += samples as f64;
    }

    fn value(&self) -> f64 {
        self.sum / self.samples.max(1.0)
    }
}

impl Head {
    pub fn new(name: &str, loss: Option<Loss>, weight: f64) -> Self {
        let (name, loss_name) = (name.to_owned(), format!("{name}_loss"));
        Self { name, loss_name, loss, weight, metrics: Vec::new(), mean: Mean::default() }
    }

    /// Adds a metric.
    ///
    /// # Errors
    /// If the output has no loss, so that nobody gives a target for it.
    pub fn add_metric(&mut self, watch: Watch, metric: Box<dyn Metric>) -> Result<()> {
        if self.loss.is_none() {
            let text = format!("the output \"{}\" has metrics but no loss; give it one", self.name);
            return Err(Error::argument("compile", text));
        }
        self.metrics.push((watch, metric));
        Ok(())
    }

    /// Takes in the loss of a batch. The batches of an epoch count alike here, also a smaller last one: Keras weighs them by
    /// their samples only where it runs eagerly, because its graphs do not know the size.
    pub fn add_loss(&mut self, loss: f64) {
        self.mean.add(loss, 1);
    }
}

/// The heads of all outputs with the loss of all together.
#[derive(Debug, Default)]
pub(super) struct Heads {
    pub list: Vec<Head>,
    /// In the order in which the names were given.
    metric_names: Vec<MetricName>,
    total: Mean,
}

/// The name of a metric in the logs.
#[derive(Debug)]
struct MetricName {
    name: String,
    /// The number of the head, and that of the metric in it.
    head: usize,
    metric: usize,
}

impl Heads {
    pub fn new(list: Vec<Head>) -> Self {
        let mut heads = Self { list, metric_names: Vec::new(), total: Mean::default() };
        heads.name_metrics();
        heads
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The names of the outputs that have a target.
    pub fn targets(&self) -> Vec<String> {
        self.list.iter().filter(|head| head.loss.is_some()).map(|head| head.name.clone()).collect()
    }

    /// Takes in the whole loss of a batch, which is weighted by the number of its samples, as in Keras.
    pub fn add_loss(&mut self, loss: f64, samples: usize) {
        self.total.add(loss, samples);
    }

    /// Forgets all batches.
    pub fn reset(&mut self) {
        self.total = Mean::default();
        for head in &mut self.list {
            head.mean = Mean::default();
            head.metrics.iter_mut().for_each(|(_, metric)| metric.reset_state());
        }
    }

    /// The losses and metrics so far, by Keras's names: `loss`, and with several outputs `<output>_loss` and
    /// `<output>_<metric>`. A second metric of a name gets a number, or `weighted_` if it heeds the weights of samples.
    /// A vector has a number for each of its elements.
    pub fn logs(&self) -> Logs {
        let mut logs = Logs::new();
        self.visit_results(|name, value| match value {
            MetricValue::Number(number) => drop(logs.insert(name.to_owned(), number)),
            vector => logs.extend(vector.named(name)),
        });
        logs
    }

    /// The same with vectors as they are.
    pub fn results(&self) -> BTreeMap<String, MetricValue> {
        let mut results = BTreeMap::new();
        self.visit_results(|name, value| drop(results.insert(name.to_owned(), value)));
        results
    }

    fn visit_results(&self, mut visit: impl FnMut(&str, MetricValue)) {
        visit("loss", self.total.value().into());
        let with_loss = || self.list.iter().filter(|head| head.loss.is_some());
        if with_loss().count() > 1 {
            with_loss().for_each(|head| visit(&head.loss_name, head.mean.value().into()));
        }
        self.named_metrics().for_each(|(name, metric)| visit(name, metric.result()));
    }

    /// The metrics with their names in the logs.
    fn named_metrics(&self) -> impl Iterator<Item = (&str, &dyn Metric)> {
        self.metric_names
            .iter()
            .map(|name| (name.name.as_str(), &*self.list[name.head].metrics[name.metric].1))
    }

    /// Gives names to all metrics, the plain ones first.
    fn name_metrics(&mut self) {
        for watch in [Watch::Plain, Watch::Weighted] {
            for (index, head) in self.list.iter().enumerate() {
                let watched = head.metrics.iter().enumerate().filter(|(_, (own, _))| *own == watch);
                for (metric, (_, own)) in watched {
                    let taken: Vec<&str> = self.metric_names.iter().map(|name| name.name.as_str()).collect();
                    let name = self.free_name(&taken, head, watch, own.name());
                    self.metric_names.push(MetricName { name, head: index, metric });
                }
            }
        }
    }

    /// Which way the number of this name in the logs goes when the model gets better, if that is known.
    pub fn direction(&self, name: &str) -> Option<Direction> {
        let is_loss = |head: &Head| name == head.loss_name;
        if name == "loss" || self.list.iter().any(is_loss) {
            return Some(Direction::Down);
        }
        let has_name = |(own, metric): &(&str, &dyn Metric)| {
            metric.result().named(own).iter().any(|(element, _)| element == name)
        };
        self.named_metrics().find(|metric| has_name(metric))?.1.direction()
    }

    fn free_name(&self, taken: &[&str], head: &Head, watch: Watch, metric: &str) -> String {
        let prefix = if self.list.len() > 1 { format!("{}_", head.name) } else { String::new() };
        let is_free = |name: &String| !taken.contains(&name.as_str());
        let plain = format!("{prefix}{metric}");
        let base = match watch {
            _ if is_free(&plain) => return plain,
            Watch::Plain => plain,
            Watch::Weighted => format!("{prefix}weighted_{metric}"),
        };
        let numbered = (1..).map(|number| format!("{base}_{number}"));
        let mut names = (watch == Watch::Weighted).then(|| base.clone()).into_iter().chain(numbered);
        names.find(is_free).unwrap_or(base)
    }
}
