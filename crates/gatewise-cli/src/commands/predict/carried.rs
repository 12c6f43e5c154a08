//! Models whose recurrent layers keep their states between calls.

use anyhow::{Result, bail};
use gatewise::Model;
use serde_json::Value as Json;

/// The model, with `stateful` set in its recurrent layers unless it is in one of them already.
pub fn keeping_states(model: Model) -> Result<Model> {
    let mut config = model.get_config();
    let mut layers = Layers::default();
    layers.visit(&mut config);
    if layers.are_stateful {
        return Ok(model);
    }
    if layers.recurrent == 0 {
        bail!(
            "{}: --stateful: the model has no recurrent layer, so there is no state to carry",
            model.name()
        );
    }
    if let Some(name) = layers.backwards {
        bail!(
            "{name}: --stateful: the layer reads sequences from their end, so that what it knows after one file is not \
             what it needs for the next"
        );
    }
    if let Some(name) = layers.shared {
        bail!(
            "{name}: --stateful: the layer is called several times on the way, so that it has no single state to carry"
        );
    }
    let stateful = Model::from_config(&config)?;
    stateful.set_weights(&model.get_weights())?;
    Ok(stateful)
}

/// What the layers of a configuration are.
#[derive(Default)]
struct Layers {
    /// Whether one keeps its state as it is.
    are_stateful: bool,
    recurrent: usize,
    /// The name of one that reads backwards.
    backwards: Option<String>,
    /// The name of one that is called several times, or has a part that keeps a state and is.
    shared: Option<String>,
}

impl Layers {
    /// Looks at all layers, and sets `stateful` in those that have it.
    fn visit(&mut self, config: &mut Json) {
        match config {
            Json::Array(list) => list.iter_mut().for_each(|value| self.visit(value)),
            Json::Object(fields) => {
                if fields.get("class_name").is_some_and(|class| class == "Bidirectional") {
                    let name =
                        fields.get("config").and_then(|config| config.get("name")).and_then(Json::as_str);
                    self.backwards = self.backwards.take().or(name.map(str::to_owned));
                }
                let is_backwards = fields.get("go_backwards") == Some(&Json::Bool(true));
                let name = fields.get("name").and_then(Json::as_str).map(str::to_owned);
                if let Some(stateful) = fields.get_mut("stateful") {
                    self.recurrent += 1;
                    self.are_stateful |= *stateful == Json::Bool(true);
                    *stateful = Json::Bool(true);
                    if is_backwards {
                        self.backwards = self.backwards.take().or(name);
                    }
                }
                let before = self.recurrent;
                fields.values_mut().for_each(|value| self.visit(value));
                let calls = fields.get("inbound_nodes").and_then(Json::as_array).map_or(0, Vec::len);
                if calls > 1 && self.recurrent > before {
                    let name = fields.get("name").and_then(Json::as_str).map(str::to_owned);
                    self.shared = self.shared.take().or(name);
                }
            }
            _ => {}
        }
    }
}
