//! Losses by name and by configuration.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};

use super::crossentropy::AnyCrossentropy;
use super::{
    BinaryCrossentropy, BinaryFocalCrossentropy, CTC, CategoricalCrossentropy, CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy, CategoricalHinge, Circle, CosineSimilarity, Dice, Hinge, Huber,
    KLDivergence, LogCosh, Loss, LossFunction, MeanAbsoluteError, MeanAbsolutePercentageError,
    MeanSquaredError, MeanSquaredLogarithmicError, Poisson, Quantile, Reduction,
    SparseCategoricalCrossentropy, SquaredHinge, Tversky,
};
use crate::error::{Error, Result};
use crate::serialization::{self, Class, from_config, no_config};

const KIND: &str = "loss";

/// Classes that Keras does not have, and their module.
const OWN_CLASSES: &[&str] = &["Quantile"];
const OWN_MODULE: &str = "gatewise.losses";
const MODULE: &str = "keras.losses";

type Config = Map<String, Json>;

/// All names of each loss: Keras's function, its short forms, those of Keras 2, the class.
const CLASSES: &[Class<Loss>] = &[
    Class {
        names: &["mean_squared_error", "mse", "MSE", "MeanSquaredError"],
        create: plain::<MeanSquaredError>,
    },
    Class {
        names: &["mean_absolute_error", "mae", "MAE", "MeanAbsoluteError"],
        create: plain::<MeanAbsoluteError>,
    },
    Class {
        names: &["mean_absolute_percentage_error", "mape", "MAPE", "MeanAbsolutePercentageError"],
        create: plain::<MeanAbsolutePercentageError>,
    },
    Class {
        names: &["mean_squared_logarithmic_error", "msle", "MSLE", "MeanSquaredLogarithmicError"],
        create: plain::<MeanSquaredLogarithmicError>,
    },
    Class { names: &["huber", "huber_loss", "Huber"], create: of::<Huber> },
    Class { names: &["log_cosh", "logcosh", "LogCosh"], create: plain::<LogCosh> },
    Class { names: &["cosine_similarity", "CosineSimilarity"], create: of::<CosineSimilarity> },
    Class { names: &["quantile", "Quantile"], create: of::<Quantile> },
    Class {
        names: &["binary_crossentropy", "bce", "BCE", "BinaryCrossentropy"],
        create: of::<BinaryCrossentropy>,
    },
    Class {
        names: &["binary_focal_crossentropy", "BinaryFocalCrossentropy"],
        create: of::<BinaryFocalCrossentropy>,
    },
    Class {
        names: &["categorical_crossentropy", "CategoricalCrossentropy"],
        create: of::<CategoricalCrossentropy>,
    },
    Class {
        names: &["categorical_focal_crossentropy", "CategoricalFocalCrossentropy"],
        create: of::<CategoricalFocalCrossentropy>,
    },
    Class {
        names: &["sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"],
        create: of::<SparseCategoricalCrossentropy>,
    },
    Class {
        names: &["categorical_generalized_cross_entropy", "CategoricalGeneralizedCrossEntropy"],
        create: of::<CategoricalGeneralizedCrossEntropy>,
    },
    Class { names: &["crossentropy", "ce"], create: plain::<AnyCrossentropy> },
    Class {
        names: &["kl_divergence", "kld", "KLD", "kullback_leibler_divergence", "KLDivergence"],
        create: plain::<KLDivergence>,
    },
    Class { names: &["poisson", "Poisson"], create: plain::<Poisson> },
    Class { names: &["hinge", "Hinge"], create: plain::<Hinge> },
    Class { names: &["squared_hinge", "SquaredHinge"], create: plain::<SquaredHinge> },
    Class { names: &["categorical_hinge", "CategoricalHinge"], create: plain::<CategoricalHinge> },
    Class { names: &["dice", "Dice"], create: of::<Dice> },
    Class { names: &["tversky", "Tversky"], create: of::<Tversky> },
    Class { names: &["circle", "Circle"], create: of::<Circle> },
    Class { names: &["ctc", "CTC"], create: plain::<CTC> },
];

/// All names of all losses.
#[cfg(test)]
pub(super) fn all_names() -> impl Iterator<Item = &'static [&'static str]> {
    CLASSES.iter().map(|class| class.names)
}

/// A loss with arguments.
fn of<F>(config: Config) -> Result<Loss>
where
    F: LossFunction + Serialize + DeserializeOwned + Default + 'static,
{
    let class_name = F::default().class_name().unwrap_or_default();
    with_common(class_name, config, |config| Ok(Loss::from(from_config::<F>(class_name, config)?)))
}

/// A loss without arguments.
fn plain<F: LossFunction + Default + 'static>(config: Config) -> Result<Loss> {
    let function = F::default();
    let class_name = function.class_name().unwrap_or("crossentropy");
    with_common(class_name, config, |config| no_config(class_name, &config).map(|()| Loss::from(function)))
}

/// Reads what all losses have, name, reduction and type of numbers, and leaves the rest to `create`.
fn with_common(
    class_name: &str,
    mut config: Config,
    create: impl FnOnce(Config) -> Result<Loss>,
) -> Result<Loss> {
    let mut take = |name: &str| config.remove(name);
    let (name, reduction, dtype) = (take("name"), take("reduction"), take("dtype"));
    if let Some(dtype) = dtype.filter(|dtype| !dtype.is_null() && dtype != "float32") {
        let text = format!("`dtype` is only supported as \"float32\", got {dtype}");
        return Err(Error::unsupported(class_name, text));
    }
    let reduction = reduction.map(|given| Reduction::from_config(class_name, &given)).transpose()?;
    let mut loss = create(config)?;
    loss.check()?;
    loss.reduction = reduction.unwrap_or_default();
    match name {
        None | Some(Json::Null) => Ok(loss),
        Some(Json::String(name)) => Ok(loss.with_name(name)),
        Some(other) => Err(Error::argument(class_name, format!("`name` must be a text, got {other}"))),
    }
}

/// The loss of this name with its defaults, if there is one.
pub(super) fn by_name(name: &str) -> Option<Loss> {
    serialization::create(KIND, CLASSES, name, Map::new()).ok()
}

/// The error for a name that no loss has.
pub(super) fn unknown(name: &str) -> Error {
    let known: Vec<&str> = CLASSES.iter().map(|class| class.names[0]).collect();
    Error::argument(KIND, format!("expected one of {}, got {name:?}", known.join(", ")))
}

/// The loss of a name such as `mse`, `mean_squared_error` or `MeanSquaredError`, with its defaults.
///
/// # Errors
/// If there is no loss of this name.
pub fn get(name: &str) -> Result<Loss> {
    let loss = Loss::from(name);
    loss.check().map(|()| loss)
}

/// The loss that Keras's `serialize` described: a class with its arguments, a function of Keras, or a bare name.
///
/// # Errors
/// If the class, the function or an argument is unknown, or an argument is outside its range.
///
/// ```
/// use gatewise::losses::{deserialize, serialize};
/// use serde_json::json;
///
/// let config = json!({"name": "tversky", "reduction": "sum", "alpha": 0.3, "beta": 0.7, "axis": null});
/// let keras = json!({"module": "keras.losses", "class_name": "Tversky", "config": config, "registered_name": null});
/// assert_eq!(serialize(&deserialize(&keras)?)?, keras);
/// # Ok::<(), gatewise::Error>(())
/// ```
pub fn deserialize(value: &Json) -> Result<Loss> {
    if let Some(name) = value.as_str() {
        return get(name);
    }
    if value.get("class_name").and_then(Json::as_str) == Some("function") {
        let name = value.get("config").and_then(Json::as_str);
        return get(name.ok_or_else(|| {
            Error::argument(KIND, format!("expected the name of a function, got {value}"))
        })?);
    }
    let (class_name, config) = serialization::unwrap(KIND, value)?;
    serialization::create(KIND, CLASSES, class_name, config)
}

/// A loss as Keras's `serialize` describes it. One that was given by its name alone is that name, which is what Keras keeps
/// of it in a compiled model.
///
/// # Errors
/// If the loss is one of your own, of which no file can hold the formula; if it is `"crossentropy"`, which Keras knows by that
/// name alone, with more said of it; or if its name is unknown.
pub fn serialize(loss: &Loss) -> Result<Json> {
    let function = loss.function()?;
    if let Some(name) = &loss.given_name {
        return Ok(name.as_str().into());
    }
    let class_name = function.class_name().ok_or_else(|| {
        let text = "the loss has no class that a configuration could name; give it to `compile` when the model is loaded";
        Error::unsupported(loss.name(), text)
    })?;
    let module = if OWN_CLASSES.contains(&class_name) { OWN_MODULE } else { MODULE };
    Ok(serialization::wrap(module, class_name, config_of(loss, function)))
}

/// Name, reduction and arguments of a loss, Keras's `get_config`.
///
/// # Errors
/// If no loss has the name.
pub fn get_config(loss: &Loss) -> Result<Json> {
    Ok(config_of(loss, loss.function()?))
}

fn config_of(loss: &Loss, function: &dyn LossFunction) -> Json {
    let mut config = Map::new();
    config.insert("name".to_owned(), loss.name().into());
    config.insert("reduction".to_owned(), json!(loss.reduction.name()));
    config.extend(function.config());
    config.into()
}
