//! The configuration of the layer in Keras's form.

use serde_json::{Map, Value as Json, json};

use super::options::Options;
use crate::layers::config;

/// The arguments after those that every layer has, in the order of Keras's `get_config`.
pub(super) fn own_config(units: usize, options: &Options) -> Map<String, Json> {
    let mut config = options.form.config();
    let mut insert = |name: &str, value: Json| config.insert(name.to_owned(), value);
    insert("units", json!(units));
    insert("activation", options.activation.name().into());
    insert("recurrent_activation", options.recurrent_activation.name().into());
    insert("use_bias", options.use_bias.into());
    let weights = [("kernel", &options.kernel), ("recurrent", &options.recurrent), ("bias", &options.bias)];
    config::insert_initializers(&mut config, &weights);
    config.insert("unit_forget_bias".into(), options.unit_forget_bias.into());
    config::insert_regularizers(&mut config, &weights);
    let activity = config::regularizer(options.activity_regularizer.as_ref());
    config.insert("activity_regularizer".into(), activity);
    config::insert_constraints(&mut config, &weights);
    config.insert("dropout".into(), config::short(options.dropout));
    config.insert("recurrent_dropout".into(), config::short(options.recurrent_dropout));
    config.insert("seed".into(), json!(options.seed));
    // Keras forgets `implementation`; it is written only where it is not the default, so that nothing is lost.
    if options.implementation != Options::default().implementation {
        config.insert("implementation".into(), json!(options.implementation));
    }
    config
}
