//! Metrics by name and by configuration.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::accuracy::{BinaryMatch, CategoricalMatch, Equality, SparseCategoricalMatch};
use super::confusion::{
    AreaUnderCurve, FalseNegativeCount, FalsePositiveCount, PrecisionAt, PrecisionRatio, RecallAt,
    RecallRatio, SensitivityAt, SpecificityAt, TrueNegativeCount, TruePositiveCount,
};
use super::correlation::{Concordance, Cosine, Pearson};
use super::hinge::{CategoricalHingeOfRows, HingeOfRows, SquaredHingeOfRows};
use super::perplexity::Perplexity;
use super::probabilistic::{
    BinaryEntropy, CategoricalEntropy, Divergence, PoissonOfRows, SparseCategoricalEntropy,
};
use super::regression::{
    AbsoluteError, LogCosh, LogarithmicError, PercentageError, RootSquaredError, SquaredError,
};
use super::top_k::{SparseTopKCategoricalMatch, TopKCategoricalMatch};
use super::{
    ConfusionFunction, ConfusionMetric, F1Score, FBetaScore, MeanMetricWrapper, Metric, MetricFunction,
    R2Score,
};
use crate::error::{Error, Result};
use crate::serialization::{self, Class, from_config};

const MODULE: &str = "keras.metrics";
const KIND: &str = "metric";

type Config = Map<String, Value>;
type Created = Result<Box<dyn Metric>>;

/// Keras's names of each metric: its short form or its class in small letters, other short forms, the class.
const CLASSES: &[Class<Box<dyn Metric>>] = &[
    Class { names: &["mse", "MSE", "mean_squared_error", "MeanSquaredError"], create: mean::<SquaredError> },
    Class {
        names: &["rmse", "root_mean_squared_error", "RootMeanSquaredError"],
        create: mean::<RootSquaredError>,
    },
    Class {
        names: &["mae", "MAE", "mean_absolute_error", "MeanAbsoluteError"],
        create: mean::<AbsoluteError>,
    },
    Class {
        names: &["mape", "MAPE", "mean_absolute_percentage_error", "MeanAbsolutePercentageError"],
        create: mean::<PercentageError>,
    },
    Class {
        names: &["msle", "MSLE", "mean_squared_logarithmic_error", "MeanSquaredLogarithmicError"],
        create: mean::<LogarithmicError>,
    },
    Class { names: &["log_cosh_error", "LogCoshError"], create: mean::<LogCosh> },
    Class { names: &["accuracy", "Accuracy"], create: mean::<Equality> },
    Class { names: &["binary_accuracy", "BinaryAccuracy"], create: mean::<BinaryMatch> },
    Class { names: &["categorical_accuracy", "CategoricalAccuracy"], create: mean::<CategoricalMatch> },
    Class {
        names: &["sparse_categorical_accuracy", "SparseCategoricalAccuracy"],
        create: mean::<SparseCategoricalMatch>,
    },
    Class {
        names: &["top_k_categorical_accuracy", "TopKCategoricalAccuracy"],
        create: mean::<TopKCategoricalMatch>,
    },
    Class {
        names: &["sparse_top_k_categorical_accuracy", "SparseTopKCategoricalAccuracy"],
        create: mean::<SparseTopKCategoricalMatch>,
    },
    Class {
        names: &["bce", "BCE", "binary_crossentropy", "BinaryCrossentropy"],
        create: mean::<BinaryEntropy>,
    },
    Class {
        names: &["categorical_crossentropy", "CategoricalCrossentropy"],
        create: mean::<CategoricalEntropy>,
    },
    Class {
        names: &["sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"],
        create: mean::<SparseCategoricalEntropy>,
    },
    Class { names: &["kl_divergence", "KLDivergence"], create: mean::<Divergence> },
    Class { names: &["poisson", "Poisson"], create: mean::<PoissonOfRows> },
    Class { names: &["hinge", "Hinge"], create: mean::<HingeOfRows> },
    Class { names: &["squared_hinge", "SquaredHinge"], create: mean::<SquaredHingeOfRows> },
    Class { names: &["categorical_hinge", "CategoricalHinge"], create: mean::<CategoricalHingeOfRows> },
    Class { names: &["cosine_similarity", "CosineSimilarity"], create: mean::<Cosine> },
    Class { names: &["pearson_correlation", "PearsonCorrelation"], create: mean::<Pearson> },
    Class { names: &["concordance_correlation", "ConcordanceCorrelation"], create: mean::<Concordance> },
    Class { names: &["true_positives", "TruePositives"], create: confusion::<TruePositiveCount> },
    Class { names: &["false_positives", "FalsePositives"], create: confusion::<FalsePositiveCount> },
    Class { names: &["true_negatives", "TrueNegatives"], create: confusion::<TrueNegativeCount> },
    Class { names: &["false_negatives", "FalseNegatives"], create: confusion::<FalseNegativeCount> },
    Class { names: &["precision", "Precision"], create: confusion::<PrecisionRatio> },
    Class { names: &["recall", "Recall"], create: confusion::<RecallRatio> },
    Class { names: &["auc", "AUC"], create: confusion::<AreaUnderCurve> },
    Class {
        names: &["sensitivity_at_specificity", "SensitivityAtSpecificity"],
        create: confusion::<SensitivityAt>,
    },
    Class {
        names: &["specificity_at_sensitivity", "SpecificityAtSensitivity"],
        create: confusion::<SpecificityAt>,
    },
    Class { names: &["precision_at_recall", "PrecisionAtRecall"], create: confusion::<PrecisionAt> },
    Class { names: &["recall_at_precision", "RecallAtPrecision"], create: confusion::<RecallAt> },
    Class { names: &["f1_score", "F1Score"], create: f1_score },
    Class { names: &["f_beta_score", "FBetaScore"], create: f_beta_score },
    Class { names: &["r2_score", "R2Score"], create: r2_score },
    Class { names: &["perplexity", "Perplexity"], create: perplexity },
];

/// Takes the name out of a configuration; numbers are always in float32.
fn take_name(class_name: &str, default: &str, config: &mut Config) -> Result<String> {
    if let Some(dtype) = config.remove("dtype").filter(|dtype| !dtype.is_null() && dtype != "float32") {
        let text = format!("`dtype` is only supported as \"float32\", got {dtype}");
        return Err(Error::unsupported(class_name, text));
    }
    match config.remove("name") {
        None | Some(Value::Null) => Ok(default.to_owned()),
        Some(Value::String(name)) => Ok(name),
        Some(other) => Err(Error::argument(class_name, format!("`name` must be a text, got {other}"))),
    }
}

fn mean<F>(mut config: Config) -> Created
where
    F: MetricFunction + Serialize + DeserializeOwned + 'static,
{
    let name = take_name(F::CLASS_NAME, F::NAME, &mut config)?;
    checked(MeanMetricWrapper::<F>::of(from_config(F::CLASS_NAME, config)?).with_name(name))
}

fn confusion<F>(mut config: Config) -> Created
where
    F: ConfusionFunction + DeserializeOwned + 'static,
{
    let name = take_name(F::CLASS_NAME, F::NAME, &mut config)?;
    checked(ConfusionMetric::<F>::of(from_config(F::CLASS_NAME, config)?).with_name(name))
}

fn f1_score(mut config: Config) -> Created {
    let name = take_name("F1Score", "f1_score", &mut config)?;
    if config.contains_key("beta") {
        return Err(Error::argument("F1Score", "there is no argument `beta`; use FBetaScore"));
    }
    checked(F1Score::of(from_config("F1Score", config)?).with_name(name))
}

fn f_beta_score(mut config: Config) -> Created {
    let name = take_name("FBetaScore", "fbeta_score", &mut config)?;
    checked(FBetaScore::of(from_config("FBetaScore", config)?).with_name(name))
}

fn r2_score(mut config: Config) -> Created {
    let name = take_name("R2Score", "r2_score", &mut config)?;
    checked(R2Score::of(from_config("R2Score", config)?).with_name(name))
}

fn perplexity(mut config: Config) -> Created {
    let name = take_name("Perplexity", "perplexity", &mut config)?;
    checked(Perplexity::of(from_config("Perplexity", config)?).with_name(name))
}

fn checked(metric: impl Metric + 'static) -> Created {
    metric.check()?;
    Ok(Box::new(metric))
}

/// The metric of this name or class with these arguments.
pub(super) fn create(name: &str, config: Config) -> Created {
    serialization::create(KIND, CLASSES, name, config)
}

/// The metric of a name such as `mse`, `mean_squared_error` or `MeanSquaredError`, with its defaults.
///
/// # Errors
/// If there is no metric of this name.
pub fn get(name: &str) -> Created {
    create(name, Map::new())
}

/// The metric that Keras's `serialize` described; a bare name is also accepted.
///
/// # Errors
/// If the class or an argument is unknown, or an argument is outside its range.
pub fn deserialize(value: &Value) -> Created {
    let (class_name, config) = serialization::unwrap(KIND, value)?;
    create(class_name, config)
}

/// Class and arguments of a metric, as Keras's `serialize` gives them.
pub fn serialize(metric: &dyn Metric) -> Value {
    serialization::wrap(MODULE, metric.class_name(), metric.config())
}
